"""I did not trust broadcasting, so everything is a loop. Slow but I understand it."""
import math
import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    params = {}
    params["W1"] = np.random.uniform(-0.5, 0.5, (n_in, n_hid))
    params["b1"] = np.zeros((1, n_hid))
    params["W2"] = np.random.uniform(-0.5, 0.5, (n_hid, n_out))
    params["b2"] = np.zeros((1, n_out))
    return params


def sigmoid(Z):
    result = np.zeros(np.shape(Z))
    for index in np.ndindex(result.shape):
        z = float(Z[index])
        if z >= 0:
            result[index] = 1.0 / (1.0 + math.exp(-z))
        else:
            result[index] = math.exp(z) / (1.0 + math.exp(z))
    return result


def relu(Z):
    result = np.zeros(np.shape(Z))
    for index in np.ndindex(result.shape):
        if Z[index] > 0:
            result[index] = Z[index]
    return result


def forward_propagation(X, parameters):
    m, n_in = X.shape
    n_hid = parameters["W1"].shape[1]
    n_out = parameters["W2"].shape[1]
    Z1 = np.zeros((m, n_hid))
    for s in range(m):
        for j in range(n_hid):
            Z1[s, j] = parameters["b1"][0, j]
            for i in range(n_in):
                Z1[s, j] += X[s, i] * parameters["W1"][i, j]
    A1 = relu(Z1)
    Z2 = np.zeros((m, n_out))
    for s in range(m):
        for k in range(n_out):
            Z2[s, k] = parameters["b2"][0, k]
            for j in range(n_hid):
                Z2[s, k] += A1[s, j] * parameters["W2"][j, k]
    A2 = sigmoid(Z2)
    return A2, [Z1, A1, Z2, A2]


def compute_loss(A2, Y):
    total = 0.0
    m = len(Y)
    for s in range(m):
        a = min(max(float(A2[s, 0]), 1e-10), 1 - 1e-10)
        if Y[s, 0] == 1:
            total -= math.log(a)
        else:
            y = float(Y[s, 0])
            total -= y * math.log(a) + (1 - y) * math.log(1 - a)
    return total / m


def backward_propagation(parameters, cache, X, Y):
    Z1, A1, Z2, A2 = cache
    m, n_in = X.shape
    n_hid = A1.shape[1]
    W2 = parameters["W2"]
    dW1 = np.zeros((n_in, n_hid))
    db1 = np.zeros((1, n_hid))
    dW2 = np.zeros((n_hid, 1))
    db2 = np.zeros((1, 1))
    # one sample after the other, add everything up
    for s in range(m):
        err = A2[s, 0] - Y[s, 0]
        db2[0, 0] += err
        for j in range(n_hid):
            dW2[j, 0] += A1[s, j] * err
            if Z1[s, j] > 0:
                back = err * W2[j, 0]
            else:
                back = 0.0
            db1[0, j] += back
            for i in range(n_in):
                dW1[i, j] += X[s, i] * back
    # mean over samples at the very end
    return {"dW1": dW1 / m, "db1": db1 / m, "dW2": dW2 / m, "db2": db2 / m}


def update_parameters(parameters, gradients, learning_rate):
    new = {}
    for name in ["W1", "b1", "W2", "b2"]:
        new[name] = parameters[name] - learning_rate * gradients["d" + name]
    return new
