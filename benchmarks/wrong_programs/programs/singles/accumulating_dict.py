#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     return Probe(params=parameters(n, "W1 W2"), loss=lambda: n.forward(ns["X"], ns["Y"]), gradient=lambda: (n.forward(ns["X"], ns["Y"]), n.backward(ns["X"], ns["Y"]))[1])
import numpy as np

class Net:
    def __init__(self):
        rng = np.random.default_rng(17)
        self.W1 = rng.normal(size=(4, 5)) * 0.5
        self.W2 = rng.normal(size=(5, 3)) * 0.5
        self.grads = {"W1": np.zeros((4, 5)), "W2": np.zeros((5, 3))}

    def forward(self, X, Y):
        self.Z = X @ self.W1
        self.H = np.maximum(self.Z, 0)
        self.O = self.H @ self.W2
        return 0.5 * np.sum((self.O - Y) ** 2) / len(X)

    def backward(self, X, Y):
        dO = (self.O - Y) / len(X)
        self.grads["W2"] = self.H.T @ dO
        #! gradient-accumulated :: self.grads["W2"] += self.H.T @ dO
        self.grads["W1"] = X.T @ ((dO @ self.W2.T) * (self.Z > 0))
        #! gradient-accumulated :: self.grads["W1"] += X.T @ ((dO @ self.W2.T) * (self.Z > 0))
        return self.grads

rng = np.random.default_rng(2)
X = rng.normal(size=(11, 4))
Y = rng.normal(size=(11, 3))
net = Net()
for i in range(60):
    loss = net.forward(X, Y)
    g = net.backward(X, Y)
    net.W1 = net.W1 - 0.05 * g["W1"]
    net.W2 = net.W2 - 0.05 * g["W2"]
    if i % 10 == 0: print(i, loss)
