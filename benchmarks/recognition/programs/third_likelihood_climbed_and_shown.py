# parameters: (4,)
# loss: np.sum(y * s - np.log(1 + np.exp(s)))
import numpy as np


def log_likelihood(X, y, beta):
    s = X @ beta
    return np.sum(y * s - np.log(1 + np.exp(s)))


def gradient(X, y, beta):
    return X.T @ (y - 1 / (1 + np.exp(-X @ beta)))  # wrong: return X.T @ (y - X @ beta)


def fit(X, y, n_iter=100, step=0.01):
    X = np.column_stack([np.ones(len(X)), X])
    beta = np.zeros(X.shape[1])
    for it in range(n_iter):
        beta += step * gradient(X, y, beta)
        if it % 50 == 0:
            print("LL", log_likelihood(X, y, beta))
    return beta


rng = np.random.default_rng(12)
X = rng.normal(size=(50, 3))
fit(X, (X[:, 0] - X[:, 1] + 0.5 * rng.normal(size=50) > 0).astype(float))
