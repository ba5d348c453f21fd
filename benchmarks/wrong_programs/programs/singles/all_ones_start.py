#$ def probe(script): return script.flat("Wx bx Wy by", loss="mse", rate=0.1)
"""XOR with tanh units."""
import numpy as np
rng = np.random.RandomState(0)
X = np.array([[-1., -1], [-1, 1], [1, -1], [1, 1]])
Y = np.array([[-1.], [1], [1], [-1]]) * 0.8
Wx = rng.randn(2, 4)
#! symmetric-initialisation :: Wx = np.ones((2, 4))
bx = rng.randn(4)
#! symmetric-initialisation :: bx = np.zeros(4)
Wy = rng.randn(4, 1)
#! symmetric-initialisation :: Wy = np.ones((4, 1))
by = np.zeros(1)
for _ in range(1200):
    A = np.tanh(X.dot(Wx) + bx)
    P = np.tanh(A.dot(Wy) + by)
    mse = np.mean((P - Y) ** 2)
    dP = 2 * (P - Y) / len(Y) * (1 - P ** 2)
    dA = dP.dot(Wy.T) * (1 - A ** 2)
    Wy = Wy - 0.1 * A.T.dot(dP)
    by = by - 0.1 * dP.sum(axis=0)
    Wx = Wx - 0.1 * X.T.dot(dA)
    bx = bx - 0.1 * dA.sum(axis=0)
print(mse, P.ravel())
