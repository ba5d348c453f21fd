# parameters: (3, 4) (4,) (4, 1) (1,)
# loss: ((yh - y) ** 2).mean()
import numpy as np

rng = np.random.default_rng(8)
X, = (rng.normal(size=(26, 3)),)
y = np.cos(X[:, :1])
params = [rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=(4, 1)), np.zeros(1)]
ms, vs = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params]
hist = []
for t in range(1, 80):
    w1, b1, w2, b2 = params
    a = np.tanh(X @ w1 + b1)
    yh = a @ w2 + b2
    hist.append(((yh - y) ** 2).mean())
    d = 2 * (yh - y) / len(y)
    e = d @ w2.T * (1 - a ** 2)  # wrong: e = d @ w2.T * (1 + a ** 2)
    grads = [X.T @ e, e.sum(0), a.T @ d, d.sum(0)]
    for i, g in enumerate(grads):
        ms[i] = 0.9 * ms[i] + 0.1 * g
        vs[i] = 0.99 * vs[i] + 0.01 * np.square(g)
        params[i] = params[i] - 0.01 * (ms[i] / (1 - 0.9 ** t)) / (np.sqrt(vs[i] / (1 - 0.99 ** t)) + 1e-8)
