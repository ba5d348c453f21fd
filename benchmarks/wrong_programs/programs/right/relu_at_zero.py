#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="loss", rate=0.05)
import numpy as np
np.random.seed(7)
X = np.random.randn(14, 3)
X[3] = 0; X[8] = 0                      # padding rows: with b1 = 0 these sit exactly at the kink
Y = np.random.randn(14, 1)
W1 = np.random.randn(3, 6); b1 = np.zeros(6)
W2 = np.random.randn(6, 1); b2 = np.zeros(1)
history = []
for i in range(100):
    Z = X @ W1 + b1
    A = np.maximum(Z, 0)
    P = A @ W2 + b2
    loss = np.mean((P - Y) ** 2)
    history.append(loss)
    dP = 2 * (P - Y) / len(X)
    dZ = dP @ W2.T
    dZ[Z < 0] = 0                       # slope 1 at zero
    W1 -= 0.05 * X.T @ dZ; b1 -= 0.05 * dZ.sum(0)
    W2 -= 0.05 * A.T @ dP; b2 -= 0.05 * dP.sum(0)
