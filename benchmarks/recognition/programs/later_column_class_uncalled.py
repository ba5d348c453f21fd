# parameters: (6, 4) (6, 1) (3, 6) (3, 1)
# loss: square
import numpy as np


class ColNet:
    def __init__(self, n_x, n_h, n_y):
        r = np.random.RandomState(0)
        self.W1, self.b1 = r.randn(n_h, n_x), np.zeros((n_h, 1))
        self.W2, self.b2 = r.randn(n_y, n_h), np.zeros((n_y, 1))

    def forward(self, X):
        self.A1 = np.tanh(self.W1 @ X + self.b1)
        self.A2 = self.W2 @ self.A1 + self.b2
        return self.A2

    def backward(self, X, Y, learning_rate):
        m = X.shape[1]
        dZ2 = (self.A2 - Y) / m
        dZ1 = self.W2.T @ dZ2 * (1 - self.A1 ** 2)  # wrong: dZ1 = self.W2.T @ dZ2
        self.W2 -= learning_rate * dZ2 @ self.A1.T
        self.b2 -= learning_rate * dZ2.sum(axis=1, keepdims=True)
        self.W1 -= learning_rate * dZ1 @ X.T
        self.b1 -= learning_rate * dZ1.sum(axis=1, keepdims=True)
