# parameters: (4, 6) (6,) (6,) () (6,) ()
# loss: np.mean((r - yr) ** 2) + mix * -np.mean(
import numpy as np

g = np.random.default_rng(2)
X = g.normal(size=(50, 4))
yr = X[:, 0] ** 2
yc = (X[:, 1] > 0).astype(float)
shared = {"W": g.normal(size=(4, 6)) * 0.5, "b": np.zeros(6)}
reg = {"w": g.normal(size=6) * 0.5, "b": 0.0}
cls = {"w": g.normal(size=6) * 0.5, "b": 0.0}
lr, mix = 0.1, 0.7
for step in range(200):
    H = np.tanh(X @ shared["W"] + shared["b"])
    r = H @ reg["w"] + reg["b"]
    p = 1 / (1 + np.exp(-(H @ cls["w"] + cls["b"])))
    loss = np.mean((r - yr) ** 2) + mix * -np.mean(yc * np.log(p) + (1 - yc) * np.log(1 - p))
    if step % 50 == 0:
        print(step, loss)
    dr = 2 * (r - yr) / len(X)
    dc = mix * (p - yc) / len(X)
    dH = np.outer(dr, reg["w"]) + np.outer(dc, cls["w"])
    dZ = dH * (1 - H ** 2)  # wrong: dZ = dH * (1 - H)
    reg["w"] -= lr * H.T @ dr
    reg["b"] -= lr * dr.sum()
    cls["w"] -= lr * H.T @ dc
    cls["b"] -= lr * dc.sum()
    shared["W"] -= lr * X.T @ dZ
    shared["b"] -= lr * dZ.sum(0)
