#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="loss", rate=0.5)
import numpy as np
np.random.seed(11)
X = np.random.rand(20, 3) * 4
Y = (X[:, [0]] > X[:, [1]]).astype(float)
W1 = np.random.randn(3, 6) * 0.5
#! saturated-initialisation :: W1 = np.random.rand(3, 6) * 200
b1 = np.zeros(6)
W2 = np.random.randn(6, 1) * 0.5
b2 = np.zeros(1)
sig = lambda v: 1 / (1 + np.exp(-v))
for it in range(1500):
    H = sig(X @ W1 + b1)
    O = sig(H @ W2 + b2)
    loss = np.mean((O - Y) ** 2)
    dO = 2 * (O - Y) / len(X) * O * (1 - O)
    dH = dO @ W2.T * H * (1 - H)
    W2 -= 0.5 * H.T @ dO; b2 -= 0.5 * dO.sum(0)
    W1 -= 0.5 * X.T @ dH; b1 -= 0.5 * dH.sum(0)
    if it % 300 == 0: print(it, loss)
