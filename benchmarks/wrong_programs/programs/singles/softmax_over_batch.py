#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="loss", rate=0.05)
import numpy as np
rng = np.random.default_rng(41)
X = rng.normal(size=(14, 3)); lab = rng.integers(0, 3, 14); Y = np.eye(3)[lab]
W1 = rng.normal(size=(3, 6)); b1 = np.zeros(6); W2 = rng.normal(size=(6, 3)); b2 = np.zeros(3)

def softmax(z):
    z = z - np.max(z)
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    #! softmax-axis :: return np.exp(z) / np.sum(np.exp(z), axis=0)

for i in range(200):
    h = np.tanh(X @ W1 + b1)
    p = softmax(h @ W2 + b2)
    loss = -np.sum(Y * np.log(p))
    d = p - Y
    dh = d @ W2.T * (1 - h ** 2)
    W1 -= 0.05 * X.T @ dh
    b1 -= 0.05 * dh.sum(0)
    #! bias-gradient-missing ::
    W2 -= 0.05 * h.T @ d
    b2 -= 0.05 * d.sum(0)
    if i % 40 == 0: print(loss)
