#$ def probe(script): return script.flat("W b", loss="loss", rate="eta")
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

np.random.seed(0)
X = np.random.randn(21, 4)
labels = np.argmax(X[:, :3], axis=1)
T = np.eye(3)[labels]
W = 0.1 * np.random.randn(4, 3)
b = np.zeros(3)
eta = 0.5

for it in range(200):
    S = softmax(X @ W + b)
    loss = np.sum((S - T) ** 2) / len(X)
    dS = 2 * (S - T) / len(X)
    dZ = S * (dS - (dS * S).sum(axis=1, keepdims=True))
    #! softmax-elementwise :: dZ = dS * S * (1 - S)
    W -= eta * X.T @ dZ
    b -= eta * dZ.sum(axis=0)
    if it % 50 == 0: print(loss)
