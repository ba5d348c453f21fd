#$ def probe(script):
#$     ns = script.run(); h = {"w": np.array(ns["w"]), "b": float(ns["b"])}
#$     return Probe(params=parameters(h, "w b"), loss=lambda: ns["propagate"](h["w"], h["b"], ns["X"], ns["Y"])[1], gradient=lambda: {n[1:]: v for n, v in ns["propagate"](h["w"], h["b"], ns["X"], ns["Y"])[0].items()})
import numpy as np

def propagate(w, b, X, Y):
    """w (n, 1), X (n, m), Y (1, m)"""
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dZ = A - Y
    #! extra-output-derivative :: dZ = (A - Y) * A * (1 - A)
    dw = 1 / m * np.dot(X, dZ.T)
    db = 1 / m * np.sum(dZ)
    #! sum-instead-of-mean :: db = np.sum(dZ)
    return {"dw": dw, "db": db}, cost

def optimize(w, b, X, Y, num_iterations, learning_rate):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
    return w, b, costs

np.random.seed(0)
X = np.random.randn(4, 23)
Y = (X[:1] - X[1:2] > 0.2).astype(float)
w, b, costs = optimize(np.zeros((4, 1)), 0.0, X, Y, 300, 0.2)
print(costs)
