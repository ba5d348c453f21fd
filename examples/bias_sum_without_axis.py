"""A classifier with functions and a parameter dictionary. The hidden bias gets one number for all its units."""

import numpy as np

rng = np.random.default_rng(2)


def initialise(n_in, n_hidden, n_out):
    return {
        "W1": rng.normal(size=(n_in, n_hidden)) * 0.3,
        "b1": np.zeros(n_hidden),
        "W2": rng.normal(size=(n_hidden, n_out)) * 0.3,
        "b2": np.zeros(n_out),
    }


def forward(X, params):
    Z1 = X @ params["W1"] + params["b1"]
    A1 = np.maximum(Z1, 0)
    scores = A1 @ params["W2"] + params["b2"]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True), (Z1, A1)


def cross_entropy(probabilities, Y):
    return -np.sum(Y * np.log(probabilities)) / len(Y)


def backward(X, Y, probabilities, cache, params):
    Z1, A1 = cache
    delta = (probabilities - Y) / len(Y)
    hidden = delta @ params["W2"].T
    hidden[Z1 <= 0] = 0
    return {
        "W2": A1.T @ delta,
        "b2": np.sum(delta, axis=0),
        "W1": X.T @ hidden,
        "b1": np.sum(hidden),
    }


def train(X, Y, epochs=500, learning_rate=0.5):
    params = initialise(X.shape[1], 6, Y.shape[1])
    history = []
    for _ in range(epochs):
        probabilities, cache = forward(X, params)
        history.append(cross_entropy(probabilities, Y))
        gradients = backward(X, Y, probabilities, cache, params)
        for name in params:
            params[name] = params[name] - learning_rate * gradients[name]
    return params, history


if __name__ == "__main__":
    points = rng.normal(size=(60, 2))
    classes = (points[:, 0] > 0).astype(int) + (points[:, 1] > 0)
    trained, curve = train(points, np.eye(3)[classes])
    print(curve[0], curve[-1])
