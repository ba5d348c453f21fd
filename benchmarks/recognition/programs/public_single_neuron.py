# manner: Milo Spencer-Harper, nine lines
# parameters: (3, 1)
# loss: cross-entropy
import numpy as np


class NeuralNetwork():
    def __init__(self):
        np.random.seed(1)
        self.synaptic_weights = 2 * np.random.random((3, 1)) - 1

    def think(self, inputs):
        return 1 / (1 + np.exp(-np.dot(inputs, self.synaptic_weights)))

    def train(self, inputs, outputs, iterations):
        for iteration in range(iterations):
            output = self.think(inputs)
            error = outputs - output
            adjustment = np.dot(inputs.T, error)  # wrong: adjustment = np.dot(inputs.T, error * (1 - output))
            self.synaptic_weights += adjustment


if __name__ == "__main__":
    network = NeuralNetwork()
    network.train(np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]]), np.array([[0, 1, 1, 0]]).T, 1000)
