#$ def probe(script):
#$     ns = script.run(); P = {k: ns[k] for k in ("A", "a0")}
#$     return Probe(params=parameters(P, "A a0"), loss=lambda: ns["J"](P["A"], P["a0"]), gradient=lambda: dict(zip(("A", "a0"), ns["gradients"](P["A"], P["a0"]))))
# Logistische Regression
import numpy as np

rng = np.random.RandomState(20)
X = rng.randn(30, 4)
y = (X.sum(axis=1) + 0.3 * rng.randn(30) > 0).astype(float)

dA = np.zeros(4)
da0 = np.zeros(1)

def prob(A, a0):
    return 1 / (1 + np.exp(-(X @ A + a0)))

def J(A, a0):
    q = prob(A, a0)
    return -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q))

def gradients(A, a0):
    global dA, da0
    r = prob(A, a0) - y
    dA = np.zeros(4)
    #! gradient-accumulated ::
    da0 = np.zeros(1)
    #! gradient-accumulated ::
    dA += X.T @ r / len(y)
    #!* gradient-accumulated ::
    da0 += r.mean()
    #!* gradient-accumulated ::
    return dA, da0

A, a0 = 0.1 * rng.randn(4), np.zeros(1)
for k in range(100):
    g, g0 = gradients(A, a0)
    A = A - 0.5 * g
    a0 = a0 - 0.5 * g0
    if k % 20 == 0:
        print(k, J(A, a0))
