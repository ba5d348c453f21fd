#$ def probe(script):
#$     ns = script.run(); P, X, Y = ns["P"], ns["X_all"][:6], ns["Y_all"][:6]
#$     return Probe(params=parameters(P, "W b"), loss=lambda: ns["batch_loss"](P, X, Y), gradient=lambda: ns["batch_grad"](P, X, Y))
import numpy as np
rng = np.random.default_rng(88)
X_all = rng.normal(size=(60, 4)); Y_all = rng.normal(size=(60, 2))
N = len(X_all)
P = {"W": rng.normal(size=(4, 2)), "b": np.zeros(2)}

def batch_loss(P, X, Y):
    return np.sum((X @ P["W"] + P["b"] - Y) ** 2) / len(X)

def batch_grad(P, X, Y):
    d = 2 * (X @ P["W"] + P["b"] - Y) / len(X)
    #! stale-batch-size :: d = 2 * (X @ P["W"] + P["b"] - Y) / N
    return {"W": X.T @ d, "b": d.sum(axis=0)}

for epoch in range(10):
    for start in range(0, N, 6):
        xb, yb = X_all[start:start + 6], Y_all[start:start + 6]
        g = batch_grad(P, xb, yb)
        P["W"] -= 0.05 * g["W"]
        P["b"] -= 0.05 * g["b"]
    print(epoch, batch_loss(P, X_all, Y_all))
