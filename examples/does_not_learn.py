"""Two half moons, told apart by one hidden layer. It ought to learn that, and does not."""

import numpy as np

rng = np.random.default_rng(1)


def moons(samples):
    angle = np.pi * rng.random(samples)
    upper = rng.random(samples) < 0.5
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    X = np.column_stack([x, y]) + 0.1 * rng.normal(size=(samples, 2))
    return X, upper.astype(float)[:, None]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(a):
    return a * (1 - a)


class Network:
    def __init__(self, features, hidden):
        self.W1 = rng.normal(size=(features, hidden))
        self.b1 = np.zeros((1, hidden))
        self.W2 = rng.normal(size=(hidden, 1))
        self.b2 = np.zeros((1, 1))

    def forward(self, X):
        self.X = X
        self.Z1 = X @ self.W1 + self.b1
        self.A1 = sigmoid(self.Z1)
        self.Z2 = self.A1 @ self.W2 + self.b2
        self.A2 = sigmoid(self.Z2)
        return self.A2

    def loss(self, Y):
        return -np.mean(Y * np.log(self.A2) + (1 - Y) * np.log(1 - self.A2))

    def backward(self, Y, rate):
        m = len(Y)
        dZ2 = (self.A2 - Y) / m
        dZ1 = dZ2 @ self.W2.T * sigmoid_derivative(self.Z1)
        self.W2 -= rate * self.A1.T @ dZ2
        self.b2 -= rate * dZ2.sum(axis=0, keepdims=True)
        self.W1 -= rate * self.X.T @ dZ1
        self.b1 -= rate * dZ1.sum(axis=0, keepdims=True)


X, Y = moons(200)
network = Network(2, 8)
for epoch in range(3001):
    guess = network.forward(X)
    loss = network.loss(Y)
    network.backward(Y, rate=0.5)
    if epoch % 500 == 0:
        print(f"epoch {epoch}: loss {loss:.3f}, {np.mean((guess > 0.5) == Y):.0%} right")
