# parameters: (4, 5) (1, 5) (5, 3) (1, 3)
# loss: self.cross_entropy(
import numpy as np


class Classifier:
    def __init__(self, n_in=4, n_hid=5, n_cls=3):
        g = np.random.default_rng(41)
        self.layers = {"W1": g.normal(size=(n_in, n_hid)), "b1": np.zeros((1, n_hid)),
                       "W2": g.normal(size=(n_hid, n_cls)), "b2": np.zeros((1, n_cls))}

    def forward(self, X):
        L = self.layers
        self.a = np.tanh(X @ L["W1"] + L["b1"])
        e = np.exp(self.a @ L["W2"] + L["b2"])
        return e / e.sum(axis=1, keepdims=True)

    def cross_entropy(self, P, Y):
        return -np.sum(Y * np.log(P)) / len(Y)

    def gradients(self, X, Y, P):
        d = (P - Y) / len(Y)
        back = d @ self.layers["W2"].T * (1 - self.a ** 2)  # wrong: back = d @ self.layers["W2"].T
        return {"W2": self.a.T @ d, "b2": d.sum(0, keepdims=True), "W1": X.T @ back, "b1": back.sum(0, keepdims=True)}

    def fit(self, X, Y, epochs=5, batch=8, lr=0.2):
        self.curve = []
        for epoch in range(epochs):
            for i in range(0, len(X), batch):
                xb, yb = X[i:i + batch], Y[i:i + batch]
                P = self.forward(xb)
                self.curve.append(self.cross_entropy(P, yb))
                for name, grad in self.gradients(xb, yb, P).items():
                    self.layers[name] -= lr * grad


g = np.random.default_rng(42)
Classifier().fit(g.normal(size=(32, 4)), np.eye(3)[g.integers(0, 3, 32)])
