#$ def probe(script): return script.flat("W V", loss="loss", rate=0.05)
# the same W twice: its gradient has two parts
import numpy as np
np.random.seed(27)
X = np.random.randn(10, 4); Y = np.random.randn(10, 2)
W = np.random.randn(4, 4) * .5; V = np.random.randn(4, 2)
losses = []
for t in range(100):
    h1 = np.tanh(X @ W)
    h2 = np.tanh(h1 @ W)
    o = h2 @ V
    loss = np.sum((o - Y) ** 2) / len(X)
    losses.append(loss)
    do = 2 * (o - Y) / len(X)
    d2 = do @ V.T * (1 - h2 ** 2)
    d1 = d2 @ W.T * (1 - h1 ** 2)
    gW = h1.T @ d2 + X.T @ d1
    V -= 0.05 * h2.T @ do
    W -= 0.05 * gW
