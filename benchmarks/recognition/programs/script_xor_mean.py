# parameters: (2, 4) (1, 4) (4, 1) (1, 1)
# loss: np.mean((out - Y) ** 2)
import numpy as np

rng = np.random.default_rng(1)
X = np.array([[0., 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0.], [1], [1], [0]])
W1, b1 = rng.normal(size=(2, 4)), np.zeros((1, 4))
W2, b2 = rng.normal(size=(4, 1)), np.zeros((1, 1))
history = []
for step in range(500):
    hid = np.tanh(X @ W1 + b1)
    out = 1 / (1 + np.exp(-(hid @ W2 + b2)))
    loss = np.mean((out - Y) ** 2)
    history.append(loss)
    d2 = 2 * (out - Y) / len(X) * out * (1 - out)
    d1 = d2 @ W2.T * (1 - hid ** 2)  # wrong: d1 = d2 @ W2.T * (1 - hid)
    W2 -= 0.3 * hid.T @ d2
    b2 -= 0.3 * d2.sum(0, keepdims=True)
    W1 -= 0.3 * X.T @ d1
    b1 -= 0.3 * d1.sum(0, keepdims=True)
