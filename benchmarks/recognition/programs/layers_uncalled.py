# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: square
import numpy as np


class Layer:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(-(x @ self.W + self.b)))
        return self.out

    def backward(self, upstream, lr):
        dz = upstream * self.out * (1 - self.out)
        back = dz @ self.W.T  # wrong: back = dz @ np.abs(self.W).T
        self.W -= lr * self.x.T @ dz
        self.b -= lr * dz.sum(axis=0, keepdims=True)
        return back


class Net:
    def __init__(self, sizes):
        self.layers = [Layer(a, b) for a, b in zip(sizes, sizes[1:])]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, y, lr):
        g = (self.layers[-1].out - y) / len(y)
        for layer in reversed(self.layers):
            g = layer.backward(g, lr)
