import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid) * 0.1, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.1, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    Z1 = X @ parameters["W1"] + parameters["b1"]
    A1 = relu(Z1)
    Z2 = A1 @ parameters["W2"] + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, (Z1, A1, Z2, A2)


def compute_loss(A2, Y):
    return -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8)


def backward_propagation(parameters, cache, X, Y):
    Z1, A1, Z2, A2 = cache
    m = X.shape[0]
    dZ2 = (A2 - Y) / m
    dZ1 = dZ2 @ parameters["W2"].T * (Z1 > 0)
    return {"dW1": X.T @ dZ1, "db1": np.sum(dZ1, axis=0, keepdims=True),
            "dW2": A1.T @ dZ2, "db2": np.sum(dZ2, axis=0, keepdims=True)}


def update_parameters(parameters, gradients, learning_rate):
    return {k: parameters[k] - learning_rate * gradients["d" + k] for k in parameters}
