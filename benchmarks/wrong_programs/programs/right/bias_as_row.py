#$ def probe(script): return script.flat("M1 M2", loss="E", rate=0.1)
import numpy as np
rng = np.random.RandomState(10)
def ext(a): return np.vstack([a, np.ones(a.shape[1])])
X = ext(rng.randn(3, 12)); T = rng.randn(2, 12)       # columns are patterns
M1 = rng.randn(5, 4); M2 = rng.randn(2, 6)
Es = []
for k in range(150):
    H = ext(np.tanh(M1 @ X))
    O = M2 @ H
    E = 0.5 * np.sum((T - O) ** 2) / T.shape[1]
    Es.append(E)
    D2 = (T - O) / T.shape[1]
    D1 = (M2.T @ D2 * (1 - H ** 2))[:-1]
    M2 += 0.1 * D2 @ H.T
    M1 += 0.1 * D1 @ X.T
