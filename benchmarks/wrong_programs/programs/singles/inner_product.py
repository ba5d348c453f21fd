#$ def probe(script): return script.flat("W V", loss="E", rate=0.1)
# one pattern, vectors are 1-D arrays
import numpy as np
np.random.seed(1)
x = np.array([0.5, -1.0, 2.0])
t = np.array([0.2, 0.9, 0.4])
W = np.random.randn(3, 3)
V = np.random.randn(3, 3)
sig = lambda a: 1 / (1 + np.exp(-a))

for i in range(200):
    h = sig(W.dot(x))
    y = sig(V.dot(h))
    E = 0.5 * np.sum((y - t) ** 2)
    dy = (y - t) * y * (1 - y)
    dh = V.T.dot(dy) * h * (1 - h)
    V = V - 0.1 * np.outer(dy, h)
    #! inner-instead-of-outer :: V = V - 0.1 * np.dot(dy, h.T)
    W = W - 0.1 * np.outer(dh, x)
    #! inner-instead-of-outer :: W = W - 0.1 * np.dot(dh, x.T)
    print(i, E)
