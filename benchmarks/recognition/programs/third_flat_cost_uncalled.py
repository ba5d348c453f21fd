# parameters: (51,)
# loss: J (line
import numpy as np
import scipy.optimize as op
from scipy.io import loadmat


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def nnCost(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lmbda):
    split = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[split:].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    Y = np.eye(num_labels)[y - 1]
    a1 = np.hstack((np.ones((m, 1)), X))
    a2 = np.hstack((np.ones((m, 1)), sigmoid(a1 @ Theta1.T)))
    a3 = sigmoid(a2 @ Theta2.T)
    J = np.sum(-Y * np.log(a3) - (1 - Y) * np.log(1 - a3)) / m
    J += lmbda / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    d3 = a3 - Y
    d2 = (d3 @ Theta2 * a2 * (1 - a2))[:, 1:]
    grad1, grad2 = d2.T @ a1 / m, d3.T @ a2 / m
    grad1[:, 1:] += lmbda / m * Theta1[:, 1:]  # wrong: grad1 += lmbda / m * Theta1
    grad2[:, 1:] += lmbda / m * Theta2[:, 1:]
    return J, np.concatenate([grad1.ravel(), grad2.ravel()])


if __name__ == "__main__":
    data = loadmat("ex4data1.mat")
    X, y = data["X"], data["y"].ravel()
    start = np.random.rand(25 * 401 + 10 * 26) * 0.24 - 0.12
    res = op.minimize(nnCost, start, args=(400, 25, 10, X, y, 1), jac=True, method="CG")
