# parameters: (3, 4) (1, 4) (4, 5) (1, 5) (5, 2) (1, 2)
# loss: np.sum((a - y) ** 2) / (2 * len(X))
import numpy as np


class MLP:
    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        self.weights = [rng.standard_normal((i, o)) for i, o in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros((1, o)) for o in sizes[1:]]

    def feedforward(self, X):
        activations = [X]
        for W, b in zip(self.weights, self.biases):
            activations.append(1 / (1 + np.exp(-(activations[-1] @ W + b))))
        return activations

    def gradients(self, X, y):
        acts = self.feedforward(X)
        a = acts[-1]
        delta = (a - y) / len(X) * a * (1 - a)
        gw, gb = [None] * len(self.weights), [None] * len(self.weights)
        for i in reversed(range(len(self.weights))):
            gw[i] = acts[i].T @ delta
            gb[i] = delta.sum(axis=0, keepdims=True)
            if i:
                delta = delta @ self.weights[i].T * acts[i] * (1 - acts[i])  # wrong: delta = delta @ self.weights[i].T * acts[i]
        return gw, gb

    def train(self, X, y, epochs, lr):
        for _ in range(epochs):
            a = self.feedforward(X)[-1]
            self.last = np.sum((a - y) ** 2) / (2 * len(X))
            gw, gb = self.gradients(X, y)
            for i in range(len(self.weights)):
                self.weights[i] -= lr * gw[i]
                self.biases[i] -= lr * gb[i]


rng = np.random.default_rng(3)
X = rng.standard_normal((20, 3))
Y = rng.random((20, 2))
MLP([3, 4, 5, 2]).train(X, Y, 30, 0.1)
