import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    return {"W1": np.random.randn(n_in, n_hid) * 0.02, "b1": np.zeros((1, n_hid)),
            "W2": np.random.randn(n_hid, n_out) * 0.02, "b2": np.zeros((1, n_out))}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    hidden = relu(np.matmul(X, parameters["W1"]) + parameters["b1"])
    prediction = sigmoid(np.matmul(hidden, parameters["W2"]) + parameters["b2"])
    return prediction, {"hidden": hidden, "prediction": prediction}


def compute_loss(A2, Y):
    return np.mean(-Y * np.log(A2 + 1e-8) - (1 - Y) * np.log(1 - A2 + 1e-8))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    hidden = cache["hidden"]
    delta = (cache["prediction"] - Y) / m
    dW2 = np.matmul(hidden.T, delta)
    db2 = delta.mean(axis=0, keepdims=True)
    delta = np.matmul(delta, parameters["W2"].T)
    dW1 = np.matmul(X.T, delta)
    db1 = delta.sum(axis=0, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    return {k: v - learning_rate * gradients["d" + k] for k, v in parameters.items()}
