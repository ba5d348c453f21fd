# parameters: (3, 4) (1, 4) (4, 2) (1, 2)
# loss: np.sum((y - t) ** 2) / (2 * x.shape[0])
import numpy as np


class Net:
    def __init__(self, *dims):
        r = np.random.RandomState(3)
        self.dims = dims
        self.M = [r.randn(p, q) * 0.5 for p, q in zip(dims, dims[1:])]
        self.k = [np.zeros((1, q)) for q in dims[1:]]

    def __call__(self, x):
        self.s = [x]
        for m, k in zip(self.M, self.k):
            x = np.tanh(x.dot(m) + k)
            self.s.append(x)
        return x

    def pull(self, g):
        out = []
        for i in range(len(self.M))[::-1]:
            g = g * (1 - self.s[i + 1] ** 2)
            out.insert(0, (self.s[i].T.dot(g), g.sum(0, keepdims=True)))
            g = g.dot(self.M[i].T)  # wrong: g = g.dot(np.abs(self.M[i]).T)
        return out


def cycle(net, x, t, speed):
    y = net(x)
    e = np.sum((y - t) ** 2) / (2 * x.shape[0])
    for i, (dm, dk) in enumerate(net.pull((y - t) / x.shape[0])):
        net.M[i] = net.M[i] - speed * dm
        net.k[i] = net.k[i] - speed * dk
    return e


r = np.random.RandomState(5)
x, t = r.randn(17, 3), r.rand(17, 2)
net = Net(3, 4, 2)
es = [cycle(net, x, t, 0.1) for _ in range(30)]
