#$ def probe(script): return script.flat("w1 w2", loss="cost", rate=0.4)
# here a is the weighted input and z what comes out of a unit
import numpy as np
np.random.seed(5)
x = np.random.rand(9, 3); t = np.random.rand(9, 1)
w1 = np.random.randn(3, 4); w2 = np.random.randn(4, 1)
all_costs = []
for n in range(300):
    a1 = x @ w1
    z1 = 1 / (1 + np.exp(-a1))
    a2 = z1 @ w2
    z2 = 1 / (1 + np.exp(-a2))
    cost = np.mean((z2 - t) ** 2)
    all_costs.append(cost)
    da2 = 2 * (z2 - t) / len(x) * z2 * (1 - z2)
    da1 = da2 @ w2.T * z1 * (1 - z1)
    w2 = w2 - 0.4 * z1.T @ da2
    w1 = w1 - 0.4 * x.T @ da1
