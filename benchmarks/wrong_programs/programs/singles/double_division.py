#$ def probe(script):
#$     ns = script.run(); L = ns["net"]
#$     params = {}
#$     for i, l in enumerate(L):
#$         params[f"W{i}"], params[f"b{i}"] = (l, "W"), (l, "b")
#$     return Probe(params=params, loss=lambda: ns["loss"](ns["forward"](L, ns["X"]), ns["Y"]), update=lambda: (ns["forward"](L, ns["X"]), ns["backward"](L, ns["Y"], 0.1)), rate=0.1)
import numpy as np
from types import SimpleNamespace as Layer
rng = np.random.default_rng(19)
X = rng.normal(size=(10, 3)); Y = rng.uniform(-0.9, 0.9, size=(10, 2))
net = [Layer(W=rng.normal(size=s), b=np.zeros(s[1])) for s in [(3, 5), (5, 4), (4, 2)]]
def forward(net, a):
    for l in net:
        l.inp = a
        a = l.out = np.tanh(a @ l.W + l.b)
    return a
def loss(o, y): return np.mean(np.sum((o - y) ** 2, 1)) / 2
def backward(net, y, lr):
    d = (net[-1].out - y) / len(y)
    for l in net[::-1]:
        d = d * (1 - l.out ** 2)
        gW = l.inp.T @ d
        #! double-mean :: gW = l.inp.T @ d / len(d)
        gb = d.sum(0)
        #! double-mean :: gb = d.mean(0)
        d = d @ l.W.T
        l.W -= lr * gW
        l.b -= lr * gb
for _ in range(100):
    print(loss(forward(net, X), Y))
    backward(net, Y, 0.1)
