#$ def probe(script):
#$     ns = script.run(); P, X, Y = ns["P"], ns["X"], ns["Y"]
#$     return Probe(params=parameters(P, "W1 b1 W2 b2"), loss=lambda: ns["cost"](P, X, Y), gradient=lambda: ns["grad"](P, X, Y))
import numpy as np
r = np.random.RandomState(31)
X, Y = r.randn(10, 3), r.randn(10, 2)
P = {"W1": r.randn(3, 4), "b1": r.randn(4), "W2": r.randn(4, 2), "b2": r.randn(2)}

def hidden(P, X):
    return np.tanh(X @ P["W1"] + P["b1"])

def cost(P, X, Y):
    return 0.5 * np.mean((hidden(P, X) @ P["W2"] + P["b2"] - Y) ** 2)

def grad(P, X, Y):
    H = hidden(P, X)
    D = (H @ P["W2"] + P["b2"] - Y) / Y.size
    G = {"W2": H.T @ D, "b2": D.sum(0)}
    E = D @ P["W2"].T * (1 - H ** 2)
    G["W1"] = X.T @ E
    #! gradient-stopped :: G["W1"] = np.zeros_like(P["W1"])
    G["b1"] = E.sum(0)
    #! gradient-stopped :: G["b1"] = np.zeros_like(P["b1"])
    return G

for i in range(150):
    if i % 50 == 0:
        print(cost(P, X, Y))
    G = grad(P, X, Y)
    P = {k: P[k] - 0.2 * G[k] for k in P}
