# Exercise 4 - binary classifier
# s01
import numpy as np

np.random.seed(1)


def initialize_parameters(n_in, n_hid, n_out):
    # small random weights, biases zero (see lecture 5)
    W1 = np.random.randn(n_in, n_hid) * 0.1
    b1 = np.zeros((1, n_hid))
    W2 = np.random.randn(n_hid, n_out) * 0.1
    b2 = np.zeros((1, n_out))
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters


def sigmoid(Z):
    Z = np.clip(Z, -500, 500)  # otherwise RuntimeWarning: overflow
    return 1 / (1 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]

    Z1 = np.dot(X, W1) + b1
    A1 = relu(Z1)
    Z2 = np.dot(A1, W2) + b2
    A2 = sigmoid(Z2)

    cache = (Z1, A1, Z2, A2)
    return A2, cache


def compute_loss(A2, Y):
    m = Y.shape[0]
    logprobs = np.multiply(np.log(A2 + 1e-8), Y) + np.multiply(np.log(1 - A2 + 1e-8), 1 - Y)
    loss = -np.sum(logprobs) / m
    return float(np.squeeze(loss))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    W2 = parameters["W2"]
    Z1, A1, Z2, A2 = cache

    dZ2 = A2 - Y
    dW2 = (1 / m) * np.dot(A1.T, dZ2)
    db2 = (1 / m) * np.sum(dZ2, axis=0, keepdims=True)
    dA1 = np.dot(dZ2, W2.T)
    dZ1 = np.multiply(dA1, np.int64(Z1 > 0))
    dW1 = (1 / m) * np.dot(X.T, dZ1)
    db1 = (1 / m) * np.sum(dZ1, axis=0, keepdims=True)

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    W1 = parameters["W1"] - learning_rate * gradients["dW1"]
    b1 = parameters["b1"] - learning_rate * gradients["db1"]
    W2 = parameters["W2"] - learning_rate * gradients["dW2"]
    b2 = parameters["b2"] - learning_rate * gradients["db2"]
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
