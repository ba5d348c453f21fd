# manner: d2l, linear regression from scratch
# parameters: (2, 1) (1,)
# loss: squared_loss(
import random
import numpy as np

np.random.seed(3)


def synthetic_data(w, b, n):
    X = np.random.normal(0, 1, (n, len(w)))
    return X, (X @ w + b + np.random.normal(0, 0.01, n)).reshape(-1, 1)


features, labels = synthetic_data(np.array([2.0, -3.4]), 4.2, 100)


def data_iter(batch_size, features, labels):
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        batch = indices[i:i + batch_size]
        yield features[batch], labels[batch]


def linreg(X, w, b):
    return X @ w + b


def squared_loss(y_hat, y):
    return ((y_hat - y.reshape(y_hat.shape)) ** 2 / 2).mean()


w = np.random.normal(0, 0.01, (2, 1))
b = np.zeros(1)
lr, num_epochs, batch_size = 0.03, 3, 10
losses = []
for epoch in range(num_epochs):
    for X, y in data_iter(batch_size, features, labels):
        y_hat = linreg(X, w, b)
        losses.append(squared_loss(y_hat, y))
        diff = (y_hat - y) / len(X)
        w -= lr * X.T @ diff  # wrong: w -= lr * X.T @ diff / 2
        b -= lr * diff.sum(axis=0)
