# manner: Denny Britz, network from scratch
# parameters: (2, 3) (1, 3) (3, 2) (1, 2)
# loss: data_loss
import numpy as np

np.random.seed(0)
X = np.random.randn(40, 2)
y = (X[:, 0] * X[:, 1] > 0).astype(int)
num_examples, nn_input_dim, nn_output_dim = len(X), 2, 2
epsilon, reg_lambda = 0.01, 0.01


def calculate_loss(model):
    W1, b1, W2, b2 = model["W1"], model["b1"], model["W2"], model["b2"]
    a1 = np.tanh(X.dot(W1) + b1)
    exp_scores = np.exp(a1.dot(W2) + b2)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    data_loss = np.sum(-np.log(probs[range(num_examples), y]))
    data_loss += reg_lambda / 2 * (np.sum(np.square(W1)) + np.sum(np.square(W2)))
    return data_loss


def build_model(nn_hdim, num_passes=200, print_loss=False):
    np.random.seed(0)
    W1, b1 = np.random.randn(nn_input_dim, nn_hdim) / np.sqrt(nn_input_dim), np.zeros((1, nn_hdim))
    W2, b2 = np.random.randn(nn_hdim, nn_output_dim) / np.sqrt(nn_hdim), np.zeros((1, nn_output_dim))
    model = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    for i in range(num_passes):
        a1 = np.tanh(X.dot(W1) + b1)
        exp_scores = np.exp(a1.dot(W2) + b2)
        probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
        delta3 = probs.copy()
        delta3[range(num_examples), y] -= 1
        dW2 = (a1.T).dot(delta3)
        db2 = np.sum(delta3, axis=0, keepdims=True)
        delta2 = delta3.dot(W2.T) * (1 - np.power(a1, 2))  # wrong: delta2 = delta3.dot(W2.T) * (1 - a1)
        dW1 = np.dot(X.T, delta2)
        db1 = np.sum(delta2, axis=0, keepdims=True)
        dW2 += reg_lambda * W2
        dW1 += reg_lambda * W1
        W1 += -epsilon * dW1
        b1 += -epsilon * db1
        W2 += -epsilon * dW2
        b2 += -epsilon * db2
        model = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
        if print_loss and i % 1000 == 0:
            print("Loss after iteration %i: %f" % (i, calculate_loss(model)))
    return model


model = build_model(3, print_loss=True)
