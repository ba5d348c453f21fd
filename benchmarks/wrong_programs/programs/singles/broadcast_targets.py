#$ def probe(script): return script.flat("w b", loss="mse", rate="lr")
# linear regression, gradient descent
import numpy as np
rng = np.random.RandomState(0)
X = rng.rand(12, 2)
y = (3 * X[:, 0] - 2 * X[:, 1] + 1)[:, None]
#! target-broadcast :: y = 3 * X[:, 0] - 2 * X[:, 1] + 1
w = np.zeros((2, 1))
b = np.zeros(1)
lr = 0.3
for i in range(500):
    pred = X.dot(w) + b          # (12, 1)
    mse = np.mean((pred.ravel() - y.ravel()) ** 2)
    error = pred - y
    #!? target-broadcast ::
    grad_w = 2 * (X.T.dot(error)).sum(axis=1, keepdims=True) / len(X)
    grad_b = 2 * np.sum(error) / len(X)
    w = w - lr * grad_w
    b = b - lr * grad_b
    if i % 100 == 0:
        print(i, mse)
print(w, b)
