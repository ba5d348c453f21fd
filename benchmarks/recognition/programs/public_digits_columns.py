# manner: Samson Zhang, digits from scratch
# parameters: (6, 8) (6, 1) (4, 6) (4, 1)
# loss: cross-entropy
import numpy as np

rng = np.random.default_rng(0)
data = rng.random((50, 9))
data[:, 0] = rng.integers(0, 4, 50)
data = data.T
Y_train, X_train = data[0].astype(int), data[1:]
_, m_train = X_train.shape


def init_params():
    return rng.random((6, 8)) - 0.5, rng.random((6, 1)) - 0.5, rng.random((4, 6)) - 0.5, rng.random((4, 1)) - 0.5


def ReLU(Z):
    return np.maximum(Z, 0)


def softmax(Z):
    return np.exp(Z) / np.sum(np.exp(Z), axis=0)


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    return Z1, A1, Z2, softmax(Z2)


def one_hot(Y):
    out = np.zeros((Y.size, Y.max() + 1))
    out[np.arange(Y.size), Y] = 1
    return out.T


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m_train * dZ2.dot(A1.T)
    db2 = 1 / m_train * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)  # wrong: dZ1 = W2.T.dot(dZ2) * (A1 >= 0)
    dW1 = 1 / m_train * dZ1.dot(X.T)
    db1 = 1 / m_train * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2


def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    return W1 - alpha * dW1, b1 - alpha * db1, W2 - alpha * dW2, b2 - alpha * db2


def gradient_descent(X, Y, alpha, iterations):
    W1, b1, W2, b2 = init_params()
    for i in range(iterations):
        Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y)
        W1, b1, W2, b2 = update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha)
        if i % 10 == 0:
            print("Iteration:", i, "accuracy:", np.sum(np.argmax(A2, 0) == Y) / Y.size)
    return W1, b1, W2, b2


gradient_descent(X_train, Y_train, 0.10, 50)
