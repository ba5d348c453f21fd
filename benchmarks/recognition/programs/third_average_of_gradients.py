# parameters: (3, 6) (6, 1)
# loss: np.mean((o - Y) ** 2)
import numpy as np


class Momentum:
    def __init__(self, lr=0.05, beta=0.9):
        self.lr, self.beta, self.state = lr, beta, {}

    def __call__(self, key, p, g):
        v = self.beta * self.state.get(key, 0) + (1 - self.beta) * g
        self.state[key] = v
        return p - self.lr * v


np.random.seed(1)
X = np.random.randn(40, 3)
Y = X[:, :1] ** 2
P = {"W": np.random.randn(3, 6) * 0.5, "V": np.random.randn(6, 1) * 0.5}
optimiser = Momentum()
history = []
for t in range(100):
    h = np.tanh(X @ P["W"])
    o = h @ P["V"]
    history.append(np.mean((o - Y) ** 2))
    d = 2 * (o - Y) / len(X)
    G = {"V": h.T @ d, "W": X.T @ (d @ P["V"].T * (1 - h * h))}  # wrong: G = {"V": 0.1 * h.T @ d, "W": X.T @ (d @ P["V"].T * (1 - h * h))}
    for key in P:
        P[key] = optimiser(key, P[key], G[key])
