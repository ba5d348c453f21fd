#$ def probe(script):
#$     ns = script.run(); b = ns["brain"]
#$     return Probe(params=parameters(b, "synapses[]"), loss=lambda: float(((b.think(ns["X"]) - ns["y"]) ** 2).sum()), update=lambda: (b.think(ns["X"]), b.adjust(ns["y"])), rate=b.speed)
import numpy as np

class Brain:
    """List of synapse matrices, no biases."""
    def __init__(self, *sizes):
        np.random.seed(9)
        self.speed = 0.1
        self.synapses = [np.random.uniform(-1, 1, (a, b)) for a, b in zip(sizes, sizes[1:])]

    def think(self, X):
        self.layers = [X]
        for s in self.synapses:
            self.layers.append(1 / (1 + np.exp(-self.layers[-1] @ s)))
        return self.layers[-1]

    def adjust(self, y):
        grad = 2 * (self.layers[-1] - y)
        for i in range(len(self.synapses) - 1, -1, -1):
            out = self.layers[i + 1]
            delta = grad * out * (1 - out)
            grad = delta @ self.synapses[i].T
            #! updated-weights-used :: self.synapses[i] -= self.speed * self.layers[i].T @ delta
            self.synapses[i] -= self.speed * self.layers[i].T @ delta
            #! updated-weights-used :: grad = delta @ self.synapses[i].T
            #!? updated-weights-used ::

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])
brain = Brain(3, 4, 3, 1)
for i in range(600):
    o = brain.think(X)
    if i % 100 == 0:
        print(((o - y) ** 2).sum())
    brain.adjust(y)
