"""A solution of the ready assignment softmax-classifier: `gradcheck new assignment softmax-classifier`."""

import numpy as np


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size):
        self.params = {
            "W1": 0.1 * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": 0.1 * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def scores(self, X):
        hidden = np.maximum(0, X @ self.params["W1"] + self.params["b1"])
        return hidden @ self.params["W2"] + self.params["b2"]

    def loss(self, X, y, reg):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        samples = np.arange(len(X))
        z1 = X @ W1 + b1
        hidden = np.maximum(0, z1)
        scores = hidden @ W2 + b2
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        loss = -log_p[samples, y].mean() + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        dscores = np.exp(log_p)
        dscores[samples, y] -= 1
        dscores /= len(X)
        dz1 = dscores @ W2.T * (z1 > 0)
        grads = {
            "W2": hidden.T @ dscores + reg * W2,
            "b2": dscores.sum(axis=0),
            "W1": X.T @ dz1 + reg * W1,
            "b1": dz1.sum(axis=0),
        }
        return loss, grads

    def step(self, grads, learning_rate):
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]
