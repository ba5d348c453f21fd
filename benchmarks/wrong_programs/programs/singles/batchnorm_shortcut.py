#$ def probe(script):
#$     ns = script.run(); P, X, Y = ns["P"], ns["X"], ns["Y"]
#$     return Probe(params=parameters(P, "W1 gamma beta W2"), loss=lambda: ns["step"](P, X, Y)[0], gradient=lambda: ns["step"](P, X, Y)[1])
import numpy as np

def bn_forward(z, gamma, beta):
    mu = z.mean(0)
    s = np.sqrt(z.var(0) + 1e-6)
    zh = (z - mu) / s
    return gamma * zh + beta, (zh, s, gamma)

def bn_backward(d, cache):
    zh, s, gamma = cache
    dg = (d * zh).sum(0)
    db = d.sum(0)
    dzh = d * gamma
    n = len(d)
    dz = (n * dzh - dzh.sum(0) - zh * (dzh * zh).sum(0)) / (n * s)
    #! batchnorm-statistics :: dz = dzh / s
    return dz, dg, db

def step(P, X, Y):
    z = X @ P["W1"]
    n, cache = bn_forward(z, P["gamma"], P["beta"])
    h = 1 / (1 + np.exp(-n))
    o = h @ P["W2"]
    loss = ((o - Y) ** 2).mean()
    do = 2 * (o - Y) / o.size
    dn = do @ P["W2"].T * h * (1 - h)
    dz, dg, db = bn_backward(dn, cache)
    return loss, {"W1": X.T @ dz, "gamma": dg, "beta": db, "W2": h.T @ do}
    #! transposed-block|swapped-blocks :: return loss, {"W1": X.T @ dz, "gamma": db, "beta": dg, "W2": h.T @ do}

r = np.random.default_rng(8)
X, Y = r.normal(size=(13, 4)), r.normal(size=(13, 2))
P = {"W1": r.normal(size=(4, 5)), "gamma": np.ones(5), "beta": np.zeros(5), "W2": r.normal(size=(5, 2))}
for t in range(100):
    loss, g = step(P, X, Y)
    for k in P: P[k] = P[k] - 0.3 * g[k]
print(loss)
