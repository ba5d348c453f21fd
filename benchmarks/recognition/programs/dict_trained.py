# parameters: (4, 5) (1, 5) (5, 3) (1, 3)
# loss: cost(A, Y)
import numpy as np


def initialise(sizes, seed=0):
    rng = np.random.default_rng(seed)
    params = {}
    for i in range(1, len(sizes)):
        params[f"W{i}"] = rng.standard_normal((sizes[i - 1], sizes[i])) * 0.5
        params[f"b{i}"] = np.zeros((1, sizes[i]))
    return params


def forward(X, params):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ params["W2"] + params["b2"]
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True), {"Z1": Z1, "A1": A1}


def cost(A, Y):
    return -np.sum(Y * np.log(A)) / Y.shape[0]


def backward(X, Y, A, cache, params):
    m = X.shape[0]
    dZ2 = (A - Y) / m
    dZ1 = dZ2 @ params["W2"].T * (cache["Z1"] > 0)
    return {
        "W2": cache["A1"].T @ dZ2,
        "b2": dZ2.sum(axis=0, keepdims=True),
        "W1": X.T @ dZ1,  # wrong: "W1": -X.T @ dZ1,
        "b1": dZ1.sum(axis=0, keepdims=True),
    }


X = np.random.default_rng(1).standard_normal((30, 4))
Y = np.eye(3)[np.random.default_rng(2).integers(0, 3, 30)]
params = initialise([4, 5, 3])
costs = []
for epoch in range(100):
    A, cache = forward(X, params)
    costs.append(cost(A, Y))
    grads = backward(X, Y, A, cache, params)
    for key in params:
        params[key] = params[key] - 0.1 * grads[key]
