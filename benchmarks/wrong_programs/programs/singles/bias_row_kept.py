#$ def probe(script): return script.flat("T1 T2", loss="E", rate=0.05)
# Bias-Neuron als erste Spalte
import numpy as np
rng = np.random.RandomState(6)
X = np.c_[np.ones(10), rng.randn(10, 3)]
D = rng.randn(10, 2)
T1 = rng.randn(4, 5) * 0.7
T2 = rng.randn(6, 2) * 0.7
for durchlauf in range(200):
    N = X @ T1
    S = np.tanh(N)
    H = np.c_[np.ones(10), S]
    Y = H @ T2
    E = np.mean(np.sum((Y - D) ** 2, axis=1)) / 2
    d2 = (Y - D) / len(X)
    r = d2 @ T2.T
    d1 = r[:, 1:] * (1 - S ** 2)
    #! bias-in-backprop :: d1 = r[:, :-1] * (1 - S ** 2)
    T2 -= 0.05 * H.T @ d2
    T1 -= 0.05 * X.T @ d1
    if durchlauf % 50 == 0:
        print(durchlauf, E)
