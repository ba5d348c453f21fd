# parameters: (3,) (3,) (3,) (3,)
# loss: half the sum of squares
from math import exp
from random import random, seed


def forward(network, row):
    inputs = row
    for layer in network:
        outputs = []
        for neuron in layer:
            total = neuron["weights"][-1] + sum(w * x for w, x in zip(neuron["weights"], inputs))
            neuron["output"] = 1.0 / (1.0 + exp(-total))
            outputs.append(neuron["output"])
        inputs = outputs
    return inputs


def backward(network, expected):
    for i in reversed(range(len(network))):
        errors = []
        if i == len(network) - 1:
            for j, neuron in enumerate(network[i]):
                errors.append(neuron["output"] - expected[j])
        else:
            for j in range(len(network[i])):
                error = 0.0
                for neuron in network[i + 1]:
                    error += neuron["weights"][j] * neuron["delta"]
                errors.append(error)
        for j, neuron in enumerate(network[i]):
            neuron["delta"] = errors[j] * neuron["output"] * (1.0 - neuron["output"])  # wrong: neuron["delta"] = errors[j] * neuron["output"]


def update(network, row, l_rate):
    for i in range(len(network)):
        inputs = row[:-1] if i == 0 else [neuron["output"] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron["weights"][j] -= l_rate * neuron["delta"] * inputs[j]
            neuron["weights"][-1] -= l_rate * neuron["delta"]


seed(1)
dataset = [[2.78, 2.55, 0], [1.46, 2.36, 0], [3.39, 4.40, 0], [7.62, 2.75, 1], [5.33, 2.08, 1], [6.92, 1.77, 1]]
network = [[{"weights": [random() for _ in range(3)]} for _ in range(2)] for _ in range(2)]
for epoch in range(20):
    sum_error = 0
    for row in dataset:
        outputs = forward(network, row[:-1])
        expected = [0, 0]
        expected[row[-1]] = 1
        sum_error += sum([(expected[i] - outputs[i]) ** 2 for i in range(2)])
        backward(network, expected)
        update(network, row, 0.5)
    print(">epoch=%d, error=%.3f" % (epoch, sum_error))
