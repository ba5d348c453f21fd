#$ def probe(script):
#$     ns = script.run(); P = ns["P"]
#$     return Probe(params=parameters(P, "W b"), loss=lambda: ns["loss_and_grad"](P, ns["X"], ns["y"])[0], gradient=lambda: ns["loss_and_grad"](P, ns["X"], ns["y"])[1], inputs=((ns, "X"),))
import numpy as np

def rectify(x):
    r = x.copy()
    #! input-mutated|squashed-input|wrong-layer-activation :: r = x
    r[x < 0] = 0
    return r

def loss_and_grad(P, X, y):
    # rectified features, then a linear model
    F = rectify(X)
    out = F @ P["W"] + P["b"]
    diff = out - y
    loss = (diff ** 2).sum() / len(X)
    return loss, {"W": 2 * F.T @ diff / len(X), "b": 2 * diff.sum(axis=0) / len(X)}

rng = np.random.RandomState(4)
X = rng.randn(15, 4)
y = rng.randn(15, 2)
P = {"W": rng.randn(4, 2), "b": rng.randn(2)}
for _ in range(80):
    loss, G = loss_and_grad(P, X, y)
    for k in P:
        P[k] -= 0.1 * G[k]
print(loss)
