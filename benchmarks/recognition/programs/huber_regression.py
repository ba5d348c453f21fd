# parameters: (3, 5) (5,) (5, 1) (1,)
# loss: np.where(np.abs(r) < 1, 0.5 * r ** 2, np.abs(r) - 0.5).mean()
import numpy as np

g = np.random.default_rng(29)
X = g.standard_normal((30, 3))
y = 3 * np.sin(X[:, :1])
W, b, V, c = g.standard_normal((3, 5)), np.zeros(5), g.standard_normal((5, 1)), np.zeros(1)
losses = []
for i in range(50):
    h = np.tanh(X @ W + b)
    r = h @ V + c - y
    loss = np.where(np.abs(r) < 1, 0.5 * r ** 2, np.abs(r) - 0.5).mean()
    losses.append(loss)
    d = np.clip(r, -1, 1) / len(X)  # wrong: d = np.clip(r, -2, 2) / len(X)
    e = d @ V.T * (1 - h ** 2)
    V -= 0.1 * h.T @ d
    c -= 0.1 * d.sum(0)
    W -= 0.1 * X.T @ e
    b -= 0.1 * e.sum(0)
