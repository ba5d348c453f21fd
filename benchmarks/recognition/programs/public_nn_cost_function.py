# manner: Coursera machine learning, exercise 4
# parameters: (43,)
# loss: nnCostFunction(theta)[0]
import numpy as np
import scipy.optimize as opt


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoidGradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lam):
    Theta1 = nn_params[:hidden_layer_size * (input_layer_size + 1)].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[hidden_layer_size * (input_layer_size + 1):].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    a1 = np.c_[np.ones(m), X]
    z2 = a1 @ Theta1.T
    a2 = np.c_[np.ones(m), sigmoid(z2)]
    a3 = sigmoid(a2 @ Theta2.T)
    Y = np.eye(num_labels)[y]
    J = np.sum(-Y * np.log(a3) - (1 - Y) * np.log(1 - a3)) / m
    J += lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    d3 = a3 - Y
    d2 = (d3 @ Theta2[:, 1:]) * sigmoidGradient(z2)  # wrong: d2 = (d3 @ Theta2[:, 1:]) * sigmoid(z2)
    g1, g2 = d2.T @ a1 / m, d3.T @ a2 / m
    g1[:, 1:] += lam / m * Theta1[:, 1:]
    g2[:, 1:] += lam / m * Theta2[:, 1:]
    return J, np.concatenate((g1.ravel(), g2.ravel()))


np.random.seed(2)
X, y = np.random.randn(15, 4), np.random.randint(0, 3, 15)
start = np.random.rand(5 * 5 + 3 * 6) * 0.24 - 0.12
res = opt.minimize(fun=nnCostFunction, x0=start, args=(4, 5, 3, X, y, 1.0), method="CG", jac=True, options={"maxiter": 50})
print(res.fun)
