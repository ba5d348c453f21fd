#$ def probe(script):
#$     ns = script.run(); n = ns["n"]
#$     return Probe(params=parameters(n, "w v"), loss=lambda: n.loss(ns["x"], ns["y"]), update=lambda: (n.loss(ns["x"], ns["y"]), n.back(ns["x"], ns["y"])), rate=0.2)
import numpy as np
def tanh(x): return np.tanh(x)
def tanh_deriv(x): return 1.0 - x ** 2      # x: already tanh of something
class N:
    def __init__(self):
        np.random.seed(6)
        self.w = np.random.randn(2, 6); self.v = np.random.randn(6, 2)
    def loss(self, x, y):
        self.h = tanh(x @ self.w); self.o = tanh(self.h @ self.v)
        return ((y - self.o) ** 2).sum() / 2
    def back(self, x, y):
        do = (y - self.o) * tanh_deriv(self.o)
        dh = do @ self.v.T * tanh_deriv(self.h)
        self.v += 0.2 * self.h.T @ do
        self.w += 0.2 * x.T @ dh
x = np.random.RandomState(0).rand(6, 2); y = np.random.RandomState(1).rand(6, 2)
n = N()
for i in range(100):
    print(n.loss(x, y))
    n.back(x, y)
