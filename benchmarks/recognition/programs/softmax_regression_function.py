# parameters: (4, 3)
# loss: -np.sum(Y * np.log(P)) / n + 0.5 * reg * np.sum(W * W)
import numpy as np


def softmax_loss(W, X, Y, reg):
    n = X.shape[0]
    Z = X @ W
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.sum(Y * np.log(P)) / n + 0.5 * reg * np.sum(W * W)
    grad = X.T @ (P - Y) / n + reg * W  # wrong: grad = X.T @ (P - Y) / n + 2 * reg * W
    return loss, grad


rng = np.random.default_rng(16)
X = rng.standard_normal((30, 4))
Y = np.eye(3)[rng.integers(0, 3, 30)]
W = np.zeros((4, 3))
hist = []
for i in range(50):
    loss, grad = softmax_loss(W, X, Y, 0.1)
    hist.append(loss)
    W -= 0.5 * grad
