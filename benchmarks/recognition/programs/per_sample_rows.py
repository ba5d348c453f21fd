# parameters: (3, 4) (4,) (4, 2) (2,)
# loss: 0.5 * np.sum((o - t) ** 2)
import numpy as np

r = np.random.default_rng(27)
X, T = r.standard_normal((10, 3)), r.random((10, 2))
W, b, U, c = r.standard_normal((3, 4)), np.zeros(4), r.standard_normal((4, 2)), np.zeros(2)
total = []
for epoch in range(10):
    for x, t in zip(X, T):
        h = 1 / (1 + np.exp(-(x @ W + b)))
        o = 1 / (1 + np.exp(-(h @ U + c)))
        total.append(0.5 * np.sum((o - t) ** 2))
        d = (o - t) * o * (1 - o)
        e = U @ d * h * (1 - h)  # wrong: e = U @ d * h
        U -= 0.3 * np.outer(h, d)
        c -= 0.3 * d
        W -= 0.3 * np.outer(x, e)
        b -= 0.3 * e
