# parameters: (3, 4) (1, 4) (4, 2) (1, 2)
# loss: np.mean(np.sum((o - Y) ** 2, axis=1))
import numpy as np


class Trainer:
    def __init__(self, rng):
        self.p = {"A": rng.standard_normal((3, 4)), "a": np.zeros((1, 4)), "B": rng.standard_normal((4, 2)), "b": np.zeros((1, 2))}
        self.v = {k: np.zeros_like(x) for k, x in self.p.items()}

    def run(self, X, Y, n, lr=0.05, mu=0.9):
        losses = []
        for _ in range(n):
            h = np.tanh(X @ self.p["A"] + self.p["a"])
            o = h @ self.p["B"] + self.p["b"]
            losses.append(np.mean(np.sum((o - Y) ** 2, axis=1)))
            d = 2 * (o - Y) / len(X)
            e = d @ self.p["B"].T * (1 - h ** 2)  # wrong: e = d @ self.p["B"].T
            g = {"A": X.T @ e, "a": e.sum(0, keepdims=True), "B": h.T @ d, "b": d.sum(0, keepdims=True)}
            for k in self.p:
                self.v[k] = mu * self.v[k] - lr * g[k]
                self.p[k] = self.p[k] + self.v[k]
        return losses


r = np.random.default_rng(33)
Trainer(r).run(r.standard_normal((15, 3)), r.standard_normal((15, 2)), 20)
