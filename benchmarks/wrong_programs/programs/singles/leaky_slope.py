#$ def probe(script): return script.flat("W b V c", loss="L", rate=0.03)
import numpy as np
SLOPE = 0.25
def lrelu(x): return np.maximum(SLOPE * x, x)
def lrelu_grad(x):
    g = np.ones_like(x)
    g[x < 0] = SLOPE
    #! leaky-slope-sign :: g[x < 0] = -SLOPE
    return g
np.random.seed(19)
X = np.random.randn(18, 3); Y = np.abs(X[:, :2])
W = np.random.randn(3, 8); b = np.random.randn(8) * .1
V = np.random.randn(8, 2); c = np.zeros(2)
hist = []
for i in range(200):
    Z = X @ W + b
    A = lrelu(Z)
    O = A @ V + c
    L = np.sum((O - Y) ** 2) / len(X)
    hist.append(L)
    dO = 2 * (O - Y) / len(X)
    #! missing-factor-2 :: dO = (O - Y) / len(X)
    dZ = dO @ V.T * lrelu_grad(Z)
    V -= 0.03 * A.T @ dO; c -= 0.03 * dO.sum(0)
    W -= 0.03 * X.T @ dZ; b -= 0.03 * dZ.sum(0)
    if i % 50 == 0: print(L)
