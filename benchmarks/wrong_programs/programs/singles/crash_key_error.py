#$ def probe(script):
#$     ns = script.run(); P = ns["init"]()
#$     def g():
#$         c = ns["forward"](P, ns["X"])
#$         return ns["backward"](P, c, ns["X"], ns["Y"])
#$     return Probe(params=parameters(P, "W1 b1 W2 b2"), loss=lambda: ns["loss"](ns["forward"](P, ns["X"])["A2"], ns["Y"]), gradient=g)
import numpy as np

def init():
    np.random.seed(6)
    return {"W1": np.random.randn(2, 3), "b1": np.zeros(3), "W2": np.random.randn(3, 1), "b2": np.zeros(1)}

def forward(P, X):
    cache = {}
    cache["Z1"] = X @ P["W1"] + P["b1"]
    cache["A1"] = np.maximum(cache["Z1"], 0)
    cache["Z2"] = cache["A1"] @ P["W2"] + P["b2"]
    cache["A2"] = 1 / (1 + np.exp(-cache["Z2"]))
    return cache

def loss(A2, Y):
    return float(np.mean((A2 - Y) ** 2))

def backward(P, cache, X, Y):
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = 2 * (A2 - Y) / len(Y) * A2 * (1 - A2)
    dZ1 = dZ2 @ P["W2"].T * (cache["Z1"] > 0)
    #! crash :: dZ1 = dZ2 @ P["W2"].T * (cache["z1"] > 0)
    return {"W1": X.T @ dZ1, "b1": dZ1.sum(0), "W2": A1.T @ dZ2, "b2": dZ2.sum(0)}

X = np.array([[0., 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0.], [1], [1], [0]])

def train(n=500, lr=1.0):
    P = init()
    for i in range(n):
        cache = forward(P, X)
        grads = backward(P, cache, X, Y)
        for k in P:
            P[k] -= lr * grads[k]
        if i % 100 == 0:
            print(loss(cache["A2"], Y))
    return P
