# parameters: (3, 5) (5,) (5, 2) (2,)
# loss: 0.5 * np.sum((o - Y) ** 2) / len(X)
import numpy as np


class Net:
    def __init__(self):
        r = np.random.default_rng(3)
        self.W1, self.b1 = r.standard_normal((3, 5)), np.zeros(5)
        self.W2, self.b2 = r.standard_normal((5, 2)), np.zeros(2)
        self.cache = {}

    def train(self, X, Y, n, lr=0.01, decay=0.9):
        errs = []
        for _ in range(n):
            h = np.tanh(X @ self.W1 + self.b1)
            o = h @ self.W2 + self.b2
            err = 0.5 * np.sum((o - Y) ** 2) / len(X)
            errs.append(err)
            d = (o - Y) / len(X)
            e = d @ self.W2.T * (1 - h ** 2)  # wrong: e = d @ self.W2.T
            grads = {"W1": X.T @ e, "b1": e.sum(0), "W2": h.T @ d, "b2": d.sum(0)}
            for name, g in grads.items():
                old = self.cache.get(name, np.zeros_like(g))
                self.cache[name] = decay * old + (1 - decay) * g ** 2
                setattr(self, name, getattr(self, name) - lr * g / (np.sqrt(self.cache[name]) + 1e-8))
        return errs


r = np.random.default_rng(1)
Net().train(r.standard_normal((20, 3)), r.standard_normal((20, 2)), 30)
