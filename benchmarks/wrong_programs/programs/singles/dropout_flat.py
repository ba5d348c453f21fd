#$ def probe(script): return script.flat("W1 W2 W3", loss="loss", rate=0.02)
# dropout with masks drawn once, so that runs can be compared
import numpy as np
rng = np.random.RandomState(17)
X = rng.randn(20, 4); Y = rng.randn(20, 2)
W1, W2, W3 = rng.randn(4, 6), rng.randn(6, 5), rng.randn(5, 2)
keep = 0.6
M1 = (rng.rand(20, 6) < keep) / keep
M2 = (rng.rand(20, 5) < keep) / keep
for i in range(150):
    Z1 = X @ W1; A1 = np.maximum(Z1, 0) * M1
    Z2 = A1 @ W2; A2 = np.maximum(Z2, 0) * M2
    O = A2 @ W3
    loss = np.sum((O - Y) ** 2) / (2 * len(X))
    dO = (O - Y) / len(X)
    dZ2 = dO @ W3.T * M2 * (Z2 > 0)
    #! dropout-mask-missing :: dZ2 = dO @ W3.T * (Z2 > 0)
    dZ1 = dZ2 @ W2.T * M1 * (Z1 > 0)
    #! dropout-scale :: dZ1 = dZ2 @ W2.T * (M1 > 0) * (Z1 > 0)
    W3 -= 0.02 * A2.T @ dO
    W2 -= 0.02 * A1.T @ dZ2
    W1 -= 0.02 * X.T @ dZ1
print(loss)
