# parameters: (5, 4) (5, 5) (4, 5) (5, 1)
# loss: -np.log(p[t][Y[t], 0])
import numpy as np


def forward(X, Y, a0, P):
    a, p, x = {-1: a0}, {}, {}
    loss = 0
    for t in range(len(X)):
        x[t] = np.zeros((4, 1))
        x[t][X[t]] = 1
        a[t] = np.tanh(P["Wax"] @ x[t] + P["Waa"] @ a[t - 1] + P["ba"])
        e = np.exp(P["Wya"] @ a[t])
        p[t] = e / e.sum()
        loss -= np.log(p[t][Y[t], 0])
    return loss, (p, a, x)


def backward(Y, P, cache):
    p, a, x = cache
    g = {"d" + k: np.zeros_like(v) for k, v in P.items()}
    da_next = np.zeros_like(a[0])
    for t in reversed(range(len(Y))):
        dy = np.copy(p[t])
        dy[Y[t]] -= 1
        g["dWya"] += dy @ a[t].T
        draw = (1 - a[t] * a[t]) * (P["Wya"].T @ dy + da_next)
        g["dba"] += draw
        g["dWax"] += draw @ x[t].T
        g["dWaa"] += draw @ a[t - 1].T  # wrong: g["dWaa"] += draw @ a[t].T
        da_next = P["Waa"].T @ draw
    return g


def optimize(X, Y, a_prev, P, learning_rate=0.01):
    loss, cache = forward(X, Y, a_prev, P)
    g = backward(Y, P, cache)
    for k in P:
        P[k] += -learning_rate * g["d" + k]
    return loss, cache[1][len(X) - 1]


def model(words, iterations=60):
    np.random.seed(1)
    r = np.random.randn
    P = {"Wax": r(5, 4) * 0.3, "Waa": r(5, 5) * 0.3, "Wya": r(4, 5) * 0.3, "ba": np.zeros((5, 1))}
    a_prev = np.zeros((5, 1))
    for j in range(iterations):
        w = words[j % len(words)]
        loss, a_prev = optimize(w[:-1], w[1:], a_prev, P)
        if j % 20 == 0:
            print(j, loss)


model([[1, 2, 3, 0], [3, 1, 2], [3, 3, 1, 0]])
