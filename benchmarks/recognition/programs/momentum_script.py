# parameters: (3, 4) (4,) (4, 1) (1,)
# loss: ((o - y) ** 2).mean()
import numpy as np

g = np.random.default_rng(9)
X = g.standard_normal((20, 3))
y = np.sin(X[:, [0]])
W, b, U, c = g.standard_normal((3, 4)), np.zeros(4), g.standard_normal((4, 1)), np.zeros(1)
vW, vb, vU, vc = 0 * W, 0 * b, 0 * U, 0 * c
costs = []
for _ in range(100):
    h = np.tanh(X @ W + b)
    o = h @ U + c
    cost = ((o - y) ** 2).mean()
    costs.append(cost)
    do = 2 * (o - y) / len(X)
    dh = do @ U.T * (1 - h ** 2)  # wrong: dh = do @ U.T
    vU = 0.9 * vU - 0.05 * h.T @ do
    vc = 0.9 * vc - 0.05 * do.sum(0)
    vW = 0.9 * vW - 0.05 * X.T @ dh
    vb = 0.9 * vb - 0.05 * dh.sum(0)
    W, b, U, c = W + vW, b + vb, U + vU, c + vc
