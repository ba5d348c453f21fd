#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="cost", rate="lr")
import numpy as np
np.random.seed(7)
data = np.random.randn(9, 3)
inputs = data[:, :2]
target = data[:, 2:]
#! target-broadcast :: target = data[:, 2]
W1 = np.random.randn(2, 4); b1 = np.zeros((1, 4))
W2 = np.random.randn(4, 1); b2 = np.zeros((1, 1))
lr = 0.01

for k in range(300):
    hid = np.tanh(inputs @ W1 + b1)
    out = hid @ W2 + b2
    cost = np.sum((out.reshape(-1) - target.reshape(-1)) ** 2) / 2
    delta = out - target
    #!? target-broadcast ::
    delta = delta.sum(axis=1, keepdims=True)
    dhid = delta @ W2.T * (1 - hid ** 2)
    W2 -= lr * hid.T @ delta
    b2 -= lr * delta.sum()
    W1 -= lr * inputs.T @ dhid
    b1 -= lr * dhid.sum(axis=0)
