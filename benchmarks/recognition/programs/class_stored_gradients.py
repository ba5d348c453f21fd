# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: -np.sum(y * np.log(self.p)) / len(y)
import numpy as np


class Model:
    def __init__(self, n_features=4, n_hidden=6, n_classes=3):
        rng = np.random.default_rng(2)
        self.W1 = rng.standard_normal((n_features, n_hidden)) * 0.4
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rng.standard_normal((n_hidden, n_classes)) * 0.4
        self.b2 = np.zeros((1, n_classes))

    def forward(self, x):
        self.x = x
        self.h = np.maximum(0, x @ self.W1 + self.b1)
        e = np.exp(self.h @ self.W2 + self.b2)
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def loss(self, y):
        return -np.sum(y * np.log(self.p)) / len(y)

    def backward(self, y):
        d = (self.p - y) / len(y)
        self.dW2 = self.h.T @ d
        self.db2 = d.sum(axis=0, keepdims=True)
        dh = d @ self.W2.T * (self.h > 0)  # wrong: dh = d @ self.W2.T
        self.dW1 = self.x.T @ dh
        self.db1 = dh.sum(axis=0, keepdims=True)

    def step(self, lr):
        self.W1 -= lr * self.dW1
        self.b1 -= lr * self.db1
        self.W2 -= lr * self.dW2
        self.b2 -= lr * self.db2
