# parameters: (3, 4) (4,) (4, 2) (2,)
# loss: np.sum((o - Y) ** 2) / len(X)
from collections import namedtuple
import numpy as np

Weights = namedtuple("Weights", "W1 b1 W2 b2")
g = np.random.default_rng(25)
X, Y = g.standard_normal((14, 3)), g.standard_normal((14, 2))
w = Weights(g.standard_normal((3, 4)), np.zeros(4), g.standard_normal((4, 2)), np.zeros(2))
seen = []
for turn in range(40):
    h = np.tanh(X @ w.W1 + w.b1)
    o = h @ w.W2 + w.b2
    seen.append(np.sum((o - Y) ** 2) / len(X))
    d = 2 * (o - Y) / len(X)
    e = d @ w.W2.T * (1 - h ** 2)  # wrong: e = d @ w.W2.T
    grads = Weights(X.T @ e, e.sum(0), h.T @ d, d.sum(0))
    w = Weights(*(p - 0.05 * q for p, q in zip(w, grads)))
