#$ def probe(script): return script.flat("W b", loss="loss", rate="lr")
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(25, 3)); y = 10 * X[:, [0]] - 4 * X[:, [2]] + 7
W = rng.normal(size=(3, 1)); b = np.zeros((1, 1))
lr = 0.5
losses = []
for step in range(60):
    pred = X @ W + b
    loss = ((pred - y) ** 2).mean()
    g = 2 * (pred - y) / len(X)
    dW = X.T @ g
    db = g.sum(0, keepdims=True)
    #!+ gradient-clipping :: norm = np.sqrt((dW ** 2).sum() + (db ** 2).sum())
    #!+ gradient-clipping :: dW, db = dW / max(1, norm), db / max(1, norm)
    W -= lr * dW
    b -= lr * db
    losses.append(loss)
