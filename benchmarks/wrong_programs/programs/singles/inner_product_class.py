#$ def probe(script):
#$     ns = script.run(); n = ns["n"]
#$     return Probe(params=parameters(n, "wih who"), loss=lambda: 0.5 * np.sum((n.query(ns["a"]) - ns["b"]) ** 2), update=lambda: n.train(ns["a"], ns["b"]), rate=n.lr)
import numpy

class neuralNetwork:
    # initialise the network
    def __init__(self, nodes, learningrate):
        numpy.random.seed(0)
        self.wih = numpy.random.normal(0.0, 1.0, (nodes, nodes))
        self.who = numpy.random.normal(0.0, 1.0, (nodes, nodes))
        self.lr = learningrate
        self.activation_function = lambda x: 1 / (1 + numpy.exp(-x))

    def train(self, inputs, targets):
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        final_outputs = self.activation_function(numpy.dot(self.who, hidden_outputs))
        output_errors = targets - final_outputs
        hidden_errors = numpy.dot(self.who.T, output_errors * final_outputs * (1.0 - final_outputs))
        #! raw-error-backpropagated :: hidden_errors = numpy.dot(self.who.T, output_errors)
        self.who += self.lr * numpy.outer(output_errors * final_outputs * (1.0 - final_outputs), hidden_outputs)
        self.wih += self.lr * numpy.outer(hidden_errors * hidden_outputs * (1.0 - hidden_outputs), inputs)
        #! inner-instead-of-outer :: self.wih += self.lr * numpy.dot(hidden_errors * hidden_outputs * (1.0 - hidden_outputs), numpy.transpose(inputs))

    def query(self, inputs):
        hidden_outputs = self.activation_function(numpy.dot(self.wih, inputs))
        return self.activation_function(numpy.dot(self.who, hidden_outputs))

n = neuralNetwork(4, 0.3)
a = numpy.array([0.9, -0.3, 0.5, 1.0])
b = numpy.array([0.01, 0.99, 0.5, 0.2])
for e in range(100):
    n.train(a, b)
    if e % 20 == 0:
        print(e, 0.5 * numpy.sum((n.query(a) - b) ** 2))
