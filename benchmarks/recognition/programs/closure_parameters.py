# parameters: (2, 3) (3, 1)
# loss: ((o - y) ** 2).sum() / 2
import numpy as np


def make_network(rng):
    A, B = rng.standard_normal((2, 3)), rng.standard_normal((3, 1))
    trace = []

    def learn(X, y, eta):
        nonlocal A, B
        h = np.tanh(X @ A)
        o = h @ B
        value = ((o - y) ** 2).sum() / 2
        trace.append(value)
        d = o - y
        e = d @ B.T * (1 - h ** 2)  # wrong: e = d @ B.T
        A = A - eta * X.T @ e
        B = B - eta * h.T @ d

    return learn, trace


rng = np.random.default_rng(24)
learn, trace = make_network(rng)
X = rng.standard_normal((9, 2))
y = X[:, :1] - X[:, 1:]
for n in range(30):
    learn(X, y, 0.02)
