#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     return Probe(params=parameters(n, "W b"), loss=lambda: n.cost(ns["X"], ns["Y"]), update=lambda: n.learn(ns["X"], ns["Y"], 0.1), rate=0.1)
import numpy as np
class Net:
    # sigmoid and cross-entropy, chain rule written out in full
    def __init__(self):
        self.W = np.random.RandomState(31).randn(3, 2)
        self.b = np.zeros(2)
    def cost(self, X, Y):
        P = 1 / (1 + np.exp(-(X @ self.W + self.b)))
        return -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P))
    def learn(self, X, Y, lr):
        P = 1 / (1 + np.exp(-(X @ self.W + self.b)))
        dP = (P - Y) / (P * (1 - P))
        dZ = dP * P * (1 - P)
        self.W -= lr * X.T @ dZ
        self.b -= lr * dZ.sum(axis=0)
r = np.random.RandomState(32)
X, Y = r.randn(14, 3), (r.rand(14, 2) > .5).astype(float)
net = Net()
costs = []
for i in range(60):
    costs.append(net.cost(X, Y))
    net.learn(X, Y, 0.1)
