# parameters: (3, 4) (4, 2)
# loss: np.sum((o - Y) ** 2) / len(X)
import numpy as np


def step(P, X, Y):
    A, B = P
    h = np.tanh(X @ A)
    o = h @ B
    loss = np.sum((o - Y) ** 2) / len(X)
    d = 2 * (o - Y) / len(X)
    return loss, [X.T @ (d @ B.T * (1 - h * h)), h.T @ d]  # wrong: return loss, [X.T @ (d @ B.T), h.T @ d]


r = np.random.default_rng(11)
X, Y = r.standard_normal((18, 3)), r.standard_normal((18, 2))
P = [r.standard_normal((3, 4)), r.standard_normal((4, 2))]
S = [np.zeros((3, 4)), np.zeros((4, 2))]
losses = []
for it in range(60):
    loss, G = step(P, X, Y)
    losses.append(loss)
    for i in range(2):
        S[i] += G[i] ** 2
        P[i] -= 0.1 * G[i] / np.sqrt(S[i] + 1e-8)
