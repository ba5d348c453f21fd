"""XOR, 2-3-1. The loss is a mean of squares, and the delta has forgotten the 2 of its derivative."""

import numpy as np

rng = np.random.default_rng(0)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
Y = np.array([[0], [1], [1], [0]], dtype=float)

W1 = rng.normal(size=(2, 3))
b1 = np.zeros((1, 3))
W2 = rng.normal(size=(3, 1))
b2 = np.zeros((1, 1))
learning_rate = 0.5
losses = []


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for epoch in range(10000):
    A1 = np.tanh(X @ W1 + b1)
    A2 = sigmoid(A1 @ W2 + b2)
    losses.append(np.mean((A2 - Y) ** 2))

    dZ2 = (A2 - Y) / len(X) * A2 * (1 - A2)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0, keepdims=True)
    dZ1 = dZ2 @ W2.T * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)

    W1 -= learning_rate * dW1
    b1 -= learning_rate * db1
    W2 -= learning_rate * dW2
    b2 -= learning_rate * db2

print(losses[-1])
print(A2.round(2))
