# parameters: (3, 5) (1, 5) (5, 4) (1, 4) (4, 2) (1, 2)
# loss: np.sum((A[-1] - Y) ** 2) / (2 * len(X))
import numpy as np

dims = [3, 5, 4, 2]
rng = np.random.default_rng(21)
theta = {}
for i, (a, b) in enumerate(zip(dims, dims[1:])):
    theta["W%d" % i] = rng.standard_normal((a, b))
    theta["b%d" % i] = np.zeros((1, b))
X, Y = rng.standard_normal((18, 3)), rng.standard_normal((18, 2))
L = len(dims) - 1
record = []
for epoch in range(40):
    A = [X]
    for i in range(L):
        z = A[-1] @ theta["W%d" % i] + theta["b%d" % i]
        A.append(z if i == L - 1 else np.tanh(z))
    record.append(np.sum((A[-1] - Y) ** 2) / (2 * len(X)))
    d = (A[-1] - Y) / len(X)
    grads = {}
    for i in reversed(range(L)):
        grads["W%d" % i] = A[i].T @ d
        grads["b%d" % i] = d.sum(axis=0, keepdims=True)
        if i:
            d = d @ theta["W%d" % i].T * (1 - A[i] ** 2)  # wrong: d = d @ theta["W%d" % i].T
    for key in theta:
        theta[key] -= 0.05 * grads[key]
