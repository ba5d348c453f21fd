#$ def probe(script):
#$     ns = script.run(); m = ns["model"]
#$     return Probe(params=parameters(m, "W1 b1 W2 b2"), loss=lambda: ns["mse"](m.forward(ns["X"]), ns["Y"]), gradient=lambda: (m.forward(ns["X"]), m.backward(ns["X"], ns["Y"]))[1])
import os
import numpy as np

def mse(a, b):
    return np.mean((a - b) ** 2)

class Model:
    def __init__(self, p_keep=0.8):
        r = np.random.RandomState(0)
        self.W1, self.b1 = r.randn(4, 10) * .5, np.zeros(10)
        self.W2, self.b2 = r.randn(10, 1) * .5, np.zeros(1)
        self.p_keep = p_keep

    def forward(self, X):
        self.z = X @ self.W1 + self.b1
        self.a = np.maximum(self.z, 0)
        gen = np.random.RandomState(123)
        #! nondeterministic :: gen = np.random.RandomState(int.from_bytes(os.urandom(4), 'little'))
        self.mask = gen.rand(*self.a.shape) < self.p_keep
        self.d = self.a * self.mask / self.p_keep
        return self.d @ self.W2 + self.b2

    def backward(self, X, Y):
        dout = 2 * (self.d @ self.W2 + self.b2 - Y) / Y.size
        dd = dout @ self.W2.T
        dz = dd * self.mask / self.p_keep * (self.z > 0)
        return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": self.d.T @ dout, "b2": dout.sum(0)}

r = np.random.RandomState(5)
X, Y = r.randn(16, 4), r.randn(16, 1)
model = Model()
for epoch in range(60):
    l = mse(model.forward(X), Y)
    g = model.backward(X, Y)
    for name, value in g.items():
        setattr(model, name, getattr(model, name) - 0.05 * value)
print(l)
