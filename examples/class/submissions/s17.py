import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    theta = {}
    theta["W1"] = np.random.randn(n_in, n_hid) * 0.01
    theta["b1"] = np.zeros((1, n_hid))
    theta["W2"] = np.random.randn(n_hid, n_out) * 0.01
    theta["b2"] = np.zeros((1, n_out))
    return theta


def sigmoid(Z):
    return 1.0 / (1.0 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(Z, 0)


def forward_propagation(X, parameters):
    net = X @ parameters["W1"] + parameters["b1"]
    act = relu(net)
    out = sigmoid(act @ parameters["W2"] + parameters["b2"])
    return out, {"net": net, "act": act, "out": out}


def compute_loss(A2, Y):
    m = Y.shape[0]
    loss = -np.sum(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))
    return loss / m


def backward_propagation(parameters, cache, X, Y):
    """TODO check with the numbers from the exercise sheet"""
    act, net, out = cache["act"], cache["net"], cache["out"]
    d2 = out - Y
    d1 = d2 @ parameters["W2"].T
    d1 *= net > 0
    return {
        "dW2": act.T @ d2,
        "db2": np.sum(d2, axis=0, keepdims=True),
        "dW1": X.T @ d1,
        "db1": np.sum(d1, axis=0, keepdims=True),
    }


def update_parameters(parameters, gradients, learning_rate):
    return {name: parameters[name] - learning_rate * gradients["d" + name] for name in parameters}
