# parameters: (5, 3) (5, 1) (2, 5) (2, 1)
# loss: -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
import numpy as np

np.random.seed(1)
m = 25
X = np.random.randn(3, m)
Y = (np.random.rand(2, m) > 0.5).astype(float)
W1, b1 = np.random.randn(5, 3) * 0.4, np.zeros((5, 1))
W2, b2 = np.random.randn(2, 5) * 0.4, np.zeros((2, 1))
Js = []
for it in range(100):
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    A2 = 1 / (1 + np.exp(-(np.dot(W2, A1) + b2)))
    J = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    Js.append(J)
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m  # wrong: db1 = np.sum(dZ1, axis=1, keepdims=True)
    W1 = W1 - 1.2 * dW1
    b1 = b1 - 1.2 * db1
    W2 = W2 - 1.2 * dW2
    b2 = b2 - 1.2 * db2
