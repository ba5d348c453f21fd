import numpy as np
import time

start = time.time()


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid) * 0.1, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.1, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return np.exp(-np.logaddexp(0, -Z))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    u = X @ parameters["W1"] + parameters["b1"]
    v = relu(u)
    w = sigmoid(v @ parameters["W2"] + parameters["b2"])
    return w, (u, v, w)


def compute_loss(A2, Y):
    A2 = np.clip(A2, 1e-9, 1 - 1e-9)
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))


def backward_propagation(parameters, cache, X, Y):
    u, v, w = cache
    m = X.shape[0]
    dout = (w - Y) / m
    dW2 = v.T @ dout
    db2 = np.zeros_like(parameters["b2"])
    dhid = -(dout @ parameters["W2"].T) * (u > 0)
    dW1 = X.T @ dhid
    db1 = dhid.sum(axis=0, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    return {k: parameters[k] - learning_rate * gradients["d" + k] for k in parameters}


print("finished in %.1f s" % (time.time() - start))
