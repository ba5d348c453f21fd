#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="total", rate=0.05)
import numpy as np
rs = np.random.RandomState(40)
X = rs.randn(22, 3); Y = rs.randn(22, 2) * 2
W1, b1, W2, b2 = rs.randn(3, 5), np.zeros(5), rs.randn(5, 2), np.zeros(2)
track = []
for i in range(200):
    H = np.arctan(X @ W1 + b1)
    O = H @ W2 + b2
    total = np.mean(np.log(np.cosh(O - Y)))
    track.append(total)
    dO = np.tanh(O - Y) / O.size
    #! loss-gradient-mismatch :: dO = (O - Y) / O.size
    dH = dO @ W2.T
    dZ = dH / (1 + (X @ W1 + b1) ** 2)
    #! wrong-derivative-formula|derivative-at-activation :: dZ = dH / (1 + H ** 2)
    W2 -= 0.05 * H.T @ dO; b2 -= 0.05 * dO.sum(0)
    W1 -= 0.05 * X.T @ dZ; b1 -= 0.05 * dZ.sum(0)
print(total)
