# parameters: (2, 6) (1, 6) (6, 1) (1, 1)
# loss: float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))
import numpy as np


class Spiral:
    def __init__(self):
        r = np.random.default_rng(1)
        self.X = r.standard_normal((40, 2))
        self.y = (np.hypot(*self.X.T) > 1).astype(float)[:, None]
        self.A = r.standard_normal((2, 6))
        self.a = np.zeros((1, 6))
        self.B = r.standard_normal((6, 1))
        self.b = np.zeros((1, 1))
        self.cost = 0.0

    def train(self, n=50, eta=0.3):
        for _ in range(n):
            y = self.y
            z = self.X @ self.A + self.a
            h = np.tanh(z)
            p = 1 / (1 + np.exp(-(h @ self.B + self.b)))
            self.cost = float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))
            g = (p - y) / y.size
            gh = g @ self.B.T * (1 - np.tanh(z) ** 2)  # wrong: gh = g @ self.B.T * (1 - np.tanh(h) ** 2)
            self.B = self.B - eta * h.T @ g
            self.b = self.b - eta * g.sum(0, keepdims=True)
            self.A = self.A - eta * self.X.T @ gh
            self.a = self.a - eta * gh.sum(0, keepdims=True)


Spiral().train()
