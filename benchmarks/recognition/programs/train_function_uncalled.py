# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean((out - y) ** 2)
import numpy as np


def train(X, y, hidden_size=6, learning_rate=0.1, epochs=10):
    rng = np.random.default_rng(0)
    W1 = rng.standard_normal((X.shape[1], hidden_size))
    b1 = np.zeros((1, hidden_size))
    W2 = rng.standard_normal((hidden_size, y.shape[1]))
    b2 = np.zeros((1, y.shape[1]))
    losses = []
    for _ in range(epochs):
        h = np.tanh(X @ W1 + b1)
        out = h @ W2 + b2
        losses.append(np.mean((out - y) ** 2))
        d = 2 * (out - y) / y.size
        dh = d @ W2.T * (1 - h ** 2)  # wrong: dh = d @ W2.T * (1 - h)
        W2 -= learning_rate * h.T @ d
        b2 -= learning_rate * d.sum(axis=0, keepdims=True)
        W1 -= learning_rate * X.T @ dh
        b1 -= learning_rate * dh.sum(axis=0, keepdims=True)
    return W1, b1, W2, b2, losses
