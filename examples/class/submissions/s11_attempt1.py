import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid) * 0.05, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.05, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -100, 100)))


def relu(Z):
    return np.maximum(0.0, Z)


def forward_propagation(X, parameters):
    Z1 = X.dot(parameters["W1"]) + parameters["b1"]
    A1 = relu(Z1)
    A2 = sigmoid(A1.dot(parameters["W2"]) + parameters["b2"])
    return A2, {"Z1": Z1, "A1": A1, "A2": A2}


def compute_loss(A2, Y):
    return -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    dZ2 = (cache["A2"] - Y) / m
    dW2 = cache["A1"].T.dot(dZ2)
    db2 = dZ2.sum(axis=0, keepdims=True)
    dZ1 = dZ2.dot(parameters["W2"].T) * (cache["Z1"] > 0)
    dW1 = X.T.dot(dZ1)
    db1 = dZ1.sum(axis=0, keepdims=True)
    # gradients exploded once, so I cut them
    dW1 = np.clip(dW1, -0.05, 0.05)
    dW2 = np.clip(dW2, -0.05, 0.05)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    return {n: parameters[n] - learning_rate * gradients["d" + n] for n in parameters}
