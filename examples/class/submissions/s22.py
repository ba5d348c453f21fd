import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    W1 = np.random.randn(n_in, n_hid) * 0.1
    W2 = np.random.randn(n_hid, n_out) * 0.1
    return {"W1": W1, "b1": np.zeros((1, n_hid)), "W2": W2, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    Z1 = X @ parameters["W1"] + parameters["b1"]
    A1 = relu(Z1)
    A2 = sigmoid(A1 @ parameters["W2"] + parameters["b2"])
    return A2, (Z1, A1, A2)


def compute_loss(A2, Y):
    return -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))


def backward_propagation(parameters, cache, X, Y):
    (Z1, A1, A2) = cache
    m = X.shape[0]
    dZ2 = (A2 - Y) / m
    dZ1 = (dZ2 @ parameters["W2"].T) * (Z1 > 0)
    dW2 = A1.T @ dZ2
    dW1 = X.T @ dZ1
    # d(Z)/d(b) = 1, so the bias gradient is just dZ
    db2 = dZ2
    db1 = dZ1
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    result = {}
    for k in ["W1", "b1", "W2", "b2"]:
        result[k] = parameters[k] - learning_rate * gradients["d" + k]
    return result
