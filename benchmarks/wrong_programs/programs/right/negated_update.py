#$ def probe(script): return script.flat("W b", loss="loss", rate=0.01)
import numpy as np
np.random.seed(0)
X = np.random.randn(12, 3); Y = np.random.randn(12, 2)
W = np.random.randn(3, 2); b = np.zeros(2)
losses = []
for i in range(50):
    P = X @ W + b
    loss = np.sum((Y - P) ** 2)
    losses.append(loss)
    direction_W = 2 * X.T @ (Y - P)     # minus the gradient
    direction_b = 2 * (Y - P).sum(axis=0)
    W += 0.01 * direction_W
    b += 0.01 * direction_b
