#$ def probe(script):
#$     ns = script.run(); m = ns["m"]
#$     return Probe(params=parameters(m.p, "W1 b1 W2 b2"), loss=lambda: m.value(ns["X"], ns["t"])[0], gradient=lambda: m.value(ns["X"], ns["t"])[1])
import numpy as np
class Model:
    """lam/2 |W|^2, so that the gradient has lam W; no penalty on the biases."""
    def __init__(self, lam):
        r = np.random.default_rng(19)
        self.lam = lam
        self.p = dict(W1=r.normal(size=(4, 6)), b1=np.zeros(6), W2=r.normal(size=(6, 3)), b2=np.zeros(3))
    def value(self, X, t):
        p = self.p
        z = X @ p["W1"] + p["b1"]; h = z * (z > 0)
        s = h @ p["W2"] + p["b2"]; s = s - s.max(1, keepdims=True)
        q = np.exp(s); q /= q.sum(1, keepdims=True)
        n = len(t)
        loss = -np.log(q[np.arange(n), t]).mean() + self.lam / 2 * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        ds = q; ds[np.arange(n), t] -= 1; ds /= n
        dz = ds @ p["W2"].T * (z > 0)
        return loss, dict(W1=X.T @ dz + self.lam * p["W1"], b1=dz.sum(0), W2=h.T @ ds + self.lam * p["W2"], b2=ds.sum(0))
r = np.random.default_rng(20)
X, t = r.normal(size=(21, 4)), r.integers(0, 3, 21)
m = Model(0.1)
hist = []
for k in range(70):
    l, g = m.value(X, t); hist.append(l)
    for name in m.p: m.p[name] -= 0.3 * g[name]
