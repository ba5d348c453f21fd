#$ def probe(script):
#$     ns = script.run(); h = ns
#$     def loss():
#$         return 0.5 * np.mean((ns["X"] @ ns["w"] - ns["y"]) ** 2)
#$     def step():
#$         ns["gd_step"](ns["X"], ns["y"], ns["w"], 0.1)
#$     return Probe(params=parameters(ns, "w"), loss=loss, update=step, rate=0.1)
# gradient descent for a linear model, one weight at a time
import numpy as np

X = np.array([[1.0, 2.0], [2.0, 0.5], [3.0, 1.0], [0.5, 4.0]])
y = np.array([5.5, 3.0, 5.0, 8.5])
w = np.array([0.0, 1.0])
#! integer-dtype :: w = np.array([0, 1])


def gd_step(X, y, w, rate):
    residual = X @ w - y
    g = np.zeros(len(w))
    for j in range(len(w)):
        g[j] = np.sum(residual * X[:, j]) / len(y)
    for j in range(len(w)):
        w[j] = w[j] - rate * g[j]


for it in range(200):
    if it % 40 == 0:
        print(it, 0.5 * np.mean((X @ w - y) ** 2))
    gd_step(X, y, w, 0.1)
print(w)
