#$ def probe(script): return script.flat("W b", loss="loss", rate=0.1)
import numpy as np
np.random.seed(28)
X = np.random.randn(20, 3) ; Y = np.random.rand(20, 2)
W = np.random.randn(3, 2) * .1; b = np.zeros(2)
losses = []
for i in range(100):
    P = 1 / (1 + np.exp(-(X @ W + b)))
    loss = np.mean((P - Y) ** 2)
    losses.append(loss)
    d = 2 * (P - Y) / P.size * P * (1 - P)
    gW = np.clip(X.T @ d, -1e6, 1e6)        # never reached
    gb = np.clip(d.sum(0), -1e6, 1e6)
    W -= 0.1 * gW
    b -= 0.1 * gb
