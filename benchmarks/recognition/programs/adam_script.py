# parameters: (3, 5) (1, 5) (5, 1) (1, 1)
# loss: np.mean((out - y) ** 2)
import numpy as np

rng = np.random.default_rng(0)
X = rng.standard_normal((30, 3))
y = X[:, :1] * X[:, 1:2]
P = {"W1": rng.standard_normal((3, 5)), "b1": np.zeros((1, 5)), "W2": rng.standard_normal((5, 1)), "b2": np.zeros((1, 1))}
M = {k: np.zeros_like(v) for k, v in P.items()}
V = {k: np.zeros_like(v) for k, v in P.items()}
beta1, beta2, eps, lr = 0.9, 0.999, 1e-8, 0.01
losses = []
for t in range(1, 200):
    h = np.tanh(X @ P["W1"] + P["b1"])
    out = h @ P["W2"] + P["b2"]
    loss = np.mean((out - y) ** 2)
    losses.append(loss)
    d = 2 * (out - y) / len(X)
    dh = d @ P["W2"].T * (1 - h ** 2)  # wrong: dh = d @ P["W2"].T
    G = {"W1": X.T @ dh, "b1": dh.sum(0, keepdims=True), "W2": h.T @ d, "b2": d.sum(0, keepdims=True)}
    for k in P:
        M[k] = beta1 * M[k] + (1 - beta1) * G[k]
        V[k] = beta2 * V[k] + (1 - beta2) * G[k] ** 2
        mhat = M[k] / (1 - beta1 ** t)
        vhat = V[k] / (1 - beta2 ** t)
        P[k] -= lr * mhat / (np.sqrt(vhat) + eps)
