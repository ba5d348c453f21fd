#$ def probe(script): return script.flat("W b", loss="loss", rate=0.1)
import numpy as np
np.random.seed(21)
X = np.random.randn(20, 4); Y = np.random.randn(20, 3)
W, b, lam = np.random.randn(4, 3), np.random.randn(3), 0.3
losses = []
for i in range(50):
    R = X @ W + b - Y
    loss = np.mean(np.sum(R ** 2, axis=1)) + lam * (np.sum(W ** 2) + np.sum(b ** 2))   # the bias too
    losses.append(loss)
    W -= 0.1 * (2 * X.T @ R / 20 + 2 * lam * W)
    b -= 0.1 * (2 * R.mean(axis=0) + 2 * lam * b)
