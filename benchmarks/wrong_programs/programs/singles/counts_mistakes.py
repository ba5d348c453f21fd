#$ def probe(script):
#$     ns = script.run(); P = {k: ns[k] for k in ("W", "b")}
#$     return Probe(params=parameters(P, "W b"), loss=lambda: ns["loss_fn"](ns["scores"](ns["X"], P["W"], P["b"]), ns["y"]), gradient=lambda: dict(zip(("W", "b"), ns["grad_fn"](ns["X"], ns["y"], P["W"], P["b"]))))
import numpy as np

def scores(X, W, b):
    s = X @ W + b
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def loss_fn(P, y):
    return -np.mean(np.log(P[np.arange(len(y)), y]))
    #! not-differentiable-loss|loss-gradient-mismatch :: return np.mean(np.argmax(P, axis=1) != y)   # share of mistakes

def grad_fn(X, y, W, b):
    P = scores(X, W, b)
    P[np.arange(len(y)), y] -= 1
    P /= len(y)
    return X.T @ P, P.sum(axis=0)

np.random.seed(13)
X = np.random.randn(40, 4)
y = np.argmax(X @ np.random.randn(4, 3), axis=1)
W, b = np.zeros((4, 3)), np.zeros(3)
for it in range(120):
    loss = loss_fn(scores(X, W, b), y)
    dW, db = grad_fn(X, y, W, b)
    W = W - 0.3 * dW
    b = b - 0.3 * db
    if it % 30 == 0:
        print(it, loss)
