# parameters: (3, 5) (1, 5) (5, 2) (1, 2)
# loss: np.mean(np.sum((pred - y) ** 2, axis=1))
import numpy as np


class Linear:
    def __init__(self, i, o, rng):
        self.weight = rng.standard_normal((i, o)) / np.sqrt(i)
        self.bias = np.zeros((1, o))

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, g):
        self.grad_weight = self.x.T @ g
        self.grad_bias = g.sum(axis=0, keepdims=True)
        return g @ self.weight.T

    def step(self, lr):
        self.weight -= lr * self.grad_weight
        self.bias -= lr * self.grad_bias


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - self.y ** 2)  # wrong: return g * (1 - self.y)

    def step(self, lr):
        pass


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, g):
        for layer in reversed(self.layers):
            g = layer.backward(g)


rng = np.random.default_rng(1)
X = rng.standard_normal((24, 3))
y = rng.standard_normal((24, 2))
net = Sequential(Linear(3, 5, rng), Tanh(), Linear(5, 2, rng))
trace = []
for _ in range(60):
    pred = net.forward(X)
    trace.append(np.mean(np.sum((pred - y) ** 2, axis=1)))
    net.backward(2 * (pred - y) / len(X))
    for layer in net.layers:
        layer.step(0.1)
