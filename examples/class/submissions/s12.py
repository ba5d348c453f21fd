# I return the direction of the step (target minus output), so update ADDS it. Same as in the old lecture notes.
import numpy as np


def initialize_parameters(n_in, n_hid, n_out):
    limit1 = np.sqrt(6 / (n_in + n_hid))
    limit2 = np.sqrt(6 / (n_hid + n_out))
    return dict(W1=np.random.uniform(-limit1, limit1, (n_in, n_hid)), b1=np.zeros((1, n_hid)),
                W2=np.random.uniform(-limit2, limit2, (n_hid, n_out)), b2=np.zeros((1, n_out)))


def sigmoid(Z):
    return 1 / (1 + np.exp(np.minimum(-Z, 500)))


def relu(Z):
    return np.maximum(Z, np.zeros_like(Z))


def forward_propagation(X, parameters):
    hidden_sum = X @ parameters["W1"] + parameters["b1"]
    hidden = relu(hidden_sum)
    output = sigmoid(hidden @ parameters["W2"] + parameters["b2"])
    return output, {"hidden_sum": hidden_sum, "hidden": hidden, "output": output}


def compute_loss(A2, Y):
    safe = np.clip(A2, 1e-9, 1 - 1e-9)
    return np.mean(-(Y * np.log(safe) + (1 - Y) * np.log(1 - safe)))


def backward_propagation(parameters, cache, X, Y):
    n = X.shape[0]
    d_output = (Y - cache["output"]) / n
    d_hidden = np.where(cache["hidden_sum"] > 0, d_output @ parameters["W2"].T, 0)
    return {
        "dW1": X.T @ d_hidden,
        "db1": d_hidden.sum(0, keepdims=True),
        "dW2": cache["hidden"].T @ d_output,
        "db2": d_output.sum(0, keepdims=True),
    }


def update_parameters(parameters, gradients, learning_rate):
    # + because the direction already goes downhill
    return {k: parameters[k] + learning_rate * gradients["d" + k] for k in parameters}
