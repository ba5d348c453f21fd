"""A two-layer regression whose hidden delta reads the output weights after they were updated."""

import numpy as np

rng = np.random.default_rng(1)
inputs = rng.normal(size=(32, 3))
targets = np.sin(inputs.sum(axis=1, keepdims=True))


class Regressor:
    def __init__(self, hidden=8):
        self.V = rng.normal(size=(3, hidden)) * 0.5
        self.c = np.zeros(hidden)
        self.W = rng.normal(size=(hidden, 1)) * 0.5
        self.b = np.zeros(1)

    def forward(self, x):
        self.h = np.tanh(x @ self.V + self.c)
        return self.h @ self.W + self.b

    def loss(self, prediction, target):
        return np.mean((prediction - target) ** 2)

    def backward(self, x, prediction, target, lr):
        delta = 2 * (prediction - target) / len(x)
        self.W -= lr * self.h.T @ delta
        self.b -= lr * delta.sum(axis=0)
        hidden_delta = delta @ self.W.T * (1 - self.h ** 2)
        self.V -= lr * x.T @ hidden_delta
        self.c -= lr * hidden_delta.sum(axis=0)


model = Regressor()
for step in range(3000):
    prediction = model.forward(inputs)
    current = model.loss(prediction, targets)
    model.backward(inputs, prediction, targets, lr=0.1)
    if step % 500 == 0:
        print(step, current)
