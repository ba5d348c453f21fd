# parameters: (3, 4) (4,) (4, 1) (1,)
# loss: -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
import numpy as np

rng = np.random.RandomState(0)
X = rng.randn(30, 3)
y = (X[:, :1] * X[:, 1:2] > 0).astype(float)
V = rng.randn(3, 4) * 0.5
c = np.zeros(4)
U = rng.randn(4, 1) * 0.5
d = np.zeros(1)
rate, cost, it = 0.5, 9.9, 0
while cost > 0.01 and it < 300:
    h = np.tanh(X @ V + c)
    p = 1 / (1 + np.exp(-(h @ U + d)))
    cost = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    g = (p - y) / len(X)  # wrong: g = (p - y)
    gh = g @ U.T * (1 - h * h)
    U -= rate * h.T @ g
    d -= rate * g.sum(0)
    V -= rate * X.T @ gh
    c -= rate * gh.sum(0)
    it += 1
