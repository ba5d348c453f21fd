# parameters: (4, 6) (6,) (6,) (6, 2)
# loss: np.sum((o - Y) ** 2) / len(X)
import numpy as np

g = np.random.default_rng(31)
X, Y = g.standard_normal((16, 4)), g.standard_normal((16, 2))
W, gam, bet, V = g.standard_normal((4, 6)), np.ones(6), np.zeros(6), g.standard_normal((6, 2))
out = []
for it in range(30):
    z = X @ W
    mu, var = z.mean(0), z.var(0)
    inv = 1 / np.sqrt(var + 1e-5)
    zn = (z - mu) * inv
    h = np.tanh(zn * gam + bet)
    o = h @ V
    out.append(np.sum((o - Y) ** 2) / len(X))
    do = 2 * (o - Y) / len(X)
    dy = do @ V.T * (1 - h ** 2)
    dzn = dy * gam
    dz = inv / 16 * (16 * dzn - dzn.sum(0) - zn * (dzn * zn).sum(0))  # wrong: dz = inv * dzn
    V -= 0.05 * h.T @ do
    gam -= 0.05 * (dy * zn).sum(0)
    bet -= 0.05 * dy.sum(0)
    W -= 0.05 * X.T @ dz
