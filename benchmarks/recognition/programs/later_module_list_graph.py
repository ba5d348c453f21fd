# parameters: (3, 5) (5,) (5, 2) (2,)
# loss: 0.5 * np.mean(np.sum((x - Y) ** 2, axis=1))
import numpy as np

rng = np.random.default_rng(10)


def dense(n, m):
    W, b, memo = rng.normal(size=(n, m)), np.zeros(m), {}

    def fwd(x):
        memo["x"] = x
        return x @ W + b

    def bwd(g, eta):
        gx = g @ W.T
        W[...] -= eta * memo["x"].T @ g
        b[...] -= eta * g.sum(0)
        return gx

    return fwd, bwd


def tanh():
    memo = {}

    def fwd(x):
        memo["y"] = np.tanh(x)
        return memo["y"]

    def bwd(g, eta):
        return g * (1 - memo["y"] ** 2)  # wrong: return g * (1 - memo["y"])

    return fwd, bwd


X, Y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
net = [dense(3, 5), tanh(), dense(5, 2)]
record = []
for k in range(25):
    x = X
    for fwd, _ in net:
        x = fwd(x)
    record.append(0.5 * np.mean(np.sum((x - Y) ** 2, axis=1)))
    g = (x - Y) / len(X)
    for _, bwd in reversed(net):
        g = bwd(g, 0.1)
