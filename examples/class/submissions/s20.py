import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    scale = 0.1
    return {"W1": scale * np.random.randn(n_in, n_hid), "b1": np.zeros((1, n_hid)),
            "W2": scale * np.random.randn(n_hid, n_out), "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return Z * (Z > 0)


def drelu(Z):
    return 1.0 * (Z > 0)


def forward_propagation(X, parameters):
    z1 = X.dot(parameters["W1"]) + parameters["b1"]
    a1 = relu(z1)
    z2 = a1.dot(parameters["W2"]) + parameters["b2"]
    a2 = sigmoid(z2)
    return a2, {"z1": z1, "a1": a1, "a2": a2}


def compute_loss(A2, Y):
    cross_entropy = Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8)
    return -np.sum(cross_entropy) / Y.shape[0]


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    dz2 = (cache["a2"] - Y) / m
    da1 = dz2.dot(parameters["W2"].T)
    dz1 = da1 * drelu(da1)
    return {"dW1": X.T.dot(dz1), "db1": dz1.sum(axis=0, keepdims=True),
            "dW2": cache["a1"].T.dot(dz2), "db2": dz2.sum(axis=0, keepdims=True)}


def update_parameters(parameters, gradients, learning_rate):
    return {k: p - learning_rate * gradients["d" + k] for k, p in parameters.items()}
