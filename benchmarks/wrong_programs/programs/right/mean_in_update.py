#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     return Probe(params=parameters(n, "A a B b"), loss=lambda: n.cost(ns["X"], ns["Y"]), update=lambda: n.fit_once(ns["X"], ns["Y"], 0.1), rate=0.1)
import numpy as np
class Net:
    def __init__(self):
        r = np.random.RandomState(3)
        self.A, self.a, self.B, self.b = r.randn(3, 5), r.randn(5), r.randn(5, 2), r.randn(2)
    def forward(self, X):
        self.h = np.tanh(X @ self.A + self.a)
        return self.h @ self.B + self.b
    def cost(self, X, Y):
        return np.sum((self.forward(X) - Y) ** 2) / (2 * len(X))
    def fit_once(self, X, Y, lr):
        e = self.forward(X) - Y
        gB, gb = self.h.T @ e, e.sum(0)
        d = e @ self.B.T * (1 - self.h ** 2)
        gA, ga = X.T @ d, d.sum(0)
        m = len(X)
        self.A -= lr / m * gA; self.a -= lr / m * ga
        self.B -= lr / m * gB; self.b -= lr / m * gb
r = np.random.RandomState(4)
X, Y = r.randn(15, 3), r.randn(15, 2)
net = Net()
costs = []
for i in range(80):
    costs.append(net.cost(X, Y))
    net.fit_once(X, Y, 0.1)
