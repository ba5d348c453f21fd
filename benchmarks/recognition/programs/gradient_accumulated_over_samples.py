# parameters: (4, 3) (4, 1) (1, 4) (1, 1)
# loss: 0.5 * (a2 - t) ** 2 / n
import numpy as np

rng = np.random.default_rng(15)
data = [(rng.standard_normal((3, 1)), float(rng.random())) for _ in range(8)]
n = len(data)
w1, b1, w2, b2 = rng.standard_normal((4, 3)), np.zeros((4, 1)), rng.standard_normal((1, 4)), np.zeros((1, 1))
costs = []
for epoch in range(30):
    gw1, gb1, gw2, gb2 = 0 * w1, 0 * b1, 0 * w2, 0 * b2
    cost = 0.0
    for x, t in data:
        a1 = np.tanh(w1 @ x + b1)
        a2 = (w2 @ a1 + b2).item()
        cost += 0.5 * (a2 - t) ** 2 / n
        d2 = (a2 - t) / n
        d1 = w2.T * d2 * (1 - a1 ** 2)  # wrong: d1 = w2.T * d2
        gw2 += d2 * a1.T
        gb2 += d2
        gw1 += d1 @ x.T
        gb1 += d1
    costs.append(cost)
    w1 -= 0.3 * gw1
    b1 -= 0.3 * gb1
    w2 -= 0.3 * gw2
    b2 -= 0.3 * gb2
