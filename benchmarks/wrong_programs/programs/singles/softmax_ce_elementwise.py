#$ def probe(script):
#$     ns = script.run(); c = ns["clf"]
#$     return Probe(params=parameters(c, "W1 b1 W2 b2"), loss=lambda: ns["xent"](c.predict(ns["X"]), ns["Y"]), update=lambda: (c.predict(ns["X"]), c.learn(ns["X"], ns["Y"], 0.1)), rate=0.1)
import numpy as np


def xent(P, Y):
    return -np.mean(np.sum(Y * np.log(P), axis=1))


class Classifier:
    def __init__(self):
        r = np.random.RandomState(2)
        self.W1, self.b1 = r.randn(3, 6), np.zeros(6)
        self.W2, self.b2 = r.randn(6, 4), np.zeros(4)

    def predict(self, X):
        self.H = np.tanh(X @ self.W1 + self.b1)
        Z = self.H @ self.W2 + self.b2
        E = np.exp(Z - Z.max(1)[:, None])
        self.P = E / E.sum(1)[:, None]
        return self.P

    def learn(self, X, Y, rate):
        dP = -Y / self.P / len(X)
        # chain rule through the softmax
        dZ = self.P * (dP - np.sum(dP * self.P, axis=1, keepdims=True))
        #! softmax-elementwise :: dZ = dP * (self.P * (1 - self.P))
        dH = dZ @ self.W2.T
        dA = dH * (1 - self.H ** 2)
        #! activation-instead-of-derivative :: dA = dH * self.H
        self.W2 -= rate * self.H.T @ dZ
        self.b2 -= rate * dZ.sum(0)
        self.W1 -= rate * X.T @ dA
        self.b1 -= rate * dA.sum(0)


r = np.random.RandomState(0)
X = r.randn(18, 3)
Y = np.eye(4)[r.randint(0, 4, 18)]
clf = Classifier()
for i in range(150):
    l = xent(clf.predict(X), Y)
    clf.learn(X, Y, 0.1)
print('final', l)
