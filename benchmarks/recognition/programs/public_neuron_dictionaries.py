# manner: Jason Brownlee, back-propagation with lists
# parameters: (3,) (3,) (3,) (3,)
# loss: sum([(expected[i] - outputs[i]) ** 2
from math import exp
from random import seed, random


def initialize_network(n_inputs, n_hidden, n_outputs):
    network = [[{"weights": [random() for i in range(n_inputs + 1)]} for i in range(n_hidden)]]
    network.append([{"weights": [random() for i in range(n_hidden + 1)]} for i in range(n_outputs)])
    return network


def activate(weights, inputs):
    activation = weights[-1]
    for i in range(len(weights) - 1):
        activation += weights[i] * inputs[i]
    return activation


def forward_propagate(network, row):
    inputs = row
    for layer in network:
        new_inputs = []
        for neuron in layer:
            neuron["output"] = 1.0 / (1.0 + exp(-activate(neuron["weights"], inputs)))
            new_inputs.append(neuron["output"])
        inputs = new_inputs
    return inputs


def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        layer, errors = network[i], []
        if i != len(network) - 1:
            for j in range(len(layer)):
                error = 0.0
                for neuron in network[i + 1]:
                    error += neuron["weights"][j] * neuron["delta"]
                errors.append(error)
        else:
            for j in range(len(layer)):
                errors.append(layer[j]["output"] - expected[j])
        for j in range(len(layer)):
            neuron = layer[j]
            neuron["delta"] = errors[j] * neuron["output"] * (1.0 - neuron["output"])  # wrong: neuron["delta"] = errors[j] * neuron["output"]


def update_weights(network, row, l_rate):
    for i in range(len(network)):
        inputs = row[:-1]
        if i != 0:
            inputs = [neuron["output"] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron["weights"][j] -= l_rate * neuron["delta"] * inputs[j]
            neuron["weights"][-1] -= l_rate * neuron["delta"]


def train_network(network, train, l_rate, n_epoch, n_outputs):
    for epoch in range(n_epoch):
        sum_error = 0
        for row in train:
            outputs = forward_propagate(network, row)
            expected = [0 for i in range(n_outputs)]
            expected[row[-1]] = 1
            sum_error += sum([(expected[i] - outputs[i]) ** 2 for i in range(len(expected))]) / 2
            backward_propagate_error(network, expected)
            update_weights(network, row, l_rate)
        print(">epoch=%d, lrate=%.3f, error=%.3f" % (epoch, l_rate, sum_error))


seed(1)
dataset = [[2.7, 2.5, 0], [1.4, 2.3, 0], [3.3, 4.4, 0], [7.6, 2.7, 1], [5.3, 2.1, 1], [6.9, 1.7, 1]]
network = initialize_network(2, 2, 2)
train_network(network, dataset, 0.5, 20, 2)
