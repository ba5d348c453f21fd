import numpy as np
import matplotlib.pyplot as plt

print("Exercise 4, s10")


def initialize_parameters(n_in, n_hid, n_out):
    W1 = np.random.randn(n_in, n_hid) * 0.01
    W2 = np.random.randn(n_hid, n_out) * 0.01
    b1 = np.zeros((1, n_hid))
    b2 = np.zeros((1, n_out))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.clip(Z, -500, 500)))


def relu(Z):
    return Z * np.heaviside(Z, 0.0)


def forward_propagation(X, parameters):
    # put the bias into the weights: one more column of ones
    m = X.shape[0]
    X1 = np.hstack([X, np.ones((m, 1))])
    V1 = np.vstack([parameters["W1"], parameters["b1"]])
    V2 = np.vstack([parameters["W2"], parameters["b2"]])
    H = relu(X1 @ V1)
    H1 = np.hstack([H, np.ones((m, 1))])
    A2 = sigmoid(H1 @ V2)
    return A2, (X1, H, H1, A2)


def compute_loss(A2, Y):
    A2 = np.clip(A2, 1e-7, 1 - 1e-7)
    return -(np.sum(np.log(A2[Y == 1])) + np.sum(np.log(1 - A2[Y == 0]))) / Y.size


def backward_propagation(parameters, cache, X, Y):
    X1, H, H1, A2 = cache
    delta = (A2 - Y) / Y.size
    G2 = H1.T @ delta
    delta_h = (delta @ parameters["W2"].T) * np.sign(H)
    G1 = X1.T @ delta_h
    # the last row belongs to the ones, so it is the bias
    return {"dW1": G1[:-1], "db1": G1[-1:], "dW2": G2[:-1], "db2": G2[-1:]}


def update_parameters(parameters, gradients, learning_rate):
    new_parameters = {}
    for p, g in (("W1", "dW1"), ("b1", "db1"), ("W2", "dW2"), ("b2", "db2")):
        new_parameters[p] = parameters[p] - learning_rate * gradients[g]
    return new_parameters


def train(X, Y, steps=300):
    p = initialize_parameters(X.shape[1], 8, 1)
    history = []
    for i in range(steps):
        A2, cache = forward_propagation(X, p)
        history.append(compute_loss(A2, Y))
        p = update_parameters(p, backward_propagation(p, cache, X, Y), 0.5)
    return p, history


X_toy = np.random.RandomState(0).randn(60, 4)
Y_toy = (X_toy.sum(axis=1, keepdims=True) > 0).astype(float)
_, curve = train(X_toy, Y_toy)
plt.plot(curve)
plt.xlabel("step")
plt.ylabel("loss")
plt.show()
