# parameters: (2, 3) (3,)
# loss: half the mean squared error
import numpy as np

np.random.seed(11)
features = np.array([[0.1, 0.7], [0.9, 0.3], [0.4, 0.4], [0.8, 0.8], [0.2, 0.1]])
targets = np.array([0.3, 0.8, 0.5, 0.9, 0.1])
n_records, n_features = features.shape
last_loss = None
weights_hidden = np.random.normal(scale=n_features ** -0.5, size=(n_features, 3))
weights_output = np.random.normal(scale=n_features ** -0.5, size=3)
learnrate = 0.5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


for e in range(100):
    del_hidden = np.zeros(weights_hidden.shape)
    del_output = np.zeros(weights_output.shape)
    for x, y in zip(features, targets):
        hidden = sigmoid(np.dot(x, weights_hidden))
        output = sigmoid(np.dot(hidden, weights_output))
        error = y - output
        output_term = error * output * (1 - output)
        hidden_term = output_term * weights_output * hidden * (1 - hidden)  # wrong: hidden_term = error * weights_output * hidden * (1 - hidden)
        del_output += output_term * hidden
        del_hidden += hidden_term * x[:, None]
    weights_hidden += learnrate * del_hidden / n_records
    weights_output += learnrate * del_output / n_records
    if e % 10 == 0:
        out = sigmoid(np.dot(sigmoid(np.dot(features, weights_hidden)), weights_output))
        loss = np.mean((out - targets) ** 2)
        if last_loss and last_loss < loss:
            print("Train loss: ", loss, "  WARNING - Loss Increasing")
        else:
            print("Train loss: ", loss)
        last_loss = loss
