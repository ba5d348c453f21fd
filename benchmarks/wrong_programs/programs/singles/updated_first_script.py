#$ def probe(script): return script.flat("W1 B1 W2 B2", loss="ce", rate="LR")
import numpy as np
rs = np.random.RandomState(100)
X = rs.randn(24, 2)
Y = ((X ** 2).sum(1) > 1.2).astype(float).reshape(-1, 1)
LR = 0.4
W1, B1 = rs.randn(2, 6), rs.randn(6) * .1
W2, B2 = rs.randn(6, 1), np.zeros(1)

for step in range(800):
    Z1 = X @ W1 + B1
    A1 = np.maximum(Z1, .1 * Z1)
    P = 1 / (1 + np.exp(-(A1 @ W2 + B2)))
    ce = -np.sum(Y * np.log(P) + (1 - Y) * np.log(1 - P)) / len(X)
    D2 = (P - Y) / len(X)
    #!+ updated-weights-used :: W2 -= LR * A1.T @ D2
    #!+ updated-weights-used :: B2 -= LR * D2.sum(axis=0)
    D1 = D2 @ W2.T * np.where(Z1 > 0, 1, .1)
    #! leaky-slope-sign :: D1 = D2 @ W2.T * np.where(Z1 > 0, 1, -.1)
    W2 -= LR * A1.T @ D2
    #! updated-weights-used ::
    B2 -= LR * D2.sum(axis=0)
    #! updated-weights-used ::
    W1 -= LR * X.T @ D1
    B1 -= LR * D1.sum(axis=0)
    if step % 200 == 0: print(ce)
