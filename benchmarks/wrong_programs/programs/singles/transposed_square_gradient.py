#$ def probe(script): return script.flat("A B", loss="err", rate=0.02)
import numpy as np
np.random.seed(15)
N = 12
X = np.random.randn(N, 4); Y = np.random.randn(N, 4)
A = np.random.randn(4, 4); B = np.random.randn(4, 4)
for i in range(100):
    H = np.maximum(0, X @ A)
    P = H @ B
    err = np.sum((P - Y)**2)/N
    dP = 2*(P - Y)/N
    dH = (dP @ B.T)*(H > 0)
    A -= 0.02 * (X.T @ dH)
    #! transposed-block :: A -= 0.02 * (X.T @ dH).T
    B -= 0.02 * (H.T @ dP)
    print(err)
