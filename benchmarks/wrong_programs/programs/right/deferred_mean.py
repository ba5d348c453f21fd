#$ def probe(script):
#$     ns = script.run(); P = ns["P"]
#$     return Probe(params=parameters(P, "W1 b1 W2 b2"), loss=lambda: ns["cost"](P, ns["X"], ns["Y"]), gradient=lambda: ns["grads"](P, ns["X"], ns["Y"]))
import numpy as np
rng = np.random.default_rng(15)
X, Y = rng.normal(size=(16, 3)), rng.normal(size=(16, 4))
P = {"W1": rng.normal(size=(3, 5)), "b1": rng.normal(size=5), "W2": rng.normal(size=(5, 4)), "b2": rng.normal(size=4)}
def cost(P, X, Y):
    return np.mean(np.square(np.tanh(X @ P["W1"] + P["b1"]) @ P["W2"] + P["b2"] - Y))
def grads(P, X, Y):
    G = {k: np.zeros_like(v) for k, v in P.items()}
    for x, y in zip(X, Y):                      # one sample after the other
        h = np.tanh(x @ P["W1"] + P["b1"])
        d = h @ P["W2"] + P["b2"] - y
        e = P["W2"] @ d * (1 - h ** 2)
        G["W2"] += np.outer(h, d); G["b2"] += d
        G["W1"] += np.outer(x, e); G["b1"] += e
    return {k: 2 * v / Y.size for k, v in G.items()}
for i in range(60):
    g = grads(P, X, Y)
    for k in P: P[k] -= 0.2 * g[k]
    if i % 20 == 0: print(cost(P, X, Y))
