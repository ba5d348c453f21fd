# parameters: (3, 2) (3, 1) (1, 3) (1, 1)
# loss: float(-(y * np.log(cache["h2"])
import numpy as np


def forward(x, params):
    W1, b1, W2, b2 = [params[k] for k in ("W1", "b1", "W2", "b2")]
    h1 = 1 / (1 + np.exp(-(W1.dot(x) + b1)))
    h2 = 1 / (1 + np.exp(-(W2.dot(h1) + b2)))
    return {"x": x, "h1": h1, "h2": h2, "W2": W2}


def backprop(fprop_cache, y):
    x, h1, h2 = [fprop_cache[k] for k in ("x", "h1", "h2")]
    dz2 = h2 - y
    dz1 = np.dot(fprop_cache["W2"].T, dz2) * h1 * (1 - h1)  # wrong: dz1 = np.dot(fprop_cache["W2"].T, dz2) * h1 * (1 + h1)
    return {"b1": dz1, "W1": np.dot(dz1, x.T), "b2": dz2, "W2": np.dot(dz2, h1.T)}


def cross_entropy(cache, y):
    return float(-(y * np.log(cache["h2"]) + (1 - y) * np.log(1 - cache["h2"])).sum())


np.random.seed(0)
params = {"W1": np.random.randn(3, 2), "b1": np.random.randn(3, 1), "W2": np.random.randn(1, 3), "b2": np.random.randn(1, 1)}
x = np.random.rand(2, 1)
y = np.array([[1.0]])
print(cross_entropy(forward(x, params), y), backprop(forward(x, params), y))
