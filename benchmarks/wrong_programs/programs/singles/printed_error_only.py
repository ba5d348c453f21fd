#$ def probe(script): return script.flat("w0 w1", loss="loss_", rate=0.5)
import numpy as np
np.random.seed(23)
x = np.random.rand(7, 2)
y = np.random.rand(7, 3)
w0 = np.random.randn(2, 5)
w1 = np.random.randn(5, 3)
errors = []
for i in range(500):
    l1 = np.tanh(x.dot(w0))
    l2 = l1.dot(w1)
    loss_ = np.mean((y - l2) ** 2)
    errors.append(loss_)
    if i % 100 == 0:
        print("error", loss_)
    l2_delta = 2 * (l2 - y) / y.size
    #! output-count-factor :: l2_delta = 2 * (l2 - y) / len(y)
    l1_delta = l2_delta.dot(w1.T) * (1 - l1 ** 2)
    #! upstream-lost :: l1_delta = l2_delta.dot(np.ones_like(w1.T)) * (1 - l1 ** 2)
    w1 -= 0.5 * l1.T.dot(l2_delta)
    w0 -= 0.5 * x.T.dot(l1_delta)
