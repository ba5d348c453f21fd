# parameters: (4, 6) (6,) (6, 3) (3,)
# loss: 0.5 * np.sum((out - t) ** 2) / len(x)
import numpy as np


def make(n_in, n_hid, n_out, seed=0):
    g = np.random.default_rng(seed)
    return g.standard_normal((n_in, n_hid)), np.zeros(n_hid), g.standard_normal((n_hid, n_out)), np.zeros(n_out)


def objective(weights, x, t):
    w1, b1, w2, b2 = weights
    h = np.tanh(x @ w1 + b1)
    out = h @ w2 + b2
    loss = 0.5 * np.sum((out - t) ** 2) / len(x)
    dout = (out - t) / len(x)
    dh = dout @ w2.T * (1 - h ** 2)  # wrong: dh = dout @ w2.T
    return loss, (x.T @ dh, dh.sum(axis=0), h.T @ dout, dout.sum(axis=0))
