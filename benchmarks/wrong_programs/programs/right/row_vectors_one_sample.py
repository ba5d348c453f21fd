#$ def probe(script):
#$     ns = script.run(); n = ns["net"]
#$     x, t = ns["X"][3], ns["T"][3]
#$     return Probe(params=parameters(n, "W[] B[]"), loss=lambda: n.loss(x, t), gradient=lambda: dict(zip(["W[0]", "W[1]", "B[0]", "B[1]"], [*n.back(x, t)[0], *n.back(x, t)[1]])))
import numpy as np
class Net:
    def __init__(self):
        r = np.random.RandomState(24)
        self.W = [r.randn(4, 3), r.randn(2, 4)]
        self.B = [r.randn(4), r.randn(2)]
    def go(self, x):
        self.h = 1 / (1 + np.exp(-(self.W[0] @ x + self.B[0])))
        self.o = self.W[1] @ self.h + self.B[1]
        return self.o
    def loss(self, x, t):
        return float(np.sum((self.go(x) - t) ** 2))
    def back(self, x, t):
        d1 = 2 * (self.go(x) - t)
        d0 = self.W[1].T @ d1 * self.h * (1 - self.h)
        return [np.outer(d0, x), np.outer(d1, self.h)], [d0, d1]
r = np.random.RandomState(25)
X, T = r.randn(10, 3), r.randn(10, 2)
net = Net()
for e in range(30):
    total = 0.0
    for x, t in zip(X, T):
        total += net.loss(x, t)
        dW, dB = net.back(x, t)
        for l in range(2):
            net.W[l] -= 0.02 * dW[l]
            net.B[l] -= 0.02 * dB[l]
    print(total)
