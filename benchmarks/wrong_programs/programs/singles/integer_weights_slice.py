#$ def probe(script):
#$     ns = script.run(); P = ns["net"]
#$     def loss():
#$         return ns["loss"](ns["forward"](P, ns["X"])[1], ns["T"])
#$     return Probe(params=parameters(P, "W1 W2"), loss=loss, update=lambda: ns["train_step"](P, ns["X"], ns["T"], 0.02), rate=0.02)
import numpy as np

rng = np.random.default_rng(30)
net = {"W1": rng.integers(-2, 3, (3, 4)).astype(float), "W2": rng.integers(-2, 3, (4, 2)).astype(float)}
#! integer-dtype :: net = {"W1": rng.integers(-2, 3, (3, 4)), "W2": rng.integers(-2, 3, (4, 2))}

def forward(p, X):
    H = np.tanh(X @ p["W1"])
    return H, H @ p["W2"]

def loss(O, T):
    return 0.5 * ((O - T) ** 2).sum()

def train_step(p, X, T, lr):
    H, O = forward(p, X)
    D = O - T
    gW2 = H.T @ D
    gW1 = X.T @ (D @ p["W2"].T * (1 - H ** 2))
    p["W1"][:] = p["W1"] - lr * gW1
    p["W2"][:] = p["W2"] - lr * gW2

X = rng.normal(size=(8, 3))
T = rng.normal(size=(8, 2))
for i in range(100):
    if i % 25 == 0: print(loss(forward(net, X)[1], T))
    train_step(net, X, T, 0.02)
