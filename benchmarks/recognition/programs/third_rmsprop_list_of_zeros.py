# parameters: (3, 8) (8,) (8, 1) (1,)
# loss: mean squared error
import numpy as np


class NN:
    def __init__(self, n_features, n_hidden=8, lr=0.01, decay=0.9, batch=20):
        self.lr, self.decay, self.batch = lr, decay, batch
        self.w1 = np.random.randn(n_features, n_hidden) * np.sqrt(2 / n_features)
        self.b1 = np.zeros(n_hidden)
        self.w2 = np.random.randn(n_hidden, 1) * np.sqrt(2 / n_hidden)
        self.b2 = np.zeros(1)
        self.cache = [0, 0, 0, 0]

    def _forward(self, X):
        self.z1 = X @ self.w1 + self.b1
        self.a1 = np.where(self.z1 > 0, self.z1, 0.01 * self.z1)
        return (self.a1 @ self.w2 + self.b2).ravel()

    def _grad(self, X, y, y_hat):
        err = 2 * (y_hat - y)[:, None] / len(y)
        e1 = (err @ self.w2.T) * np.where(self.z1 > 0, 1, 0.01)  # wrong: e1 = (err @ self.w2.T) * np.where(self.z1 > 0, 1, -0.01)
        return [X.T @ e1, e1.sum(0), self.a1.T @ err, err.sum(0)]

    def fit(self, X, y, n_iter=20):
        self.losses = []
        for _ in range(n_iter):
            p = np.random.permutation(len(X))
            for k in range(0, len(X), self.batch):
                xb, yb = X[p[k:k + self.batch]], y[p[k:k + self.batch]]
                grads = self._grad(xb, yb, self._forward(xb))
                for i, (w, g) in enumerate(zip([self.w1, self.b1, self.w2, self.b2], grads)):
                    self.cache[i] = self.decay * self.cache[i] + (1 - self.decay) * g ** 2
                    w -= self.lr * g / (np.sqrt(self.cache[i]) + 1e-8)
            self.losses.append(((self._forward(X) - y) ** 2).mean())
        return self


np.random.seed(3)
X = np.random.rand(60, 3)
NN(3).fit(X, X[:, 0] * 2 - X[:, 1] ** 2)
