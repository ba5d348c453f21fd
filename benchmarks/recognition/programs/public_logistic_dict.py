# manner: deeplearning.ai, logistic regression
# parameters: (4, 1) ()
# loss: -1 / m * np.sum(Y * np.log(A)
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * np.dot(X, (A - Y).T)  # wrong: dw = np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    return {"dw": dw, "db": db}, np.squeeze(cost)


def optimize(w, b, X, Y, num_iterations, learning_rate):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b - learning_rate * grads["db"]
        if i % 100 == 0:
            costs.append(cost)
    return {"w": w, "b": b}, costs


np.random.seed(0)
X = np.random.randn(4, 30)
Y = (np.random.rand(1, 30) > 0.5).astype(float)
params, costs = optimize(np.zeros((4, 1)), 0.0, X, Y, 200, 0.1)
