#$ def probe(script):
#$     ns = script.run(); P = ns["P"]
#$     return Probe(params=parameters(P, "W b"), loss=lambda: ns["loss_grad"](P, ns["X"], ns["t"])[0], gradient=lambda: ns["loss_grad"](P, ns["X"], ns["t"])[1])
import numpy as np

def loss_grad(P, X, t):
    """Softmax regression."""
    z = X @ P["W"] + P["b"]
    z = z - z.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    n = len(X)
    loss = -np.log(p[range(n), t]).mean()
    d = p.copy()
    d[range(n), t] -= 1
    d /= n
    return loss, {"W": X.T @ d, "b": d.sum(axis=0)}
    #! shape-mismatch|transposed-block|crash :: return loss, {"W": d.T @ X, "b": d.sum(axis=0)}

rng = np.random.RandomState(8)
X = rng.randn(20, 5)
t = rng.randint(0, 3, size=20)
P = {"W": np.zeros((5, 3)), "b": np.zeros(3)}

def train(steps=50):
    for i in range(steps):
        loss, g = loss_grad(P, X, t)
        for name in P:
            P[name] = P[name] - 0.5 * g[name]
    return loss
