#$ def probe(script):
#$     ns = script.run(); p = ns["p"]
#$     return Probe(params=parameters(p, "W1 W2 Wo"), loss=lambda: ns["fb"](p)[0], gradient=lambda: ns["fb"](p)[1])
import numpy as np
g = np.random.default_rng(26)
X, Y = g.normal(size=(9, 5)), g.normal(size=(9, 1))
p = {"W1": g.normal(size=(5, 5)) / 2, "W2": g.normal(size=(5, 5)) / 2, "Wo": g.normal(size=(5, 1))}
def fb(p):
    h = np.tanh(X @ p["W1"])
    r = X + h @ p["W2"]           # skip connection
    o = r @ p["Wo"]
    loss = np.mean((o - Y) ** 2)
    do = 2 * (o - Y) / len(X)
    dr = do @ p["Wo"].T
    dh = dr @ p["W2"].T * (1 - h ** 2)
    return loss, {"W1": X.T @ dh, "W2": h.T @ dr, "Wo": r.T @ do}
trace = []
for i in range(100):
    l, d = fb(p)
    trace.append(l)
    for k in p: p[k] -= 0.05 * d[k]
