#$ def probe(script): return script.flat("A B", loss="loss", rate=0.1)
import numpy as np
np.random.seed(17)
X = np.random.randn(8, 3); T = np.random.randn(8, 2)
A = np.random.randn(3, 4); B = np.random.randn(4, 2)
log = []
for i in range(90):
    H = np.tanh(X @ A)
    O = H @ B
    loss = 0.5 * np.mean(np.sum((O - T) ** 2, axis=1))
    log.append(loss)
    d = (O - T) / len(X)
    back = d @ B.T
    B = B - 0.1 * H.T @ d                        # back was taken before
    A = A - 0.1 * X.T @ (back * (1 - H * H))
