# parameters: (4, 6) (1, 6) (6, 3) (1, 3)
# loss: np.mean((a2 - y) ** 2)
import numpy as np


def init_params(n_in, n_hidden, n_out, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.standard_normal((n_in, n_hidden)),
        "b1": np.zeros((1, n_hidden)),
        "W2": rng.standard_normal((n_hidden, n_out)),
        "b2": np.zeros((1, n_out)),
    }


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(X, params):
    a1 = sigmoid(X @ params["W1"] + params["b1"])
    a2 = sigmoid(a1 @ params["W2"] + params["b2"])
    return {"a1": a1, "a2": a2}


def mse(a2, y):
    return np.mean((a2 - y) ** 2)


def backprop(X, y, cache, params):
    a1, a2 = cache["a1"], cache["a2"]
    d2 = 2 * (a2 - y) / a2.size * a2 * (1 - a2)
    d1 = d2 @ params["W2"].T * a1 * (1 - a1)  # wrong: d1 = d2 @ params["W2"].T
    return {"dW1": X.T @ d1, "db1": d1.sum(0, keepdims=True), "dW2": a1.T @ d2, "db2": d2.sum(0, keepdims=True)}


def update(params, grads, lr=0.1):
    for key in params:
        params[key] -= lr * grads["d" + key]
    return params
