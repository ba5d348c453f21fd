#$ def probe(script):
#$     p = script.flat("W b", loss="loss", rate=0.5)
#$     return p
import numpy as np
rng = np.random.RandomState(29)
X = rng.randn(30, 2); y = (X.sum(1) > 0).astype(float)[:, None]
W, b = rng.randn(2, 1), np.zeros(1)
losses = []
for epoch in range(80):
    lr = 0.5 / (1 + 0.01 * epoch)
    p = 1 / (1 + np.exp(-(X @ W + b)))
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    losses.append(loss)
    W -= lr * X.T @ (p - y) / len(X)
    b -= lr * (p - y).mean(axis=0)
