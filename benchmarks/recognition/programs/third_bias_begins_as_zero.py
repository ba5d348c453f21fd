# parameters: (3,) ()
# loss: half the mean squared error
import numpy as np


class LinearRegression:
    def __init__(self, learning_rate=0.01, n_iters=200):
        self.lr = learning_rate
        self.n_iters = n_iters
        self.weights = None
        self.bias = None

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0
        for _ in range(self.n_iters):
            y_predicted = np.dot(X, self.weights) + self.bias
            dw = (1 / n_samples) * np.dot(X.T, (y_predicted - y))  # wrong: dw = (1 / n_samples) * np.dot(X.T, (y_predicted - X[:, 0]))
            db = (1 / n_samples) * np.sum(y_predicted - y)
            self.weights -= self.lr * dw
            self.bias -= self.lr * db


r = np.random.RandomState(0)
X = r.randn(40, 3)
LinearRegression().fit(X, X @ np.array([1.0, 2.0, 3.0]) + 1)
