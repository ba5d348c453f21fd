#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     return Probe(params=parameters(n, "W V"), loss=lambda: n.loss(ns["X"], ns["y"]), gradient=lambda: n.grad(ns["X"], ns["y"]))
import numpy as np

class TinyNet:
    dtype = np.float64
    #! low-precision :: dtype = np.float32

    def __init__(self, rng):
        self.W = rng.normal(size=(5, 6)).astype(self.dtype)
        self.V = rng.normal(size=(6, 1)).astype(self.dtype)

    def loss(self, X, y):
        self.S = 1 / (1 + np.exp(-(X @ self.W)))
        self.out = self.S @ self.V
        return float(0.5 * np.mean((self.out - y) ** 2))

    def grad(self, X, y):
        self.loss(X, y)
        d = (self.out - y) / len(y)
        ds = d @ self.V.T * self.S * (1 - self.S)
        return {"W": (X.T @ ds).astype(self.dtype), "V": (self.S.T @ d).astype(self.dtype)}

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 5)).astype(TinyNet.dtype)
y = rng.normal(size=(20, 1)).astype(TinyNet.dtype)
net = TinyNet(rng)
for step in range(100):
    l = net.loss(X, y)
    g = net.grad(X, y)
    net.W -= TinyNet.dtype(0.1) * g["W"]
    net.V -= TinyNet.dtype(0.1) * g["V"]
print(l)
