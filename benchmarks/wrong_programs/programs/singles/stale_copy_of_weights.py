#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     def loss():
#$         return ns["cost"](n.feed(ns["X"]), ns["Y"])
#$     return Probe(params=parameters(n, "w_in w_out"), loss=loss, update=lambda: (n.feed(ns["X"]), n.learn(ns["X"], ns["Y"])), rate=n.rate)
import numpy as np
import copy

def cost(o, y):
    return np.sum((y - o) ** 2) / 2

class Net:
    def __init__(self):
        r = np.random.RandomState(44)
        self.rate = 0.05
        self.w_in = r.randn(3, 6)
        self.w_out = r.randn(6, 2)
        #!+ stale-weights :: self.backup = copy.deepcopy(self.w_out)

    def feed(self, X):
        self.hid = 1 / (1 + np.exp(-X @ self.w_in))
        self.out = self.hid @ self.w_out
        return self.out

    def learn(self, X, Y):
        diff = Y - self.out
        back = diff @ self.w_out.T
        #! stale-weights :: back = diff @ self.backup.T
        delta = back * self.hid * (1 - self.hid)
        self.w_out += self.rate * self.hid.T @ diff
        self.w_in += self.rate * X.T @ delta

r = np.random.RandomState(45)
X, Y = r.randn(10, 3), r.randn(10, 2)
net = Net()
for i in range(100):
    o = net.feed(X)
    if i % 20 == 0: print(i, cost(o, Y))
    net.learn(X, Y)
