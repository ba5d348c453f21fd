# parameters: (2, 3) (3, 1) (2, 4) (4, 1)
# loss: np.mean((o - y) ** 2)
import numpy as np

rng = np.random.default_rng(14)
X = rng.standard_normal((16, 2))
y = X[:, :1] ** 2


def small():
    A, B = rng.standard_normal((2, 3)), rng.standard_normal((3, 1))
    seen = []
    for _ in range(20):
        h = np.tanh(X @ A)
        o = h @ B
        seen.append(np.mean((o - y) ** 2))
        d = 2 * (o - y) / len(X)
        e = d @ B.T * (1 - h ** 2)
        A -= 0.1 * X.T @ e
        B -= 0.1 * h.T @ d
    return seen


def large():
    A, B = rng.standard_normal((2, 4)), rng.standard_normal((4, 1))
    seen = []
    for _ in range(20):
        h = 1 / (1 + np.exp(-(X @ A)))
        o = h @ B
        seen.append(np.mean((o - y) ** 2))
        d = 2 * (o - y) / len(X)
        e = d @ B.T * h * (1 - h)  # wrong: e = d @ B.T * h
        A -= 0.1 * X.T @ e
        B -= 0.1 * h.T @ d
    return seen


small()
large()
