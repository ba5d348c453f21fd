"""Main file. The small functions are in layers.py."""
import numpy as np

from layers import affine, affine_backward, relu, relu_backward, sigmoid


def initialize_parameters(n_in, n_hid, n_out):
    generator = np.random.default_rng(8)
    return {
        "W1": generator.normal(scale=np.sqrt(2 / n_in), size=(n_in, n_hid)),
        "b1": np.zeros((1, n_hid)),
        "W2": generator.normal(scale=np.sqrt(1 / n_hid), size=(n_hid, n_out)),
        "b2": np.zeros((1, n_out)),
    }


def forward_propagation(X, parameters):
    z1, cache1 = affine(X, parameters["W1"], parameters["b1"])
    a1 = relu(z1)
    z2, cache2 = affine(a1, parameters["W2"], parameters["b2"])
    a2 = sigmoid(z2)
    return a2, (cache1, z1, cache2, a2)


def compute_loss(A2, Y):
    eps = 1e-8
    return -np.average(Y * np.log(A2 + eps) + (1 - Y) * np.log(1 - A2 + eps))


def backward_propagation(parameters, cache, X, Y):
    cache1, z1, cache2, a2 = cache
    upstream = (a2 - Y) / Y.shape[0]
    upstream, dW2, db2 = affine_backward(upstream, cache2)
    upstream = relu_backward(upstream, z1)
    _, dW1, db1 = affine_backward(upstream, cache1)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    return {name: parameters[name] - learning_rate * gradients["d" + name] for name in ("W1", "b1", "W2", "b2")}
