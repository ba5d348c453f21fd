# parameters: (2, 3) (3,) (3, 1) (1,)
# loss: mean squared error
import numpy as np

r = np.random.default_rng(44)
X, y = r.normal(size=(10, 2)), r.normal(size=(10, 1))
state = (r.normal(size=(2, 3)), np.zeros(3), r.normal(size=(3, 1)), np.zeros(1))
last, now, n = np.inf, 1e9, 0
while abs(last - now) > 1e-9 and n < 50:
    A, a, B, b = state
    h = np.tanh(X @ A + a)
    out = h @ B + b
    last, now = now, (np.abs(out - y) ** 2).mean()
    d = 2 * (out - y) / len(y)
    e = d @ B.T * (1 - h * h)  # wrong: e = d @ B.T
    state = (A - 0.1 * X.T @ e, a - 0.1 * e.sum(0), B - 0.1 * h.T @ d, b - 0.1 * d.sum(0))
    n += 1
