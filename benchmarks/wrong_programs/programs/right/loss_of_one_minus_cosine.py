#$ def probe(script): return script.flat("W", loss="loss", rate=0.1)
import numpy as np
rng = np.random.RandomState(30)
X, T = rng.randn(12, 4), rng.randn(12, 3)
W = rng.randn(4, 3)
T = T / np.sqrt((T ** 2).sum(1, keepdims=True))
hist = []
for i in range(100):
    O = X @ W
    n = np.sqrt((O ** 2).sum(1, keepdims=True))
    c = (O * T).sum(1, keepdims=True) / n
    loss = np.sum(1 - c)
    hist.append(loss)
    dO = -(T / n - c * O / n ** 2)
    W = W - 0.1 * X.T @ dO
