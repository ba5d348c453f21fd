import numpy as np

# Aufgabe 4


def initialize_parameters(n_in, n_hid, n_out):
    parameter = {
        "W1": np.random.randn(n_in, n_hid) * 0.1,
        "b1": np.zeros((1, n_hid)),
        "W2": np.random.randn(n_hid, n_out) * 0.1,
        "b2": np.zeros((1, n_out)),
    }
    return parameter


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return np.maximum(0, Z)


def forward_propagation(X, parameters):
    Z1 = X @ parameters["W1"] + parameters["b1"]
    H = relu(Z1)
    O = sigmoid(H @ parameters["W2"] + parameters["b2"])
    return O, (Z1, H, O)


def compute_loss(A2, Y):
    verlust = -np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))
    return verlust


def backward_propagation(parameters, cache, X, Y):
    Z1, H, O = cache
    m = len(X)
    fehler = Y - O                     # Soll minus Ist
    dW2 = H.T @ fehler / m
    db2 = np.sum(fehler, axis=0, keepdims=True) / m
    fehler_h = fehler @ parameters["W2"].T * (Z1 > 0)
    dW1 = X.T @ fehler_h / m
    db1 = np.sum(fehler_h, axis=0, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, gradients, learning_rate):
    neu = {}
    for name, wert in parameters.items():
        neu[name] = wert - learning_rate * gradients["d" + name]
    return neu
