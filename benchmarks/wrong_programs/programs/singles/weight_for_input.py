#$ def probe(script): return script.flat("w b", loss="loss", rate=0.2)
# a single sigmoid neuron learns OR
import numpy as np
X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
y = np.array([0., 1., 1., 1.])
rng = np.random.RandomState(2)
w = rng.randn(2)
b = rng.randn(1)
for n in range(300):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    loss = np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))
    delta = (p - y) / 4
    w = w - 0.2 * X.T @ delta
    #! weight-instead-of-input :: w = w - 0.2 * np.sum(delta) * w
    b = b - 0.2 * delta.sum()
    if n % 50 == 0:
        print(n, loss)
