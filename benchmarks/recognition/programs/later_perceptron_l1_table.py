# parameters: (4, 1) (1,)
# loss: np.log(1 + np.exp(-y * m)).mean()
import numpy as np

rng = np.random.default_rng(11)
X = rng.normal(size=(50, 4))
y = np.sign(X[:, :1] + 0.3)
w, b = rng.normal(size=(4, 1)), np.zeros(1)
table = {"loss": []}
for n in range(60):
    m = X @ w + b
    table["loss"].append(np.log(1 + np.exp(-y * m)).mean())
    g = -y / (1 + np.exp(y * m)) / len(X)  # wrong: g = -y / (1 + np.exp(-y * m)) / len(X)
    w -= 0.4 * X.T @ g
    b -= 0.4 * g.sum(0)
