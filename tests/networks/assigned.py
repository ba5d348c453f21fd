"""A network of two layers as a student hands it in, and the assignment that asks for it."""

__all__ = ["ASSIGNED", "ASSIGNMENT", "BACKWARD", "CALLS", "FORWARD", "MEANT", "PROGRAM"]

ASSIGNED = """schema = "gradcheck/assignment@1"
title = "Two layers"
[network]
sizes = [3, 4, 2]
activations = ["tanh", "linear"]
loss = "mse"
"""
CALLS = """[interface]
style = "functions"
biases = "flat"
[interface.calls]
forward = "forward(X, W1, b1, W2, b2) -> A1, output"
gradient = "backward(X, Y, W2, A1, output) -> dW1, db1, dW2, db2"
"""
MEANT = """[[rubric]]
id = "meant"
points = 4
checks = "gradient"
against = "reference"
"""
ASSIGNMENT = ASSIGNED + CALLS + MEANT
FORWARD = """import numpy as np

def forward(X, W1, b1, W2, b2):
    A1 = np.tanh(X @ W1 + b1)
    return A1, A1 @ W2 + b2
"""
BACKWARD = """
def backward(X, Y, W2, A1, A2):
    d2 = 2 * (A2 - Y) / Y.size
    d1 = d2 @ W2.T * (1 - A1**2)
    return X.T @ d1, d1.sum(axis=0), A1.T @ d2, d2.sum(axis=0)
"""
PROGRAM = FORWARD + BACKWARD
