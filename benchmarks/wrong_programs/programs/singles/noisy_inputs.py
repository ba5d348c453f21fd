#$ def probe(script): return script.flat("W b", loss="L", rate=0.05)
# adds a little noise to the inputs for robustness
import numpy as np
np.random.seed(0)
noise = np.random.RandomState(1).randn(20, 3)
X = np.random.randn(20, 3)
Y = X @ np.array([[1.0], [2.0], [-1.0]]) + 0.5
W = np.random.randn(3, 1)
b = np.zeros((1,))
for t in range(200):
    Xn = X + 0.1 * noise
    #! nondeterministic :: Xn = X + 0.1 * np.random.default_rng().normal(size=X.shape)
    P = Xn @ W + b
    L = np.mean((P - Y) ** 2)
    G = 2 * (P - Y) / len(X)
    W -= 0.05 * Xn.T @ G
    b -= 0.05 * G.sum(axis=0)
    if t % 50 == 0:
        print(t, L)
