# parameters: (6, 3) (3,) (6,)
# loss: ((R - X) ** 2).sum() / len(X)
import numpy as np

rng = np.random.default_rng(22)
X = rng.random((25, 6))
W, b, c = rng.standard_normal((6, 3)) * 0.5, np.zeros(3), np.zeros(6)
err = []
for it in range(60):
    H = 1 / (1 + np.exp(-(X @ W + b)))
    R = H @ W.T + c
    err.append(((R - X) ** 2).sum() / len(X))
    dR = 2 * (R - X) / len(X)
    dZ = dR @ W * H * (1 - H)
    W -= 0.1 * (X.T @ dZ + dR.T @ H)  # wrong: W -= 0.1 * (X.T @ dZ)
    b -= 0.1 * dZ.sum(0)
    c -= 0.1 * dR.sum(0)
