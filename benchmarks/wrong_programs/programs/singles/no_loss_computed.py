#$ def probe(script):
#$     ns = script.run(); n = ns["n"]
#$     def loss():
#$         h = 1 / (1 + np.exp(-ns["X"] @ n.W0)); o = 1 / (1 + np.exp(-h @ n.W1))
#$         return 0.5 * np.sum((o - ns["Y"]) ** 2)
#$     return Probe(params=parameters(n, "W0 W1"), loss=loss, update=lambda: n.train(ns["X"], ns["Y"], 1), rate=1.0)
# The classic nine-line network, in a class.
import numpy as np
class NN:
    def __init__(self):
        np.random.seed(1)
        self.W0 = 2 * np.random.random((3, 4)) - 1
        self.W1 = 2 * np.random.random((4, 2)) - 1
    def train(self, X, Y, times):
        for _ in range(times):
            h = 1 / (1 + np.exp(-X @ self.W0))
            o = 1 / (1 + np.exp(-h @ self.W1))
            d_o = (Y - o) * o * (1 - o)
            d_h = d_o @ self.W1.T * h * (1 - h)
            #! missing-hidden-derivative :: d_h = d_o @ self.W1.T
            self.W1 += h.T @ d_o
            self.W0 += X.T @ d_h
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [1, 0, 0]])
Y = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [1, 0]])
n = NN()
n.train(X, Y, 400)
