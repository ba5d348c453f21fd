# parameters: (2, 4) (4, 4) (4, 1)
# loss: 0.5 * np.mean((out - y) ** 2)
import numpy as np

g = np.random.default_rng(30)
S = g.standard_normal((12, 5, 2))
y = S.sum(axis=(1, 2)).reshape(-1, 1)
U, R, V = g.standard_normal((2, 4)) * 0.4, g.standard_normal((4, 4)) * 0.4, g.standard_normal((4, 1))
kept = []
for it in range(40):
    h = [np.zeros((12, 4))]
    for t in range(5):
        h.append(np.tanh(S[:, t] @ U + h[-1] @ R))
    out = h[-1] @ V
    kept.append(0.5 * np.mean((out - y) ** 2))
    d = (out - y) / 12
    gV, gU, gR = h[-1].T @ d, np.zeros_like(U), np.zeros_like(R)
    dh = d @ V.T
    for t in reversed(range(5)):
        dz = dh * (1 - h[t + 1] ** 2)
        gU += S[:, t].T @ dz
        gR += h[t].T @ dz
        dh = dz @ R.T  # wrong: dh = dz @ R
    U, R, V = U - 0.05 * gU, R - 0.05 * gR, V - 0.05 * gV
