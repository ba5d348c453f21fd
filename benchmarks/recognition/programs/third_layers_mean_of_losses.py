# parameters: (5, 9) (9,) (9, 4) (4,)
# loss: np.mean(loss)
import numpy as np


class Dense:
    def __init__(self, nin, nout, lr=0.05):
        self.weights = np.random.randn(nin, nout) * 0.5
        self.bias = np.random.randn(nout) * 0.1
        self.lr = lr

    def forward(self, input):
        self.input = input
        return np.dot(input, self.weights) + self.bias

    def backward(self, grad_output):
        grad_input = np.dot(grad_output, self.weights.T)
        self.weights = self.weights - self.lr * np.dot(self.input.T, grad_output)
        self.bias = self.bias - self.lr * grad_output.sum(axis=0)  # wrong: self.bias = self.bias - self.lr * grad_output.mean(axis=0)
        return grad_input


class ReLU:
    def forward(self, input):
        self.input = input
        return np.maximum(0, input)

    def backward(self, grad_output):
        return grad_output * (self.input > 0)


def crossentropy(logits, answers):
    return -logits[np.arange(len(logits)), answers] + np.log(np.sum(np.exp(logits), axis=-1))


def grad_crossentropy(logits, answers):
    ones = np.zeros_like(logits)
    ones[np.arange(len(logits)), answers] = 1
    softmax = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return (-ones + softmax) / logits.shape[0]


def train(network, X, y):
    activations = [X]
    for layer in network:
        activations.append(layer.forward(activations[-1]))
    logits = activations[-1]
    loss = crossentropy(logits, y)
    grad = grad_crossentropy(logits, y)
    for layer in network[::-1]:
        grad = layer.backward(grad)
    return np.mean(loss)


np.random.seed(42)
network = [Dense(5, 9), ReLU(), Dense(9, 4)]
X_train = np.random.randn(64, 5)
y_train = np.argmax(X_train[:, :4], axis=1)
for epoch in range(25):
    order = np.random.permutation(len(X_train))
    for start in range(0, 64, 32):
        k = order[start:start + 32]
        train(network, X_train[k], y_train[k])
