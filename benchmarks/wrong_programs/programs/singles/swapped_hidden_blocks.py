#$ def probe(script):
#$     ns = script.run(); net = ns["net"]
#$     return Probe(params=parameters(net.p, "W1 W2 W3"), loss=lambda: net.loss(ns["X"], ns["T"]), gradient=lambda: (net.loss(ns["X"], ns["T"]), net.grads())[1])
import numpy as np
class Net:
    def __init__(self, n):
        rng = np.random.default_rng(n)
        self.p = {k: rng.normal(size=(n, n)) / 2 for k in ("W1", "W2", "W3")}
    def loss(self, X, T):
        self.X, self.T = X, T
        self.A = np.log1p(np.exp(X @ self.p["W1"]))
        self.B = np.log1p(np.exp(self.A @ self.p["W2"]))
        self.Y = self.B @ self.p["W3"]
        return 0.5 * np.mean((self.Y - T) ** 2)
    def grads(self):
        dY = (self.Y - self.T) / self.Y.size
        dB = dY @ self.p["W3"].T * (1 - np.exp(-self.B))
        dA = dB @ self.p["W2"].T * (1 - np.exp(-self.A))
        #! wrong-layer-weights :: dA = dB @ self.p["W1"].T * (1 - np.exp(-self.A))
        g1, g2, g3 = self.X.T @ dA, self.A.T @ dB, self.B.T @ dY
        return {"W1": g1, "W2": g2, "W3": g3}
        #! swapped-blocks :: return {"W1": g1, "W2": g3, "W3": g2}
r = np.random.default_rng(0)
X, T = r.normal(size=(9, 5)), r.normal(size=(9, 5))
net = Net(5)
hist = []
for i in range(80):
    hist.append(net.loss(X, T))
    for k, g in net.grads().items(): net.p[k] -= 0.3 * g
print(hist[::20])
