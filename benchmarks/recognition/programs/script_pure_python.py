# parameters: (2, 2) (2,) (2,) ()
# loss: (o - t) ** 2
import math
import random

random.seed(1)
data = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]
w = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(2)]
bh = [0.1, -0.2]
v = [random.uniform(-1, 1) for _ in range(2)]
bo = 0.3


def sig(z):
    return 1 / (1 + math.exp(-z))


for epoch in range(100):
    total = 0.0
    for x, t in data:
        h = [sig(sum(w[j][i] * x[i] for i in range(2)) + bh[j]) for j in range(2)]
        o = sig(sum(v[j] * h[j] for j in range(2)) + bo)
        total += (o - t) ** 2
        do = 2 * (o - t) * o * (1 - o)
        dh = [do * v[j] * h[j] * (1 - h[j]) for j in range(2)]  # wrong: dh = [do * h[j] * (1 - h[j]) for j in range(2)]
        for j in range(2):
            v[j] -= 0.5 * do * h[j]
            bh[j] -= 0.5 * dh[j]
            for i in range(2):
                w[j][i] -= 0.5 * dh[j] * x[i]
        bo -= 0.5 * do
