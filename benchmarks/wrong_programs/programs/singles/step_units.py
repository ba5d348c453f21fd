#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="loss", rate=0.1)
import numpy as np
np.random.seed(21)
X = np.random.randn(25, 3)
Y = np.sin(X[:, :1]) + X[:, 1:2]
W1 = np.random.randn(3, 7); b1 = np.random.randn(7)
W2 = np.random.randn(7, 1); b2 = np.zeros(1)
for i in range(250):
    z = X @ W1 + b1
    a = 1 / (1 + np.exp(-z))
    #! not-differentiable-loss :: a = (z > 0).astype(float)
    p = a @ W2 + b2
    loss = np.mean((p - Y) ** 2)
    dp = 2 * (p - Y) / len(Y)
    s = 1 / (1 + np.exp(-z))
    dz = dp @ W2.T * s * (1 - s)
    #!? not-differentiable-loss ::
    W2 -= 0.1 * a.T @ dp
    b2 -= 0.1 * dp.sum(0)
    W1 -= 0.1 * X.T @ dz
    b1 -= 0.1 * dz.sum(0)
print(loss)
