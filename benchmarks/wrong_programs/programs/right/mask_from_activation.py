#$ def probe(script):
#$     ns = script.run(); P = ns["P"]
#$     return Probe(params=parameters(P, "W1 W2 W3"), loss=lambda: ns["f"](P)[0], gradient=lambda: ns["f"](P)[1])
import numpy as np
rng = np.random.default_rng(8)
X, T = rng.normal(size=(11, 4)), rng.normal(size=(11, 2))
P = {"W1": rng.normal(size=(4, 6)), "W2": rng.normal(size=(6, 5)), "W3": rng.normal(size=(5, 2))}
def f(P):
    a = np.maximum(X @ P["W1"], 0)
    b = np.maximum(a @ P["W2"], 0)
    y = b @ P["W3"]
    loss = np.abs(y - T).sum()
    g = np.sign(y - T)
    gb = g @ P["W3"].T * (b > 0)        # a > 0 exactly where z > 0
    ga = gb @ P["W2"].T * (a > 0)
    return loss, {"W1": X.T @ ga, "W2": a.T @ gb, "W3": b.T @ g}
hist = []
for i in range(60):
    l, g = f(P)
    hist.append(l)
    P = {k: P[k] - 0.002 * g[k] for k in P}
