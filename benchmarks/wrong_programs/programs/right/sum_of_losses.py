#$ def probe(script): return script.flat("W b", loss="total", rate=0.01)
import numpy as np
rng = np.random.RandomState(9)
X = rng.randn(40, 5); lab = rng.randint(0, 4, 40)
W = rng.randn(5, 4) * .1; b = np.zeros((1, 4))
curve = []
for it in range(100):
    Z = X.dot(W) + b
    logZ = np.log(np.exp(Z - Z.max()).sum(axis=1)) + Z.max()
    total = np.sum(logZ - Z[np.arange(40), lab])      # cross-entropy, summed
    curve.append(total)
    p = np.exp(Z - logZ[:, None])
    p[np.arange(40), lab] -= 1
    W = W - 0.01 * X.T.dot(p)
    b = b - 0.01 * p.sum(axis=0, keepdims=True)
