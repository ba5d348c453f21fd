# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.sum((u - v) ** 2) / len(u)
import numpy as np


def f0(i, j, k):
    r = np.random.RandomState(1)
    return [r.randn(i, j), np.zeros((1, j)), r.randn(j, k), np.zeros((1, k))]


def f1(w, x):
    h = np.tanh(x @ w[0] + w[1])
    return h, h @ w[2] + w[3]


def f2(u, v):
    return np.sum((u - v) ** 2) / len(u)


def f3(w, x, y):
    h, o = f1(w, x)
    a = 2 * (o - y) / len(x)
    b = a @ w[2].T * (1 - h * h)  # wrong: b = a @ w[2].T
    return [x.T @ b, b.sum(0, keepdims=True), h.T @ a, a.sum(0, keepdims=True)]


def f4(w, g, s):
    return [a - s * b for a, b in zip(w, g)]
