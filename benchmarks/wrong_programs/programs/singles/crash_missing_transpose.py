#$ def probe(script):
#$     ns = script.run(); P = {k: ns[k] for k in ("w1", "w2")}
#$     return Probe(params=parameters(P, "w1 w2"), loss=lambda: ns["cost"](ns["net"](ns["X"], P["w1"], P["w2"])[1], ns["y"]), gradient=lambda: dict(zip(("w1", "w2"), ns["grads"](ns["X"], ns["y"], P["w1"], P["w2"]))))
import numpy as np

def sigmoid(t): return 1 / (1 + np.exp(-t))

def net(X, w1, w2):
    h = sigmoid(X @ w1)
    return h, sigmoid(h @ w2)

def cost(o, y):
    return -np.mean(y * np.log(o) + (1 - y) * np.log(1 - o))

def grads(X, y, w1, w2):
    h, o = net(X, w1, w2)
    d = (o - y) / len(y)
    g2 = h.T @ d
    dh = d @ w2.T * h * (1 - h)
    g1 = X.T @ dh
    #! crash|shape-mismatch :: g1 = X @ dh
    return g1, g2

def fit(X, y, w1, w2, steps=100, lr=1.0):
    for i in range(steps):
        g1, g2 = grads(X, y, w1, w2)
        w1 = w1 - lr * g1
        w2 = w2 - lr * g2
        print(cost(net(X, w1, w2)[1], y))
    return w1, w2

r = np.random.RandomState(3)
X = r.randn(14, 3)
y = (X[:, [0]] > 0).astype(float)
w1, w2 = r.randn(3, 5), r.randn(5, 1)
if __name__ == '__main__':
    fit(X, y, w1, w2)
