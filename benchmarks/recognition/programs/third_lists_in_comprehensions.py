# parameters: (4, 3) (5,)
# loss: total / len(data)
import random
from math import exp, log, tanh


def dot(u, v):
    return sum(a * b for a, b in zip(u, v))


def forward(net, x):
    hidden = [tanh(dot(row[:-1], x) + row[-1]) for row in net["hidden"]]
    return hidden, 1 / (1 + exp(-dot(net["out"][:-1], hidden) - net["out"][-1]))


def cost(net, data):
    total = 0
    for x, y in data:
        _, p = forward(net, x)
        total -= y * log(p) + (1 - y) * log(1 - p)
    return total / len(data)


def gradients(net, data):
    g_hidden = [[0.0] * len(row) for row in net["hidden"]]
    g_out = [0.0] * len(net["out"])
    for x, y in data:
        hidden, p = forward(net, x)
        d = (p - y) / len(data)
        for j, h in enumerate(hidden):
            g_out[j] += d * h
            dh = d * net["out"][j] * (1 - h * h)  # wrong: dh = d * net["out"][j] * (1 - h)
            for i, xi in enumerate(x):
                g_hidden[j][i] += dh * xi
            g_hidden[j][-1] += dh
        g_out[-1] += d
    return g_hidden, g_out


random.seed(4)
points = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(12)]
data = [(x, 1 if x[0] * x[1] > 0 else 0) for x in points]
net = {"hidden": [[random.gauss(0, 1) for _ in range(3)] for _ in range(4)], "out": [random.gauss(0, 1) for _ in range(5)]}
for step in range(100):
    if step % 50 == 0:
        print(step, cost(net, data))
    gh, go = gradients(net, data)
    net["hidden"] = [[w - 0.5 * g for w, g in zip(row, grow)] for row, grow in zip(net["hidden"], gh)]
    net["out"] = [w - 0.5 * g for w, g in zip(net["out"], go)]
