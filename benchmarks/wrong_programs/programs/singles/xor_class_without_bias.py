#$ def probe(script):
#$     ns = script.run(); m = ns["m"]
#$     names = "W1 W2 b1 b2" if hasattr(m, "b1") else "W1 W2"
#$     return Probe(params=parameters(m, names), loss=lambda: m.loss(ns["X"], ns["T"]), update=lambda: m.step(ns["X"], ns["T"], 0.5), rate=0.5)
import numpy as np


class XorNet(object):
    def __init__(self):
        r = np.random.RandomState(4)
        self.W1 = r.randn(2, 4) * 1.5
        self.W2 = r.randn(4, 1) * 0.8
        self.b1 = np.array([0.1, -0.5, 1.0, -1.2])
        #! no-bias ::
        self.b2 = np.zeros(1)
        #! no-bias ::

    def forward(self, X):
        self.a = np.maximum(0.05 * (X.dot(self.W1) + self.b1), X.dot(self.W1) + self.b1)
        #! no-bias :: self.a = np.maximum(0.05 * X.dot(self.W1), X.dot(self.W1))
        self.y = self.a.dot(self.W2) + self.b2
        #! no-bias :: self.y = self.a.dot(self.W2)
        return self.y

    def loss(self, X, T):
        return np.mean((self.forward(X) - T) ** 2)

    def step(self, X, T, lr):
        d = 2.0 * (self.forward(X) - T) / len(X)
        dz = d.dot(self.W2.T) * np.where(self.a > 0, 1.0, 0.05)
        self.W2 -= lr * self.a.T.dot(d)
        self.W1 -= lr * X.T.dot(dz)
        self.b2 -= lr * d.sum(0)
        #! no-bias ::
        self.b1 -= lr * dz.sum(0)
        #! no-bias ::


X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
T = np.array([[1.], [0.], [0.], [1.]])
m = XorNet()
losses = []
for e in range(800):
    losses.append(m.loss(X, T))
    m.step(X, T, 0.1)
print(losses[-1])
