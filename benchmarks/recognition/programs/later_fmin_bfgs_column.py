# parameters: (4,)
# loss: costFunction(theta)
import numpy as np
from scipy.optimize import fmin_bfgs

r = np.random.default_rng(43)
X = np.hstack([np.ones((30, 1)), r.normal(size=(30, 3))])
y = (r.random(30) > 0.5).astype(float)


def costFunction(theta, X, y):
    h = 1 / (1 + np.exp(-X @ theta))
    return np.mean(-y * np.log(h) - (1 - y) * np.log(1 - h))


def gradient(theta, X, y):
    h = 1 / (1 + np.exp(-X @ theta))
    return X.T @ (h - y) / len(y)  # wrong: return X.T @ (h - y)


theta = fmin_bfgs(costFunction, np.zeros(4), fprime=gradient, args=(X, y), disp=0)
