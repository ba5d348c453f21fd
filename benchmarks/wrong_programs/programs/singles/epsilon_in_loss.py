#$ def probe(script): return script.flat("W b", loss="loss", rate=1.0)
import numpy as np

np.random.seed(2)
X = np.vstack([np.random.randn(15, 2) + 1, np.random.randn(15, 2) - 1])
t = np.array([1.0] * 15 + [0.0] * 15).reshape(-1, 1)
W = 0.01 * np.random.randn(2, 1)
b = np.zeros((1, 1))

for i in range(300):
    p = 1 / (1 + np.exp(-(X.dot(W) + b)))
    loss = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    #! loss-epsilon :: loss = -np.mean(t * np.log(p + 1e-7) + (1 - t) * np.log(1 - p + 1e-7))
    g = (p - t) / len(X)
    W -= 1.0 * X.T.dot(g)
    b -= 1.0 * g.sum()
    if i % 100 == 0:
        print(loss)
