import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid), "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out), "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def sigmoid_prime(a):
    return a * (1 - a)


def relu(Z):
    return np.maximum(0, Z)


def relu_prime(Z):
    return (Z > 0).astype(float)


def forward_propagation(X, parameters):
    Z1 = X @ parameters["W1"] + parameters["b1"]
    A1 = relu(Z1)
    Z2 = A1 @ parameters["W2"] + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, (Z1, A1, Z2, A2)


def compute_loss(A2, Y):
    return -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))


def backward_propagation(parameters, cache, X, Y):
    Z1, A1, Z2, A2 = cache
    m = X.shape[0]
    # chain rule: dL/dA2 * dA2/dZ2
    dZ2 = (A2 - Y) * sigmoid_prime(A2) / m
    dW2 = A1.T @ dZ2
    db2 = np.sum(dZ2, axis=0, keepdims=True)
    dZ1 = dZ2 @ parameters["W2"].T * relu_prime(Z1)
    dW1 = X.T @ dZ1
    db1 = np.sum(dZ1, axis=0, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    return {k: parameters[k] - learning_rate * gradients["d" + k] for k in ("W1", "b1", "W2", "b2")}
