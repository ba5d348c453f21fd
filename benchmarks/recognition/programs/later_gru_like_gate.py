# parameters: (3, 4) (3, 4) (4, 1)
# loss: np.mean((o - y) ** 2) / 2
import numpy as np

r = np.random.default_rng(40)
X = r.normal(size=(24, 3))
y = X[:, :1] * X[:, 1:2]
G, C, O = r.normal(size=(3, 4)), r.normal(size=(3, 4)), r.normal(size=(4, 1))
progress = []
for epoch in range(40):
    g = 1 / (1 + np.exp(-X @ G))
    c = np.tanh(X @ C)
    h = g * c
    o = h @ O
    progress.append(np.mean((o - y) ** 2) / 2)
    do = (o - y) / len(X)
    dh = do @ O.T
    dO = h.T @ do
    dG = X.T @ (dh * c * g * (1 - g))  # wrong: dG = X.T @ (dh * g * (1 - g))
    dC = X.T @ (dh * g * (1 - c ** 2))
    for param, grad in zip((G, C, O), (dG, dC, dO)):
        param -= 0.2 * grad
