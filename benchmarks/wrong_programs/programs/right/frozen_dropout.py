#$ def probe(script): return script.flat("W1 W2", loss="loss", rate=0.05)
import numpy as np
rng = np.random.RandomState(22)
X, Y = rng.randn(16, 5), rng.randn(16, 2)
W1, W2 = rng.randn(5, 8), rng.randn(8, 2)
curve = []
for i in range(80):
    mask = np.random.RandomState(1000).binomial(1, 0.5, size=(16, 8))     # not rescaled, the same each time
    H = np.maximum(X @ W1, 0) * mask
    O = H @ W2
    loss = ((O - Y) ** 2).mean()
    curve.append(loss)
    dO = 2 * (O - Y) / O.size
    W2, W1 = W2 - 0.05 * H.T @ dO, W1 - 0.05 * X.T @ (dO @ W2.T * mask * (H > 0))
