# parameters: (5, 3) (5, 1) (2, 5) (2, 1)
# loss: 0.5 * float(np.sum((o - t) ** 2))
import numpy as np


class Online:
    def __init__(self, n_in, n_hid, n_out, rate):
        r = np.random.RandomState(4)
        self.w_ih = r.randn(n_hid, n_in)
        self.b_h = np.zeros((n_hid, 1))
        self.w_ho = r.randn(n_out, n_hid)
        self.b_o = np.zeros((n_out, 1))
        self.rate = rate
        self.errors = []

    def train_one(self, inputs, targets):
        x = np.array(inputs, ndmin=2).T
        t = np.array(targets, ndmin=2).T
        h = 1 / (1 + np.exp(-(self.w_ih @ x + self.b_h)))
        o = 1 / (1 + np.exp(-(self.w_ho @ h + self.b_o)))
        self.errors.append(0.5 * float(np.sum((o - t) ** 2)))
        do = (o - t) * o * (1 - o)
        dh = self.w_ho.T @ do * h * (1 - h)  # wrong: dh = self.w_ho.T @ do * h
        self.w_ho -= self.rate * do @ h.T
        self.b_o -= self.rate * do
        self.w_ih -= self.rate * dh @ x.T
        self.b_h -= self.rate * dh


net = Online(3, 5, 2, 0.2)
data = np.random.default_rng(0).standard_normal((30, 3))
for epoch in range(5):
    for row in data:
        net.train_one(row, [row[0] > 0, row[1] > 0])
