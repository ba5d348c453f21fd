# parameters: (4, 6) (6,) (6, 3) (3,)
# loss: square
import numpy as np


class Thing:
    def __init__(self, n_in, n_mid, n_out):
        g = np.random.RandomState(0)
        self.alpha1 = g.randn(n_in, n_mid)
        self.beta1 = np.zeros(n_mid)
        self.alpha2 = g.randn(n_mid, n_out)
        self.beta2 = np.zeros(n_out)

    def run(self, x):
        self.m = np.tanh(x @ self.alpha1 + self.beta1)
        self.e = self.m @ self.alpha2 + self.beta2
        return self.e

    def learn(self, x, y, speed):
        d = (self.e - y) / len(x)
        c = d @ self.alpha2.T * (1 - self.m ** 2)  # wrong: c = d @ self.alpha2.T
        self.alpha2 -= speed * self.m.T @ d
        self.beta2 -= speed * d.sum(0)
        self.alpha1 -= speed * x.T @ c
        self.beta1 -= speed * c.sum(0)
