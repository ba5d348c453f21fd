"""Right programs in several styles, the assignments that ask for them, and edits that spoil them."""

FUNCTIONS = """import numpy as np


def sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def sigmoid_derivative(a):
    return a * (1 - a)


def forward(X, params):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = np.tanh(Z1)
    Z2 = A1 @ params["W2"] + params["b2"]
    A2 = sigmoid(Z2)
    return A2, (A1, A2)


def compute_loss(output, Y):
    p = np.clip(output, 1e-12, 1 - 1e-12)
    return -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))


def layer_backward(dZ, A_before, W):
    return dZ @ W.T, A_before.T @ dZ, dZ.sum(axis=0, keepdims=True)


def backward(X, Y, params, cache):
    A1, A2 = cache
    dZ2 = (A2 - Y) / len(X)
    dA1, dW2, db2 = layer_backward(dZ2, A1, params["W2"])
    dZ1 = dA1 * (1 - A1**2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update(params, gradients, learning_rate):
    return {name: params[name] - learning_rate * gradients["d" + name] for name in params}
"""

CLASS = """import numpy as np


class NeuralNetwork:
    def __init__(self, n, h, k):
        self.W1, self.b1 = np.random.randn(n, h), np.zeros((1, h))
        self.W2, self.b2 = np.random.randn(h, k), np.zeros((1, k))

    def forward(self, X):
        self.a1 = np.tanh(X @ self.W1 + self.b1)
        self.a2 = 0.5 * (1 + np.tanh(0.5 * (self.a1 @ self.W2 + self.b2)))
        return self.a2

    def loss(self, output, Y):
        return -np.mean(Y * np.log(output + 1e-12) + (1 - Y) * np.log(1 - output + 1e-12))

    def backward(self, X, Y, learning_rate):
        d2 = (self.a2 - Y) / len(X)
        d1 = d2 @ self.W2.T * (1 - self.a1**2)
        self.W2 -= learning_rate * self.a1.T @ d2
        self.b2 -= learning_rate * d2.sum(axis=0, keepdims=True)
        self.W1 -= learning_rate * X.T @ d1
        self.b1 -= learning_rate * d1.sum(axis=0, keepdims=True)
"""

COLUMNS = """import numpy as np


def forward(X, W1, b1, W2, b2):
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    return A1, A2


def loss(A2, Y):
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / Y.shape[1]


def backward(X, Y, W2, A1, A2):
    m = X.shape[1]
    dZ2 = A2 - Y
    dZ1 = W2.T @ dZ2 * (1 - A1**2)
    return dZ1 @ X.T / m, dZ1.sum(1, keepdims=True) / m, dZ2 @ A1.T / m, dZ2.sum(1, keepdims=True) / m
"""

SCRIPT = """import numpy as np

np.random.seed(1)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
Y = np.array([[0], [1], [1], [0]], dtype=float)
W1, b1 = np.random.randn(2, 4), np.zeros((1, 4))
W2, b2 = np.random.randn(4, 1), np.zeros((1, 1))
for epoch in range(200):
    A1 = np.tanh(X @ W1 + b1)
    A2 = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    loss = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    if epoch % 50 == 0:
        print(loss)
    dZ2 = (A2 - Y) / len(X)
    dZ1 = dZ2 @ W2.T * (1 - A1 ** 2)
    W2 -= 0.5 * A1.T @ dZ2
    b2 -= 0.5 * dZ2.sum(axis=0, keepdims=True)
    W1 -= 0.5 * X.T @ dZ1
    b1 -= 0.5 * dZ1.sum(axis=0, keepdims=True)
"""

HEAD = """schema = "gradcheck/assignment@1"
title = "One hidden layer"

[network]
sizes = [2, 4, 1]
activations = ["tanh", "sigmoid"]
loss = "bce"

[limits]
time = 3.0
"""
GRADIENTS = """
[[rubric]]
id = "gradients"
  [[rubric.items]]
  id = "W2"
  points = 1
  checks = "gradient"
  block = "W2"
  [[rubric.items]]
  id = "b2"
  points = 1
  checks = "gradient"
  block = "b2"
  [[rubric.items]]
  id = "W1"
  points = 1
  checks = "gradient"
  block = "W1"
  [[rubric.items]]
  id = "b1"
  points = 1
  checks = "gradient"
  block = "b1"
"""
PLAIN = """
[[rubric]]
id = "loads"
points = 1
checks = "loads"
[[rubric]]
id = "forward"
points = 2
checks = "forward"
[[rubric]]
id = "loss"
points = 2
checks = "loss"
"""
MEANT = """
[[rubric]]
id = "meant"
points = 4
checks = "gradient"
against = "reference"
"""
ALONE = """
[[rubric]]
id = "activation"
points = 1
checks = "activation"
[[rubric]]
id = "derivative"
points = 1
checks = "derivative"
[[rubric]]
id = "layer"
points = 3
checks = "layer"
"""
STEPS = """
[[rubric]]
id = "update"
points = 2
checks = "update"
[[rubric]]
id = "convergence"
points = 2
checks = "convergence"
epochs = 200
learning_rate = 1.0
seeds = 5
"""
LAST = """
[[rubric]]
id = "robustness"
points = 4
checks = "robustness"
[[rubric]]
id = "purity"
points = 2
checks = "purity"
"""
PROPERTIES = "".join(
    f'\n[[rubric]]\nid = "{name}"\npoints = 1\nchecks = "property"\nproperty = "{name}"\nexamples = 8\n'
    for name in ("permutation", "independence", "outputs", "descent")
)

FUNCTIONS_INTERFACE = """
[interface]
style = "functions"
layers = ["layer_backward(dZ2, A1, W2) -> dA1, dW2, db2"]
[interface.calls]
forward = "forward(X, params) -> output, cache"
loss = "compute_loss(output, Y) -> loss"
gradient = "backward(X, Y, params, cache) -> gradients"
update = "update(params, gradients, learning_rate) -> params"
[interface.activations]
sigmoid = "sigmoid(z) -> a"
[interface.derivatives]
sigmoid = "sigmoid_derivative(a) -> d"
"""
CLASS_INTERFACE = """
[interface]
style = "class"
construct = "NeuralNetwork(features, hidden, outputs)"
[interface.calls]
forward = "self.forward(X) -> output"
loss = "self.loss(output, Y) -> loss"
update = "self.backward(X, Y, learning_rate)"
"""
COLUMNS_INTERFACE = """
[interface]
style = "functions"
layout = "columns"
[interface.calls]
forward = "forward(X, W1, b1, W2, b2) -> A1, output"
loss = "loss(output, Y) -> loss"
gradient = "backward(X, Y, W2, A1, output) -> dW1, db1, dW2, db2"
"""

ALL = HEAD + FUNCTIONS_INTERFACE + PLAIN + GRADIENTS + MEANT + ALONE + STEPS + LAST + PROPERTIES
OF_CLASS = HEAD + CLASS_INTERFACE + PLAIN + GRADIENTS + MEANT + STEPS + LAST
OF_COLUMNS = HEAD + COLUMNS_INTERFACE + PLAIN + GRADIENTS + MEANT + LAST
OF_SCRIPT = HEAD + '\n[interface]\nstyle = "recognised"\n' + PLAIN + GRADIENTS + MEANT
SHORT = HEAD + FUNCTIONS_INTERFACE + PLAIN + GRADIENTS + MEANT


def spoilt(text: str, old: str, new: str) -> str:
    """The text with one line changed, which must be there."""
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in the program"
    return text.replace(old, new)
