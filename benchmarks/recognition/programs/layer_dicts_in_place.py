# parameters: (2, 4) (1, 4) (4, 1) (1, 1)
# loss: ((layers[-1]["a"] - y) ** 2).mean()
import numpy as np

rng = np.random.default_rng(2)
X = rng.standard_normal((15, 2))
y = (X.sum(axis=1, keepdims=True) > 0) * 1.0
layers = [
    {"w": rng.standard_normal((2, 4)), "b": np.zeros((1, 4))},
    {"w": rng.standard_normal((4, 1)), "b": np.zeros((1, 1))},
]


def forward(x):
    for layer in layers:
        layer["in"] = x
        x = layer["a"] = 1 / (1 + np.exp(-(x @ layer["w"] + layer["b"])))


def backprop(lr):
    grad = 2 * (layers[-1]["a"] - y) / y.size
    for layer in layers[::-1]:
        dz = grad * layer["a"] * (1 - layer["a"])
        grad = dz @ layer["w"].T  # wrong: grad = dz @ np.abs(layer["w"]).T
        layer["w"] -= lr * layer["in"].T @ dz
        layer["b"] -= lr * dz.sum(axis=0, keepdims=True)


errors = []
for i in range(80):
    forward(X)
    mse = ((layers[-1]["a"] - y) ** 2).mean()
    errors.append(mse)
    backprop(0.7)
