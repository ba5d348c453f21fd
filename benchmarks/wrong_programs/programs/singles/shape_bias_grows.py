#$ def probe(script):
#$     ns = script.run(); n = ns["nn"]
#$     return Probe(params=parameters(n, "W b"), loss=lambda: np.mean((n.out(ns["X"]) - ns["Y"]) ** 2), update=lambda: n.step(ns["X"], ns["Y"]), rate=0.1)
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        r = np.random.RandomState(n_in)
        self.W = r.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def out(self, X):
        return X.dot(self.W) + self.b

    def step(self, X, Y):
        G = 2 * (self.out(X) - Y) / Y.size
        self.W = self.W - 0.1 * X.T.dot(G)
        self.b = self.b - 0.1 * G.sum(axis=0)
        #! shape-mismatch|bias-not-summed|bias-sum-without-axis|crash :: self.b = self.b - 0.1 * G.sum(axis=1)[:, None]

X = np.random.RandomState(0).randn(7, 3)
Y = np.random.RandomState(1).randn(7, 4)
nn = Linear(3, 4)
for k in range(40):
    nn.step(X, Y)
    print(np.mean((nn.out(X) - Y) ** 2))
