# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: square
import numpy as np


class DeepNet:
    def __init__(self, layer_sizes):
        rng = np.random.default_rng(0)
        self.Ws = [rng.standard_normal((a, b)) for a, b in zip(layer_sizes, layer_sizes[1:])]
        self.bs = [np.zeros((1, b)) for b in layer_sizes[1:]]

    def forward(self, x):
        self.acts = [x]
        for w, b in zip(self.Ws, self.bs):
            self.acts.append(np.tanh(self.acts[-1] @ w + b))
        return self.acts[-1]

    def backward(self, y, learning_rate):
        delta = (self.acts[-1] - y) / len(y) * (1 - self.acts[-1] ** 2)
        for i in range(len(self.Ws) - 1, -1, -1):
            gw, gb = self.acts[i].T @ delta, delta.sum(axis=0, keepdims=True)
            delta = delta @ self.Ws[i].T * (1 - self.acts[i] ** 2)  # wrong: delta = delta @ self.Ws[i].T
            self.Ws[i] -= learning_rate * gw
            self.bs[i] -= learning_rate * gb
