# parameters: (3,) ()
# loss: np.mean((X @ w + b - y) ** 2)
import numpy as np

np.random.seed(0)
X = np.random.randn(40, 3)
y = X @ np.array([1.0, -2.0, 0.5]) + 0.3
w = np.zeros(3)
b = 0.0
track = []
for i in range(100):
    mse = np.mean((X @ w + b - y) ** 2)
    track.append(mse)
    err = X @ w + b - y
    w = w - 0.1 * 2 * X.T @ err / len(y)  # wrong: w = w - 0.1 * X.T @ err / len(y)
    b = b - 0.1 * 2 * err.mean()
