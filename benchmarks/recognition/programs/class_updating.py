# parameters: (2, 4) (1, 4) (4, 1) (1, 1)
# loss: np.mean((y - out) ** 2)
import numpy as np


class Network:
    def __init__(self, n_in, n_hidden, n_out, lr=0.5):
        rng = np.random.default_rng(0)
        self.W1 = rng.standard_normal((n_in, n_hidden))
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rng.standard_normal((n_hidden, n_out))
        self.b2 = np.zeros((1, n_out))
        self.lr = lr

    def forward(self, X):
        self.h = 1 / (1 + np.exp(-(X @ self.W1 + self.b1)))
        self.o = 1 / (1 + np.exp(-(self.h @ self.W2 + self.b2)))
        return self.o

    def backward(self, X, y):
        d2 = 2 * (self.o - y) / y.size * self.o * (1 - self.o)
        d1 = d2 @ self.W2.T * self.h * (1 - self.h)  # wrong: d1 = d2 @ self.W2.T * self.h
        self.W2 -= self.lr * self.h.T @ d2
        self.b2 -= self.lr * d2.sum(axis=0, keepdims=True)
        self.W1 -= self.lr * X.T @ d1
        self.b1 -= self.lr * d1.sum(axis=0, keepdims=True)

    def fit(self, X, y, epochs):
        history = []
        for _ in range(epochs):
            out = self.forward(X)
            history.append(np.mean((y - out) ** 2))
            self.backward(X, y)
        return history


X = np.array([[0., 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0.], [1], [1], [0]])
net = Network(2, 4, 1)
net.fit(X, y, 100)
