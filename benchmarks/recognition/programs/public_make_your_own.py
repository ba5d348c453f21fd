# manner: Tariq Rashid, make your own network
# parameters: (5, 3) (2, 5)
# loss: square
import numpy


class neuralNetwork:
    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate):
        self.inodes, self.hnodes, self.onodes = inputnodes, hiddennodes, outputnodes
        self.wih = numpy.random.normal(0.0, pow(self.inodes, -0.5), (self.hnodes, self.inodes))
        self.who = numpy.random.normal(0.0, pow(self.hnodes, -0.5), (self.onodes, self.hnodes))
        self.lr = learningrate
        self.activation_function = lambda x: 1 / (1 + numpy.exp(-x))

    def train(self, inputs_list, targets_list):
        inputs = numpy.array(inputs_list, ndmin=2).T
        targets = numpy.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        final_outputs = self.activation_function(numpy.dot(self.who, hidden_outputs))
        output_errors = (targets - final_outputs) * final_outputs * (1 - final_outputs)
        hidden_errors = numpy.dot(self.who.T, output_errors)  # wrong: hidden_errors = numpy.dot(numpy.abs(self.who.T), output_errors)
        self.who += self.lr * numpy.dot(output_errors, numpy.transpose(hidden_outputs))
        self.wih += self.lr * numpy.dot(hidden_errors * hidden_outputs * (1.0 - hidden_outputs), numpy.transpose(inputs))


numpy.random.seed(0)
n = neuralNetwork(3, 5, 2, 0.1)
training_data = [(numpy.random.rand(3), numpy.random.rand(2)) for _ in range(12)]
for e in range(3):
    for record in training_data:
        inputs, targets = record
        n.train(inputs, targets)
