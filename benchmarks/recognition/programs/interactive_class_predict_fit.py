# parameters: (4, 5) (5,) (5, 3) (3,)
# loss: -np.log(P[np.arange(len(y)), y] + 1e-12).mean()
import numpy as np


class SoftmaxClassifier:
    def __init__(self, hidden=5, rate=0.2, n_iter=30, random_state=0):
        self.hidden, self.rate, self.n_iter, self.random_state = hidden, rate, n_iter, random_state

    def fit(self, X, y):
        rgen = np.random.RandomState(self.random_state)
        k = len(np.unique(y))
        self.coefs_ = [rgen.randn(X.shape[1], self.hidden), rgen.randn(self.hidden, k)]
        self.intercepts_ = [np.zeros(self.hidden), np.zeros(k)]
        self.loss_curve_ = []
        for _ in range(self.n_iter):
            H = np.tanh(X @ self.coefs_[0] + self.intercepts_[0])
            S = H @ self.coefs_[1] + self.intercepts_[1]
            P = np.exp(S - S.max(1, keepdims=True))
            P /= P.sum(1, keepdims=True)
            self.loss_curve_.append(-np.log(P[np.arange(len(y)), y] + 1e-12).mean())
            D = (P - np.eye(k)[y]) / len(y)
            G = D @ self.coefs_[1].T * (1 - H ** 2)  # wrong: G = D @ self.coefs_[1].T
            self.coefs_[1] -= self.rate * H.T @ D
            self.intercepts_[1] -= self.rate * D.sum(0)
            self.coefs_[0] -= self.rate * X.T @ G
            self.intercepts_[0] -= self.rate * G.sum(0)
        return self


r = np.random.RandomState(1)
SoftmaxClassifier().fit(r.randn(30, 4), np.resize([0, 1, 2], 30))
