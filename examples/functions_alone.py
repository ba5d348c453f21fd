import numpy as np


def start(inputs, middle, outputs):
    rng = np.random.RandomState(1)
    return [rng.randn(inputs, middle), np.zeros((1, middle)), rng.randn(middle, outputs), np.zeros((1, outputs))]


def run(w, x):
    hidden = np.tanh(x @ w[0] + w[1])
    return hidden, hidden @ w[2] + w[3]


def distance(result, wanted):
    return np.sum((result - wanted) ** 2) / len(result)


def slopes(w, x, wanted):
    hidden, result = run(w, x)
    d2 = 2 * (result - wanted) / len(x)
    d1 = d2 @ w[2].T * (1 - hidden * hidden)
    return [x.T @ d1, d1.sum(0, keepdims=True), hidden.T @ d2, d2.sum(0, keepdims=True)]
