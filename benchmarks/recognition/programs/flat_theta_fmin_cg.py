# parameters: (26,)
# loss: f(theta)
import numpy as np
from scipy import optimize

rng = np.random.default_rng(13)
X = rng.standard_normal((22, 3))
y = (X[:, 0] > 0).astype(float)


def split(t):
    return t[:15].reshape(3, 5), t[15:20], t[20:25], t[25]


def f(t):
    A, a, B, b = split(t)
    p = 1 / (1 + np.exp(-(np.tanh(X @ A + a) @ B + b)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def fprime(t):
    A, a, B, b = split(t)
    h = np.tanh(X @ A + a)
    p = 1 / (1 + np.exp(-(h @ B + b)))
    d = (p - y) / len(y)
    e = np.outer(d, B) * (1 - h ** 2)  # wrong: e = np.outer(d, B)
    return np.concatenate([(X.T @ e).ravel(), e.sum(0), h.T @ d, [d.sum()]])


best = optimize.fmin_cg(f, rng.standard_normal(26) * 0.5, fprime=fprime, maxiter=20, disp=False)
