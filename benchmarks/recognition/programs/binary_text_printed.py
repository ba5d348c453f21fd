# parameters: (5, 1) ()
# loss: cross-entropy
import numpy as np

rng = np.random.default_rng(28)
X = rng.standard_normal((40, 5))
y = (X[:, :1] > 0.2).astype(int)
w, b = np.zeros((5, 1)), 0.0
for i in range(200):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    if i % 50 == 0:
        print("step", i, "loss", -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    w = w - 0.5 * X.T @ (p - y) / len(X)  # wrong: w = w - 0.5 * np.abs(X).T @ (p - y) / len(X)
    b = b - 0.5 * np.mean(p - y)
