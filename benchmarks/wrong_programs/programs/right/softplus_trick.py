#$ def probe(script): return script.flat("W1 b1 W2 b2", loss="J", rate="step_size")
import numpy as np
rs = np.random.RandomState(13)
X = rs.randn(25, 2); y = (X[:, 0] ** 2 > X[:, 1]).astype(float)[:, None]
step_size = 0.5
W1 = rs.randn(2, 7); b1 = np.zeros(7); W2 = rs.randn(7, 1); b2 = np.zeros(1)
values = []
for i in range(250):
    Z1 = X @ W1 + b1
    A1 = np.logaddexp(0, Z1)
    Z2 = A1 @ W2 + b2
    J = np.mean(np.logaddexp(0, Z2) - y * Z2)      # cross-entropy from logits
    values.append(J)
    dZ2 = (1 / (1 + np.exp(-Z2)) - y) / len(X)
    dZ1 = dZ2 @ W2.T * (1 - np.exp(-A1))
    W1 -= step_size * X.T @ dZ1; b1 -= step_size * dZ1.sum(0)
    W2 -= step_size * A1.T @ dZ2; b2 -= step_size * dZ2.sum(0)
