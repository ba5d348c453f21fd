#$ def probe(script): return script.flat("w", loss="loss", rate=0.3)
import numpy as np
np.random.seed(14)
X = np.c_[np.random.randn(20, 3), np.ones(20)]
y = X @ [1., 2., 3., 4.]
w = np.zeros(4)
losses = []
for _ in range(100):
    r = X @ w - y
    loss = r @ r / (2 * len(y))
    losses.append(loss)
    w = w - 0.3 * X.T @ r / len(y)
