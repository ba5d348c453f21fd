# parameters: (38,)
# loss: cost_and_grad(theta)[0]
import numpy as np
from scipy.optimize import minimize


def unpack(theta, n, h, k):
    return theta[: n * h].reshape(n, h), theta[n * h:].reshape(h + 1, k)


def cost_and_grad(theta, n, h, k, X, Y):
    A, B = unpack(theta, n, h, k)
    m = np.hstack([np.ones((len(X), 1)), np.tanh(X @ A)])
    o = m @ B
    J = np.sum((o - Y) ** 2) / (2 * len(X))
    d = (o - Y) / len(X)
    dm = (d @ B.T)[:, 1:] * (1 - m[:, 1:] ** 2)  # wrong: dm = (d @ B.T)[:, 1:]
    return J, np.concatenate([(X.T @ dm).ravel(), (m.T @ d).ravel()])


r = np.random.default_rng(12)
X, Y = r.standard_normal((20, 4)), r.standard_normal((20, 3))
start = r.standard_normal(4 * 5 + 6 * 3)
result = minimize(cost_and_grad, start, args=(4, 5, 3, X, Y), jac=True, method="L-BFGS-B")
