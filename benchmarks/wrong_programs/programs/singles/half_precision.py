#$ def probe(script):
#$     ns = script.run(); P = ns["p"]
#$     return Probe(params=parameters(P, "W1 b1 W2 b2"), loss=lambda: ns["fwd"](P, ns["X"], ns["Y"])[0], gradient=lambda: ns["bwd"](P, ns["X"], ns["Y"], ns["fwd"](P, ns["X"], ns["Y"])[1]))
import numpy as np

def fwd(p, X, Y):
    H = np.tanh(X @ p["W1"] + p["b1"])
    O = H @ p["W2"] + p["b2"]
    return ((O - Y) ** 2).mean(), (H, O)

def bwd(p, X, Y, cache):
    H, O = cache
    G = 2 * (O - Y) / O.size
    D = (G @ p["W2"].T) * (1 - H * H)
    grads = dict(W1=X.T @ D, b1=D.sum(0), W2=H.T @ G, b2=G.sum(0))
    #!+ low-precision :: grads = {k: v.astype(np.float16) for k, v in grads.items()}  # saves memory
    return grads

rs = np.random.RandomState(1)
X, Y = rs.randn(12, 3), rs.randn(12, 2)
p = dict(W1=rs.randn(3, 5), b1=np.zeros(5), W2=rs.randn(5, 2), b2=np.zeros(2))
for i in range(120):
    l, cache = fwd(p, X, Y)
    g = bwd(p, X, Y, cache)
    for k in p:
        p[k] = p[k] - 0.1 * g[k]
print(l)
