import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid) * 0.5, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.5, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    z_h = X @ parameters["W1"] + parameters["b1"]
    a_h = relu(z_h)
    z_o = a_h @ parameters["W2"] + parameters["b2"]
    a_o = sigmoid(z_o)
    return a_o, {"z_h": z_h, "a_h": a_h, "a_o": a_o}


def compute_loss(A2, Y):
    # cross entropy
    return -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    a_o, a_h, z_h = cache["a_o"], cache["a_h"], cache["z_h"]
    # derivative of the squared error, times the derivative of the sigmoid
    d_loss = 2 * (a_o - Y) / m
    d_o = d_loss * a_o * (1 - a_o)
    d_h = (d_o @ parameters["W2"].T) * (z_h > 0)
    return {"dW2": a_h.T @ d_o, "db2": d_o.sum(axis=0, keepdims=True),
            "dW1": X.T @ d_h, "db1": d_h.sum(axis=0, keepdims=True)}


def update_parameters(parameters, gradients, learning_rate):
    return {k: parameters[k] - learning_rate * gradients["d" + k] for k in parameters}
