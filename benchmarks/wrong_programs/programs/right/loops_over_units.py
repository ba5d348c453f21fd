#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     return Probe(params=parameters(n, "w v"), loss=lambda: n.error(ns["xs"][1], ns["ts"][1]), update=lambda: n.learn(ns["xs"][1], ns["ts"][1], 0.3), rate=0.3)
from math import exp
import random

class Net:
    def __init__(self, a, b, c):
        random.seed(11)
        self.w = [[random.uniform(-1, 1) for _ in range(a)] for _ in range(b)]
        self.v = [[random.uniform(-1, 1) for _ in range(b)] for _ in range(c)]

    def run(self, x):
        self.h = [1 / (1 + exp(-sum(wi * xi for wi, xi in zip(row, x)))) for row in self.w]
        self.o = [1 / (1 + exp(-sum(vi * hi for vi, hi in zip(row, self.h)))) for row in self.v]
        return self.o

    def error(self, x, t):
        return sum((ti - oi) ** 2 for ti, oi in zip(t, self.run(x))) / 2

    def learn(self, x, t, rate):
        o = self.run(x)
        do = [(ti - oi) * oi * (1 - oi) for ti, oi in zip(t, o)]
        dh = [h * (1 - h) * sum(do[k] * self.v[k][j] for k in range(len(do))) for j, h in enumerate(self.h)]
        for k in range(len(do)):
            for j in range(len(self.h)):
                self.v[k][j] += rate * do[k] * self.h[j]
        for j in range(len(dh)):
            for i in range(len(x)):
                self.w[j][i] += rate * dh[j] * x[i]

xs = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
ts = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
net = Net(3, 4, 2)
for epoch in range(100):
    total = 0
    for x, t in zip(xs, ts):
        total += net.error(x, t)
        net.learn(x, t, 0.3)
    print(epoch, total)
