"""Small hand-written networks in the styles that learners write them in.

Each is one string: what a learner would save into a file. All of them are right, and must pass.
"""

from __future__ import annotations

XOR = """
import numpy as np
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
"""

SCRIPT = (
    XOR
    + """
np.random.seed(1)
def sigmoid(t):
    return 1 / (1 + np.exp(-t))

w_hidden = np.random.randn(2, 3)
bias_hidden = np.zeros((1, 3))
w_out = np.random.randn(3, 1)
bias_out = np.zeros((1, 1))
step = 0.5
history = []
for epoch in range(5000):
    h = sigmoid(X @ w_hidden + bias_hidden)
    o = sigmoid(h @ w_out + bias_out)
    loss = np.mean((y - o) ** 2)
    history.append(loss)
    delta_o = 2 * (o - y) / len(X) * o * (1 - o)
    delta_h = (delta_o @ w_out.T) * h * (1 - h)
    w_out -= step * h.T @ delta_o
    bias_out -= step * delta_o.sum(axis=0, keepdims=True)
    w_hidden -= step * X.T @ delta_h
    bias_hidden -= step * delta_h.sum(axis=0, keepdims=True)
print(history[-1])
"""
)

NO_RATE = (
    XOR
    + """
np.random.seed(1)
syn0 = 2 * np.random.random((2, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1
def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))
for j in range(60000):
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l2_error = y - l2
    if (j % 10000) == 0:
        print("Error:" + str(np.mean(np.abs(l2_error))))
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)
    syn1 += l1.T.dot(l2_delta)
    syn0 += l0.T.dot(l1_delta)
print(l2)
"""
)

PARAMS_DICT = """
import numpy as np
rng = np.random.default_rng(3)

def init(sizes):
    p = {}
    for i in range(1, len(sizes)):
        p[f"W{i}"] = rng.normal(size=(sizes[i - 1], sizes[i])) * 0.5
        p[f"b{i}"] = np.zeros(sizes[i])
    return p

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def forward(inputs, p):
    memo = {"A0": inputs}
    a = inputs
    for i in (1, 2):
        z = a @ p[f"W{i}"] + p[f"b{i}"]
        a = np.tanh(z)
        memo[f"Z{i}"], memo[f"A{i}"] = z, a
    z = a @ p["W3"] + p["b3"]
    probs = softmax(z)
    return probs, memo

def cross_entropy(probs, T):
    return -np.sum(T * np.log(probs)) / len(T)

def backward(T, probs, memo, p):
    g = {}
    d = (probs - T) / len(T)
    for i in (3, 2, 1):
        g[f"dW{i}"] = memo[f"A{i-1}"].T @ d
        g[f"db{i}"] = d.sum(axis=0)
        if i > 1:
            d = (d @ p[f"W{i}"].T) * (1 - memo[f"A{i-1}"] ** 2)
    return g

def train(inputs, T, epochs=300, eta=0.1):
    p = init([4, 7, 5, 3])
    costs = []
    for _ in range(epochs):
        probs, memo = forward(inputs, p)
        costs.append(cross_entropy(probs, T))
        g = backward(T, probs, memo, p)
        for k in p:
            p[k] = p[k] - eta * g["d" + k]
    return p, costs

data = rng.normal(size=(20, 4))
T = np.eye(3)[rng.integers(0, 3, 20)]
p, costs = train(data, T)
assert costs[-1] < costs[0]
"""

LAYER_DICTS = """
import numpy as np
def make(i, o):
    return {"weight": np.random.randn(i, o) * 0.3, "bias": np.zeros((1, o))}
def lrelu(z):
    return np.where(z > 0, z, 0.1 * z)
def dlrelu(z):
    return np.where(z > 0, 1.0, 0.1)
def push_back(grad, lay, seen, lr=0.02):
    down = grad @ lay["weight"].T
    lay["weight"] += lr * (seen.T @ grad)
    lay["bias"] += lr * grad.sum(0, keepdims=True)
    return down
def experiment_a():
    x = np.linspace(-2, 2, 12).reshape(-1, 1)
    y = np.sin(x)
    first, second = make(1, 6), make(6, 1)
    for t in range(200):
        z = x @ first["weight"] + first["bias"]
        a = lrelu(z)
        out = a @ second["weight"] + second["bias"]
        if t % 50 == 0:
            print("mse", np.mean((out - y) ** 2))
        g = y - out
        g1 = push_back(g, second, a)
        push_back(g1 * dlrelu(z), first, x)
def experiment_b():
    x = np.random.randn(9, 2)
    y = x[:, :1] * x[:, 1:]
    first, mid, second = make(2, 5), make(5, 4), make(4, 1)
    for t in range(200):
        z1 = x @ first["weight"] + first["bias"]
        a1 = np.tanh(z1)
        z2 = a1 @ mid["weight"] + mid["bias"]
        a2 = np.tanh(z2)
        out = a2 @ second["weight"] + second["bias"]
        g = y - out
        g = push_back(g, second, a2)
        g = push_back(g * (1 - a2 ** 2), mid, a1)
        push_back(g * (1 - a1 ** 2), first, x)
if __name__ == "__main__":
    experiment_a()
"""

CLASS = """
import numpy as np
class Net(object):
    def __init__(self, n_in=2, n_hid=5, n_out=2, lr=0.3):
        rs = np.random.RandomState(0)
        self.w1 = rs.randn(n_hid, n_in); self.b1 = np.zeros((n_hid, 1))
        self.w2 = rs.randn(n_out, n_hid); self.b2 = np.zeros((n_out, 1))
        self.lr = lr
        self.errors = []
    def f(self, z):
        return 1.0 / (1.0 + np.exp(-z))
    def feed(self, X):
        self.z1 = self.w1 @ X + self.b1
        self.a1 = np.maximum(0, self.z1)
        self.z2 = self.w2 @ self.a1 + self.b2
        return self.f(self.z2)
    def cost(self, out, T):
        m = T.shape[1]
        return -(T * np.log(out) + (1 - T) * np.log(1 - out)).sum() / m
    def learn(self, X, T):
        m = X.shape[1]
        out = self.feed(X)
        self.errors.append(self.cost(out, T))
        d2 = out - T
        d1 = (self.w2.T @ d2) * (self.z1 > 0)
        self.w2 = self.w2 - self.lr * (d2 @ self.a1.T) / m
        self.b2 = self.b2 - self.lr * d2.sum(axis=1, keepdims=True) / m
        self.w1 = self.w1 - self.lr * (d1 @ X.T) / m
        self.b1 = self.b1 - self.lr * d1.sum(axis=1, keepdims=True) / m
rng = np.random.default_rng(5)
X = rng.normal(size=(2, 15)); T = (rng.random((2, 15)) > 0.5).astype(float)
net = Net()
for _ in range(1000):
    net.learn(X, T)
"""

LISTS = """
import numpy as np
class MLP:
    def __init__(self, sizes):
        self.W = [np.random.randn(a, b) / np.sqrt(a) for a, b in zip(sizes[:-1], sizes[1:])]
        self.B = [np.zeros((1, b)) for b in sizes[1:]]
    def forward(self, X):
        acts, zs = [X], []
        for w, b in zip(self.W, self.B):
            zs.append(acts[-1] @ w + b)
            acts.append(np.tanh(zs[-1]))
        return acts, zs
    def backward(self, Y, acts, zs):
        n = len(Y)
        delta = (acts[-1] - Y) * (1 - acts[-1] ** 2)
        gw, gb = [], []
        for l in reversed(range(len(self.W))):
            gw.insert(0, acts[l].T @ delta / n)
            gb.insert(0, delta.sum(axis=0, keepdims=True) / n)
            if l:
                delta = (delta @ self.W[l].T) * (1 - np.tanh(zs[l - 1]) ** 2)
        return gw, gb
    def loss(self, Y, P):
        return 0.5 * np.sum((P - Y) ** 2) / len(Y)
    def fit(self, X, Y, epochs=1000, lr=0.05):
        curve = []
        for e in range(epochs):
            acts, zs = self.forward(X)
            curve.append(self.loss(Y, acts[-1]))
            gw, gb = self.backward(Y, acts, zs)
            self.W = [w - lr * g for w, g in zip(self.W, gw)]
            self.B = [b - lr * g for b, g in zip(self.B, gb)]
        return curve
np.random.seed(0)
X = np.random.randn(11, 3)
Y = np.tanh(X @ np.random.randn(3, 2))
MLP([3, 6, 4, 2]).fit(X, Y)
"""

PER_SAMPLE = (
    XOR
    + """
np.random.seed(2)
W1 = np.random.randn(2, 3); b1 = np.random.randn(3)
W2 = np.random.randn(3, 1); b2 = np.random.randn(1)
sig = lambda z: 1 / (1 + np.exp(-z))
lr = 0.3
for epoch in range(500):
    total = 0
    for xi, ti in zip(X, y):
        h = sig(xi @ W1 + b1)
        o = sig(h @ W2 + b2)
        total += 0.5 * np.sum((o - ti) ** 2)
        do = (o - ti) * o * (1 - o)
        dh = (W2 @ do) * h * (1 - h)
        W2 -= lr * np.outer(h, do)
        b2 -= lr * do
        W1 -= lr * np.outer(xi, dh)
        b1 -= lr * dh
    if epoch % 100 == 0:
        print(epoch, total)
"""
)

ACCUMULATED = (
    XOR
    + """
np.random.seed(2)
W1 = np.random.randn(2, 3); b1 = np.random.randn(3)
W2 = np.random.randn(3, 1); b2 = np.random.randn(1)
sig = lambda z: 1 / (1 + np.exp(-z))
alpha = 0.3
losses = []
for epoch in range(500):
    gW1 = np.zeros_like(W1); gb1 = np.zeros_like(b1); gW2 = np.zeros_like(W2); gb2 = np.zeros_like(b2)
    total = 0
    for i in range(len(X)):
        h = sig(X[i] @ W1 + b1)
        o = sig(h @ W2 + b2)
        total += np.sum((o - y[i]) ** 2)
        do = 2 * (o - y[i]) * o * (1 - o)
        dh = (W2 @ do) * h * (1 - h)
        gW2 += np.outer(h, do)
        gb2 += do
        gW1 += np.outer(X[i], dh)
        gb1 += dh
    losses.append(total / len(X))
    W1 -= alpha * gW1 / len(X); b1 -= alpha * gb1 / len(X)
    W2 -= alpha * gW2 / len(X); b2 -= alpha * gb2 / len(X)
"""
)

MINI_BATCH = """
import numpy as np
np.random.seed(0)
特征 = np.random.randn(60, 3)
标签 = (特征.sum(axis=1, keepdims=True) > 0).astype(float)
权重1 = np.random.randn(3, 4) * 0.5
偏置1 = np.zeros((1, 4))
权重2 = np.random.randn(4, 1) * 0.5
偏置2 = np.zeros((1, 1))
学习率 = 0.1
损失记录 = []
for 轮 in range(50):
    次序 = np.random.permutation(60)
    for 起 in range(0, 60, 20):
        x = 特征[次序[起:起 + 20]]; t = 标签[次序[起:起 + 20]]
        隐藏 = np.tanh(x @ 权重1 + 偏置1)
        输出 = 1 / (1 + np.exp(-(隐藏 @ 权重2 + 偏置2)))
        损失 = -np.mean(t * np.log(输出) + (1 - t) * np.log(1 - 输出))
        损失记录.append(损失)
        d2 = (输出 - t) / len(x)
        d1 = d2 @ 权重2.T * (1 - 隐藏 ** 2)
        权重2 -= 学习率 * 隐藏.T @ d2
        偏置2 -= 学习率 * d2.sum(0, keepdims=True)
        权重1 -= 学习率 * x.T @ d1
        偏置1 -= 学习率 * d1.sum(0, keepdims=True)
"""

LAYER_OBJECTS = """
import numpy as np
class Dense:
    def __init__(self, i, o):
        self.weights = np.random.randn(i, o) * 0.4
        self.bias = np.zeros(o)
    def forward(self, x):
        self.x = x
        return x @ self.weights + self.bias
    def backward(self, g, lr):
        down = g @ self.weights.T
        self.weights -= lr * self.x.T @ g
        self.bias -= lr * g.sum(axis=0)
        return down
class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, g, lr):
        return g * (1 - self.y ** 2)
def mse(p, t):
    return np.mean((p - t) ** 2)
def mse_prime(p, t):
    return 2 * (p - t) / p.size
np.random.seed(4)
net = [Dense(3, 5), Tanh(), Dense(5, 2)]
X = np.random.randn(8, 3); Y = np.random.randn(8, 2)
e = 0
while e < 1000:
    out = X
    for layer in net:
        out = layer.forward(out)
    err = mse(out, Y)
    g = mse_prime(out, Y)
    for layer in reversed(net):
        g = layer.backward(g, 0.05)
    e += 1
    if err < 1e-4:
        break
    print('epoch %d error %f' % (e, err))
"""

PLAIN_PYTHON = """
import math, random
random.seed(3)
data = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
w = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
bh = [random.uniform(-1, 1) for _ in range(3)]
v = [random.uniform(-1, 1) for _ in range(3)]
bo = 0.1
lr = 0.5
def s(z):
    return 1 / (1 + math.exp(-z))
for epoch in range(2000):
    loss = 0.0
    for x, t in data:
        h = [s(w[j][0] * x[0] + w[j][1] * x[1] + bh[j]) for j in range(3)]
        o = s(sum(v[j] * h[j] for j in range(3)) + bo)
        loss += (o - t) ** 2
        d = 2 * (o - t) * o * (1 - o)
        for j in range(3):
            dh = d * v[j] * h[j] * (1 - h[j])
            v[j] -= lr * d * h[j]
            for i in range(2):
                w[j][i] -= lr * dh * x[i]
            bh[j] -= lr * dh
        bo -= lr * d
    if epoch % 500 == 0:
        print(epoch, loss)
"""

REGULARISED = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(14, 3)); Y = rng.normal(size=(14, 2))
def run(lam=0.05, learning_rate=0.1, iters=400):
    theta = {"W1": rng.normal(size=(3, 4)), "b1": np.zeros(4), "W2": rng.normal(size=(4, 2)), "b2": np.zeros(2)}
    J_history = []
    for it in range(iters):
        Z = X @ theta["W1"] + theta["b1"]
        H = np.log1p(np.exp(Z))
        P = H @ theta["W2"] + theta["b2"]
        data_loss = np.sum((P - Y) ** 2) / (2 * len(X))
        penalty = lam / 2 * (np.sum(theta["W1"] ** 2) + np.sum(theta["W2"] ** 2))
        J = data_loss + penalty
        J_history.append(J)
        D = (P - Y) / len(X)
        grads = {"W2": H.T @ D + lam * theta["W2"], "b2": D.sum(0)}
        E = D @ theta["W2"].T / (1 + np.exp(-Z))
        grads["W1"] = X.T @ E + lam * theta["W1"]; grads["b1"] = E.sum(0)
        for name in theta:
            theta[name] -= learning_rate * grads[name]
    return theta, J_history
run()
"""

SOFTMAX_BATCHES = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(96, 12)); Y = np.eye(4)[rng.integers(0, 4, 96)]
W1 = rng.normal(size=(12, 9)) * 0.3; b1 = np.zeros(9)
W2 = rng.normal(size=(9, 4)) * 0.3; b2 = np.zeros(4)
lr = 0.1
losses = []
for epoch in range(100):
    for start in range(0, 96, 32):
        x, y = X[start:start + 32], Y[start:start + 32]
        h = np.maximum(0, x @ W1 + b1)
        z = h @ W2 + b2
        z -= z.max(1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(1, keepdims=True)
        losses.append(-np.mean(np.sum(y * np.log(p), axis=1)))
        d = (p - y) / len(x)
        dh = (d @ W2.T) * (h > 0)
        W2 -= lr * h.T @ d; b2 -= lr * d.sum(0)
        W1 -= lr * x.T @ dh; b1 -= lr * dh.sum(0)
"""

RIGHT: dict[str, str] = {
    "softmax-batches": SOFTMAX_BATCHES,
    "script": SCRIPT,
    "no-rate": NO_RATE,
    "params-dict": PARAMS_DICT,
    "layer-dicts": LAYER_DICTS,
    "class": CLASS,
    "lists": LISTS,
    "per-sample": PER_SAMPLE,
    "accumulated": ACCUMULATED,
    "mini-batch": MINI_BATCH,
    "layer-objects": LAYER_OBJECTS,
    "plain-python": PLAIN_PYTHON,
    "regularised": REGULARISED,
}
