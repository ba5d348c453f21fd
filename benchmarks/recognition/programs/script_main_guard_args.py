# parameters: (2, 5) (1, 5) (5, 1) (1, 1)
# loss: 0.5 * np.sum((yhat - y) ** 2) / y.shape[0]
import argparse
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def train(X, y, hidden, epochs, lr):
    rng = np.random.default_rng(7)
    w_in = rng.standard_normal((X.shape[1], hidden))
    b_in = np.zeros((1, hidden))
    w_out = rng.standard_normal((hidden, 1))
    b_out = np.zeros((1, 1))
    losses = []
    for epoch in range(epochs):
        z1 = X @ w_in + b_in
        a1 = sigmoid(z1)
        yhat = a1 @ w_out + b_out
        loss = 0.5 * np.sum((yhat - y) ** 2) / y.shape[0]
        losses.append(loss)
        dz2 = (yhat - y) / y.shape[0]
        dw_out = a1.T @ dz2
        db_out = np.sum(dz2, axis=0, keepdims=True)
        dz1 = (dz2 @ w_out.T) * a1 * (1 - a1)
        dw_in = X.T @ dz1
        db_in = np.sum(dz1, axis=0, keepdims=True)  # wrong: db_in = np.mean(dz1, axis=0, keepdims=True)
        w_in -= lr * dw_in
        b_in -= lr * db_in
        w_out -= lr * dw_out
        b_out -= lr * db_out
    return losses


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=50)
    args = parser.parse_args()
    data = np.random.default_rng(0).standard_normal((16, 2))
    print(train(data, np.sin(data[:, :1]), args.hidden, args.epochs, 0.1)[-1])
