# parameters: (3, 5) (5,) (5, 4) (4,)
# loss: criterion.forward(net_out, labels)
import numpy as np


class Dense:
    def __init__(self, a, b):
        self.w = 0.3 * np.random.randn(a, b)
        self.b = np.zeros(b)

    def __call__(self, x):
        self.inp = x
        return x @ self.w + self.b

    def back(self, d):
        self.dw = self.inp.T @ d
        self.db = d.sum(0)
        return d @ self.w.T


class Relu:
    def __call__(self, x):
        self.mask = x > 0
        return x * self.mask

    def back(self, d):
        return d * self.mask  # wrong: return d


class CrossEntropy:
    def forward(self, z, labels):
        e = np.exp(z - z.max(1, keepdims=True))
        self.p, self.labels = e / e.sum(1, keepdims=True), labels
        return -np.log(self.p[range(len(z)), labels]).mean()

    def back(self):
        d = self.p.copy()
        d[range(len(d)), self.labels] -= 1
        return d / len(d)


class SGD:
    def __init__(self, layers, lr):
        self.layers, self.lr = layers, lr

    def step(self):
        for layer in self.layers:
            if hasattr(layer, "w"):
                layer.w -= self.lr * layer.dw
                layer.b -= self.lr * layer.db


np.random.seed(0)
x = np.random.randn(40, 3)
labels = np.random.randint(0, 4, 40)
model = [Dense(3, 5), Relu(), Dense(5, 4)]
criterion = CrossEntropy()
opt = SGD(model, 0.2)
values = []
for i in range(40):
    net_out = x
    for part in model:
        net_out = part(net_out)
    value = criterion.forward(net_out, labels)
    values.append(value)
    d = criterion.back()
    for part in reversed(model):
        d = part.back(d)
    opt.step()
