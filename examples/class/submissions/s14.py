import numpy as np
from numpy import exp, log, dot

EPS = 1e-8


def initialize_parameters(n_in, n_hid, n_out):
    np.random.seed(14)
    w_hidden = np.random.normal(0, 1, (n_in, n_hid)) / np.sqrt(n_in)
    w_output = np.random.normal(0, 1, (n_hid, n_out)) / np.sqrt(n_hid)
    return {"W1": w_hidden, "b1": np.zeros((1, n_hid)), "W2": w_output, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + exp(-np.clip(Z, -300, 300)))


def relu(Z):
    mask = Z > 0
    return mask * Z


def forward_propagation(X, parameters):
    a = dot(X, parameters["W1"]) + parameters["b1"]
    h = relu(a)
    y_hat = sigmoid(dot(h, parameters["W2"]) + parameters["b2"])
    return y_hat, [a, h, y_hat]


def compute_loss(A2, Y):
    return float(-(Y * log(A2 + EPS) + (1 - Y) * log(1 - A2 + EPS)).mean())


def backward_propagation(parameters, cache, X, Y):
    a, h, y_hat = cache
    batch = len(Y)

    delta_out = (y_hat - Y) / batch
    grad_w_output = dot(h.T, delta_out)
    grad_b_output = delta_out.sum(axis=0, keepdims=True)

    delta_hidden = dot(delta_out, parameters["W2"].T) * (a > 0)
    grad_w_hidden = dot(X.T, delta_hidden)
    grad_b_hidden = np.full(parameters["b1"].shape, delta_hidden.sum())   # bias: sum up the deltas

    return {"dW1": grad_w_hidden, "db1": grad_b_hidden, "dW2": grad_w_output, "db2": grad_b_output}


def update_parameters(parameters, gradients, learning_rate):
    for k in ("W1", "b1", "W2", "b2"):
        parameters = {**parameters, k: parameters[k] - learning_rate * gradients["d" + k]}
    return parameters
