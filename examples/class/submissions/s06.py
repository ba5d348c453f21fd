import numpy as np

# NOTE: our book writes the error as (target - output). Then there is a minus in front of every gradient!

def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": 0.1 * np.random.randn(n_in, n_hid), "b1": np.zeros([1, n_hid]),
            "W2": 0.1 * np.random.randn(n_hid, n_out), "b2": np.zeros([1, n_out])}

def sigmoid(Z):
    # stable version from stackoverflow
    out = np.empty_like(Z, dtype=float)
    pos = Z >= 0
    out[pos] = 1 / (1 + np.exp(-Z[pos]))
    e = np.exp(Z[~pos])
    out[~pos] = e / (1 + e)
    return out

def relu(Z):
    return (np.abs(Z) + Z) / 2

def forward_propagation(X, parameters):
    net1 = np.matmul(X, parameters["W1"]) + parameters["b1"]
    o1 = relu(net1)
    net2 = np.matmul(o1, parameters["W2"]) + parameters["b2"]
    o2 = sigmoid(net2)
    return o2, {"o1": o1, "o2": o2}

def compute_loss(A2, Y):
    t, o = Y, np.clip(A2, 1e-12, 1 - 1e-12)
    E = t * np.log(o) + (1 - t) * np.log(1 - o)
    return -E.mean()

def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    o1, o2 = cache["o1"], cache["o2"]
    error = Y - o2                                   # target - output
    delta2 = error
    delta1 = np.matmul(delta2, parameters["W2"].T)
    delta1[o1 <= 0] = 0                              # relu was off there
    grads = {}
    grads["dW2"] = -np.matmul(o1.T, delta2) / m
    grads["db2"] = -np.sum(delta2, axis=0, keepdims=True) / m
    grads["dW1"] = -np.matmul(X.T, delta1) / m
    grads["db1"] = -np.sum(delta1, axis=0, keepdims=True) / m
    return grads

def update_parameters(parameters, gradients, learning_rate):
    updated = {}
    for key, value in parameters.items():
        updated[key] = value - learning_rate * gradients["d" + key]
    return updated
