# parameters: (2, 4) (1, 4) (4, 3) (1, 3)
# loss: -np.mean(np.sum(T * np.log(p), axis=1))
import numpy as np

np.random.seed(6)


class Dense:
    def __init__(self, i, o):
        self.weights = 0.5 * np.random.randn(i, o)
        self.biases = np.zeros((1, o))

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.biases

    def backward(self, d):
        self.dweights = self.x.T @ d
        self.dbiases = d.sum(axis=0, keepdims=True)
        return d @ self.weights.T


class Adam:
    def __init__(self, lr=0.02, b1=0.9, b2=0.999):
        self.lr, self.b1, self.b2, self.t = lr, b1, b2, 0

    def update(self, layer):
        for name in ("weights", "biases"):
            g = getattr(layer, "d" + name)
            m = self.b1 * getattr(layer, name + "_m", 0) + (1 - self.b1) * g
            v = self.b2 * getattr(layer, name + "_v", 0) + (1 - self.b2) * g * g
            setattr(layer, name + "_m", m)
            setattr(layer, name + "_v", v)
            mh, vh = m / (1 - self.b1 ** self.t), v / (1 - self.b2 ** self.t)
            setattr(layer, name, getattr(layer, name) - self.lr * mh / (np.sqrt(vh) + 1e-7))


X = np.random.randn(30, 2)
T = np.eye(3)[np.random.randint(0, 3, 30)]
first, second, opt = Dense(2, 4), Dense(4, 3), Adam()
history = []
for step in range(50):
    a = np.maximum(0, first.forward(X))
    e = np.exp(second.forward(a))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.sum(T * np.log(p), axis=1))
    history.append(loss)
    d = second.backward((p - T) / len(X))
    first.backward(d * (a > 0))  # wrong: first.backward(d)
    opt.t += 1
    opt.update(first)
    opt.update(second)
