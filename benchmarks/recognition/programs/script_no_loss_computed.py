# parameters: (2, 3) (3, 1)
# loss: square
import numpy as np

np.random.seed(2)
inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
wanted = np.array([[0], [1], [1], [0]], dtype=float)
syn0 = 2 * np.random.random((2, 3)) - 1
syn1 = 2 * np.random.random((3, 1)) - 1


def squash(z, slope=False):
    if slope:
        return z * (1 - z)
    return 1 / (1 + np.exp(-z))


for j in range(600):
    l1 = squash(inputs @ syn0)
    l2 = squash(l1 @ syn1)
    l2_error = wanted - l2
    l2_delta = l2_error * squash(l2, True)
    l1_delta = l2_delta @ syn1.T * squash(l1, True)  # wrong: l1_delta = l2_delta @ syn1.T * l1
    syn1 += l1.T @ l2_delta
    syn0 += inputs.T @ l1_delta
