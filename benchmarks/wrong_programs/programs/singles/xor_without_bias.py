#$ def probe(script): return script.flat("w1 b1 w2 b2", loss="loss", rate=0.3)
# XOR, tanh - tanh
import numpy as np
np.random.seed(0)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[-0.9], [0.9], [0.9], [-0.9]])
w1 = np.random.randn(2, 5)
b1 = np.random.randn(5)
#! no-bias ::
w2 = np.random.randn(5, 1)
b2 = np.zeros(1)
#! no-bias ::
for i in range(1500):
    h = np.tanh(X @ w1 + b1)
    #! no-bias :: h = np.tanh(X @ w1)
    o = np.tanh(h @ w2 + b2)
    #! no-bias :: o = np.tanh(h @ w2)
    loss = np.sum((o - Y) ** 2) / 2
    do = (o - Y) * (1 - o ** 2)
    dh = do @ w2.T * (1 - h ** 2)
    w2 = w2 - 0.3 * h.T @ do
    w1 = w1 - 0.3 * X.T @ dh
    b2 = b2 - 0.3 * do.sum(axis=0)
    #! no-bias ::
    b1 = b1 - 0.3 * dh.sum(axis=0)
    #! no-bias ::
    if i % 300 == 0:
        print(i, loss)
print(o)
