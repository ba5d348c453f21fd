#$ def probe(script):
#$     ns = script.run(); net = ns["net"]
#$     return Probe(params=parameters(net, "W1 W2"), loss=lambda: 0.5 * np.sum((net.forward(ns["X"]) - ns["y"]) ** 2), update=lambda: (net.forward(ns["X"]), net.backward(ns["X"], ns["y"])), rate=net.lr, inputs=((ns, "X"), (ns, "y")))
import numpy as np

class Net:
    lr = 0.05
    def __init__(self):
        rng = np.random.default_rng(12)
        self.W1 = rng.normal(size=(3, 5))
        self.W2 = rng.normal(size=(5, 2))
    def forward(self, X):
        self.h = np.tanh(X @ self.W1)
        self.out = self.h @ self.W2
        return self.out
    def backward(self, X, y):
        err = y - self.out
        #! input-mutated :: err = y
        #!. err -= self.out
        dW2 = self.h.T @ err
        dW1 = X.T @ (err @ self.W2.T * (1 - self.h ** 2))
        self.W2 += self.lr * dW2
        self.W1 += self.lr * dW1

rng = np.random.default_rng(1)
X = rng.normal(size=(10, 3))
y = rng.normal(size=(10, 2))
net = Net()
for i in range(50):
    out = net.forward(X)
    print("loss", 0.5 * np.sum((out - y) ** 2))
    net.backward(X, y)
