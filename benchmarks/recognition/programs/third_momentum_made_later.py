# parameters: (2, 7) (1, 7) (7, 3) (1, 3)
# loss: data_loss + regularization_loss
import numpy as np


class Dense:
    def __init__(self, n_inputs, n_neurons, l2=0.0):
        self.weights = 0.5 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))
        self.l2 = l2

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues) + 2 * self.l2 * self.weights  # wrong: self.dweights = np.dot(self.inputs.T, dvalues) + self.l2 * self.weights
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class SoftmaxCrossEntropy:
    def forward(self, inputs, y_true):
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)
        return np.mean(-np.log(self.output[range(len(y_true)), y_true]))

    def regularization_loss(self, layer):
        return layer.l2 * np.sum(layer.weights * layer.weights)

    def backward(self, y_true):
        self.dinputs = self.output.copy()
        self.dinputs[range(len(y_true)), y_true] -= 1
        self.dinputs = self.dinputs / len(y_true)


class SGD:
    def __init__(self, learning_rate=0.5, momentum=0.9):
        self.learning_rate, self.momentum = learning_rate, momentum

    def update_params(self, layer):
        if not hasattr(layer, "weight_momentums"):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
        weight_updates = self.momentum * layer.weight_momentums - self.learning_rate * layer.dweights
        layer.weight_momentums = weight_updates
        bias_updates = self.momentum * layer.bias_momentums - self.learning_rate * layer.dbiases
        layer.bias_momentums = bias_updates
        layer.weights += weight_updates
        layer.biases += bias_updates


np.random.seed(0)
X = np.random.randn(30, 2)
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
first, last, criterion, optimizer = Dense(2, 7, l2=5e-2), Dense(7, 3), SoftmaxCrossEntropy(), SGD()
for epoch in range(101):
    first.forward(X)
    hidden = np.tanh(first.output)
    last.forward(hidden)
    data_loss = criterion.forward(last.output, y)
    regularization_loss = criterion.regularization_loss(first) + criterion.regularization_loss(last)
    loss = data_loss + regularization_loss
    if not epoch % 50:
        print(f"epoch: {epoch}, loss: {loss:.3f}")
    criterion.backward(y)
    last.backward(criterion.dinputs)
    first.backward(last.dinputs * (1 - hidden ** 2))
    optimizer.update_params(first)
    optimizer.update_params(last)
