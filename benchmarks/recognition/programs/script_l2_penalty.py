# parameters: (3, 4) (1, 4) (4, 2) (1, 2)
# loss: data + lam * (np.sum(P ** 2) + np.sum(Q ** 2)) / 2
import numpy as np

rng = np.random.default_rng(8)
X = rng.standard_normal((25, 3))
Y = rng.standard_normal((25, 2))
P, p = rng.standard_normal((3, 4)), np.zeros((1, 4))
Q, q = rng.standard_normal((4, 2)), np.zeros((1, 2))
lam = 0.1
log = []
for _ in range(100):
    h = np.tanh(X @ P + p)
    o = h @ Q + q
    data = np.sum((o - Y) ** 2) / (2 * len(X))
    total = data + lam * (np.sum(P ** 2) + np.sum(Q ** 2)) / 2
    log.append(total)
    do = (o - Y) / len(X)
    dQ = h.T @ do + lam * Q
    dq = do.sum(axis=0, keepdims=True)
    dh = do @ Q.T * (1 - h ** 2)
    dP = X.T @ dh + lam * P  # wrong: dP = X.T @ dh + 2 * lam * P
    dp = dh.sum(axis=0, keepdims=True)
    for par, grad in ((P, dP), (p, dp), (Q, dQ), (q, dq)):
        par -= 0.2 * grad
