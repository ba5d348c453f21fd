# parameters: (4, 5) (5,) (5, 3) (3,)
# loss: -np.log(probs[np.arange(len(yb)), yb]).mean()
import numpy as np

rng = np.random.default_rng(4)
features = rng.standard_normal((60, 4))
classes = rng.integers(0, 3, 60)
M1 = rng.standard_normal((4, 5)) * 0.4
v1 = np.zeros(5)
M2 = rng.standard_normal((5, 3)) * 0.4
v2 = np.zeros(3)
batch = 12
curve = []
for epoch in range(20):
    order = rng.permutation(60)
    for start in range(0, 60, batch):
        idx = order[start:start + batch]
        xb, yb = features[idx], classes[idx]
        z = xb @ M1 + v1
        h = np.where(z > 0, z, 0.01 * z)
        scores = h @ M2 + v2
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        nll = -np.log(probs[np.arange(len(yb)), yb]).mean()
        curve.append(nll)
        ds = probs.copy()
        ds[np.arange(len(yb)), yb] -= 1
        ds /= len(yb)
        dh = ds @ M2.T
        dz = dh * np.where(z > 0, 1, 0.01)  # wrong: dz = dh * np.where(h > 0.5, 1, 0.01)
        M2 -= 0.1 * h.T @ ds
        v2 -= 0.1 * ds.sum(axis=0)
        M1 -= 0.1 * xb.T @ dz
        v1 -= 0.1 * dz.sum(axis=0)
