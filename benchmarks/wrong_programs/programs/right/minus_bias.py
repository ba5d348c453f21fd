#$ def probe(script):
#$     ns = script.run(); p = ns["p"]
#$     return Probe(params=parameters(p, "W1 t1 W2 t2"), loss=lambda: ns["loss"](p), gradient=lambda: ns["grad"](p))
# units with thresholds: z = x W - t
import numpy as np
r = np.random.RandomState(1)
X, Y = r.randn(10, 3), r.rand(10, 2)
p = {"W1": r.randn(3, 4), "t1": r.randn(4), "W2": r.randn(4, 2), "t2": r.randn(2)}
s = lambda z: 1 / (1 + np.exp(-z))
def loss(p):
    return 0.5 * np.mean((s(s(X @ p["W1"] - p["t1"]) @ p["W2"] - p["t2"]) - Y) ** 2)
def grad(p):
    h = s(X @ p["W1"] - p["t1"])
    o = s(h @ p["W2"] - p["t2"])
    d2 = (o - Y) / o.size * o * (1 - o)
    d1 = d2 @ p["W2"].T * h * (1 - h)
    return {"W1": X.T @ d1, "t1": -d1.sum(0), "W2": h.T @ d2, "t2": -d2.sum(0)}
for _ in range(100):
    g = grad(p)
    for k in p: p[k] = p[k] - 0.5 * g[k]
print(loss(p))
