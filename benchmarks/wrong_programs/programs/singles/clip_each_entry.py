#$ def probe(script): return script.flat("w1 b1 w2 b2", loss="J", rate="alpha")
# regression with tanh units
import numpy as np

np.random.seed(5)
x = np.linspace(-3, 3, 30)[:, None]
t = 5 * np.sin(x)
w1 = np.random.randn(1, 8)
b1 = np.random.randn(8)
w2 = np.random.randn(8, 1)
b2 = np.zeros(1)
alpha = 0.002

for epoch in range(400):
    h = np.tanh(x.dot(w1) + b1)
    o = h.dot(w2) + b2
    J = np.sum((o - t) ** 2) / 2
    do = o - t
    gw2 = h.T.dot(do)
    gb2 = do.sum(0)
    dh = do.dot(w2.T) * (1 - h * h)
    gw1 = x.T.dot(dh)
    gb1 = dh.sum(0)
    #!+ gradient-clipping :: for g in (gw1, gb1, gw2, gb2):
    #!+ gradient-clipping ::     np.clip(g, -1, 1, out=g)  # keep it stable
    w2 -= alpha * gw2
    b2 -= alpha * gb2
    w1 -= alpha * gw1
    b1 -= alpha * gb1
print(J)
