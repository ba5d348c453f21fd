# parameters: (3, 7) (1, 7) (7, 2) (1, 2)
# loss: self._loss(out, Y[idx])
import numpy as np


class Net:
    def __init__(self, dims, lr=0.01, l2=0.0):
        self.lr, self.l2 = lr, l2
        self.theta, self.velocity = {}, {}
        for i in (1, 2):
            self.theta[f"W{i}"] = np.random.randn(dims[i - 1], dims[i]) / np.sqrt(dims[i - 1])
            self.theta[f"b{i}"] = np.zeros((1, dims[i]))
        for k, v in self.theta.items():
            self.velocity[k] = np.zeros_like(v)

    def _forward(self, X):
        A = np.tanh(X @ self.theta["W1"] + self.theta["b1"])
        return A @ self.theta["W2"] + self.theta["b2"], A

    def _loss(self, out, Y):
        return np.mean((out - Y) ** 2) + self.l2 * sum(np.sum(self.theta[k] ** 2) for k in ("W1", "W2"))

    def _backward(self, out, A, X, Y):
        d = 2 * (out - Y) / Y.size
        g = {"W2": A.T @ d + 2 * self.l2 * self.theta["W2"], "b2": d.sum(axis=0, keepdims=True)}
        d = d @ self.theta["W2"].T * (1 - A ** 2)
        g["W1"] = X.T @ d + 2 * self.l2 * self.theta["W1"]  # wrong: g["W1"] = X.T @ d + self.l2 * self.theta["W1"]
        g["b1"] = d.sum(axis=0, keepdims=True)
        return g

    def fit(self, X, Y, epochs=30, batch_size=16):
        for ep in range(epochs):
            perm = np.random.permutation(len(X))
            epoch_loss = 0
            for s in range(0, len(X), batch_size):
                idx = perm[s:s + batch_size]
                out, A = self._forward(X[idx])
                epoch_loss += self._loss(out, Y[idx])
                g = self._backward(out, A, X[idx], Y[idx])
                for k in self.theta:
                    self.velocity[k] = 0.9 * self.velocity[k] + g[k]
                    self.theta[k] -= self.lr * self.velocity[k]
            if ep % 10 == 0:
                print(ep, epoch_loss)


np.random.seed(2)
X = np.random.uniform(-1, 1, (48, 3))
Net([3, 7, 2], l2=1e-2).fit(X, np.c_[X[:, 0] * X[:, 1], X[:, 2] ** 3])
