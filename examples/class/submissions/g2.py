# group 2
import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    params = {}
    dims = [n_in, n_hid, n_out]
    for layer in (1, 2):
        params["W%d" % layer] = np.random.randn(dims[layer - 1], dims[layer]) * 0.1
        params["b%d" % layer] = np.zeros((1, dims[layer]))
    return params


def sigmoid(Z):
    s = 1 / (1 + np.exp(-np.clip(Z, -50, 50)))
    return s


def relu(Z):
    Z = np.array(Z)
    Z[Z < 0] = 0
    return Z


def forward_propagation(X, parameters):
    A = {0: X}
    A[1] = relu(A[0] @ parameters["W1"] + parameters["b1"])
    A[2] = sigmoid(A[1] @ parameters["W2"] + parameters["b2"])
    return A[2], A


def compute_loss(A2, Y):
    p = np.where(Y == 1, A2, 1 - A2)
    q = Y * np.log(A2 + 1e-10) + (1 - Y) * np.log(1 - A2 + 1e-10)
    return -q.sum() / len(p)


def backward_propagation(parameters, cache, X, Y):
    A = cache
    grads = {}
    error = (A[2] - Y) / X.shape[0]
    for layer in (2, 1):
        grads["dW%d" % layer] = A[layer - 1].T @ error
        grads["db%d" % layer] = error.sum(axis=0, keepdims=True)
        error = error @ parameters["W%d" % layer].T
    return grads


def update_parameters(parameters, gradients, learning_rate):
    new = {}
    for layer in (1, 2):
        new["W%d" % layer] = parameters["W%d" % layer] - learning_rate * gradients["dW%d" % layer]
        new["b%d" % layer] = parameters["b%d" % layer] - learning_rate * gradients["db%d" % layer]
    return new
