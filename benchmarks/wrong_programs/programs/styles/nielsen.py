#= axes: cost=quadratic|cross sizes=3-5-2|2-4-3-3
#= steps: 40
#= let sizes=3-5-2: layers = [3, 5, 2]
#= let sizes=2-4-3-3: layers = [2, 4, 3, 3]
#$ def probe(script):
#$     ns = script.run()
#$     net, data = ns["net"], ns["training_data"]
#$     params = {**parameters(net, "weights[]"), **parameters(net, "biases[]")}
#$     def grads():
#$         before = {n: np.array(o[i]) for n, (o, i) in params.items()}
#$         ow, ob = list(net.weights), list(net.biases)
#$         net.update_mini_batch(data, 0.01)
#$         after = {**{f"weights[{i}]": w for i, w in enumerate(net.weights)}, **{f"biases[{i}]": b for i, b in enumerate(net.biases)}}
#$         net.weights, net.biases = params["weights[0]"][0], params["biases[0]"][0]
#$         return {n: (before[n] - after[n]) / 0.01 for n in before}
#$     return Probe(params=params, loss=lambda: net.total_cost(data), gradient=grads)
# Stochastic gradient descent for a feedforward network, vectors are columns
import random

import numpy as np


def sigmoid(z):
    """The sigmoid function."""
    return 1.0/(1.0+np.exp(-z))
    #! sign-flip-below|wrong-derivative-formula :: return 1.0/(1.0+np.exp(z))
    #!? sign-flip-below ::


def sigmoid_prime(z):
    """Derivative of the sigmoid function."""
    return sigmoid(z)*(1-sigmoid(z))
    #! wrong-derivative-formula/sp :: return sigmoid(z)*(1+sigmoid(z))
    #! output-form-given-preactivation :: return z*(1-z)
    #!* sign-flip-below ::


class Network(object):

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a)+b)
        return a

    def total_cost(self, data):
        """Average cost over the data."""
        cost = 0.0
        for x, y in data:
            a = self.feedforward(x)
#if cost=quadratic
            cost += 0.5*np.linalg.norm(a-y)**2/len(data)
#else
            cost += np.sum(-y*np.log(a)-(1-y)*np.log(1-a))/len(data)
#end
        return cost

    def SGD(self, training_data, epochs, eta):
        for j in range(epochs):
            random.shuffle(training_data)
            self.update_mini_batch(training_data, eta)
            print("Epoch {0}: cost {1}".format(j, self.total_cost(training_data)))

    def update_mini_batch(self, mini_batch, eta):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb+dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw+dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        self.weights = [w-(eta/len(mini_batch))*nw for w, nw in zip(self.weights, nabla_w)]
        #~ negative-nabla :: self.weights = [w+eta*nw/len(mini_batch) for w, nw in zip(self.weights, nabla_w)]
        #! sum-instead-of-mean :: self.weights = [w-eta*nw for w, nw in zip(self.weights, nabla_w)]
        #! sign-flip/upd :: self.weights = [w+(eta/len(mini_batch))*nw for w, nw in zip(self.weights, nabla_w)]
        #! stale-batch-size :: self.weights = [w-(eta/50)*nw for w, nw in zip(self.weights, nabla_w)]
        self.biases = [b-(eta/len(mini_batch))*nb for b, nb in zip(self.biases, nabla_b)]
        #~ negative-nabla :: self.biases = [b+eta*nb/len(mini_batch) for b, nb in zip(self.biases, nabla_b)]
        #! sum-instead-of-mean :: self.biases = [b-eta*nb for b, nb in zip(self.biases, nabla_b)]
        #! sign-flip/upd :: self.biases = [b+(eta/len(mini_batch))*nb for b, nb in zip(self.biases, nabla_b)]
        #! stale-batch-size :: self.biases = [b-(eta/50)*nb for b, nb in zip(self.biases, nabla_b)]
        #! bias-gradient-missing :: self.biases = [b for b, nb in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        # feedforward
        activation = x
        activations = [x]  # list to store all the activations, layer by layer
        zs = []  # list to store all the z vectors, layer by layer
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation)+b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        # backward pass
#if cost=quadratic
        delta = (activations[-1]-y)*sigmoid_prime(zs[-1])
        #~ negative-nabla :: delta = (y-activations[-1])*sigmoid_prime(zs[-1])
        #! missing-output-derivative :: delta = activations[-1]-y
        #! extra-factor-2 :: delta = 2*(activations[-1]-y)*sigmoid_prime(zs[-1])
        #! sign-flip :: delta = (y-activations[-1])*sigmoid_prime(zs[-1])
        #! derivative-at-activation/out|missing-output-derivative|loss-gradient-mismatch :: delta = (activations[-1]-y)*sigmoid_prime(activations[-1])
#else
        delta = activations[-1]-y
        #~ negative-nabla :: delta = y-activations[-1]
        #! extra-output-derivative :: delta = (activations[-1]-y)*sigmoid_prime(zs[-1])
        #! sign-flip :: delta = y-activations[-1]
        #! output-count-factor :: delta = (activations[-1]-y)/len(y)
#end
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        #! wrong-layer-activation|squashed-input/z :: nabla_w[-1] = np.dot(delta, zs[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            #! derivative-at-activation :: sp = sigmoid_prime(activations[-l])
            #! activation-instead-of-derivative :: sp = sigmoid(z)
            delta = np.dot(self.weights[-l+1].transpose(), delta) * sp
            #! missing-hidden-derivative :: delta = np.dot(self.weights[-l+1].transpose(), delta)
            #! raw-error-backpropagated [cost=quadratic sizes=3-5-2] :: delta = np.dot(self.weights[-l+1].transpose(), activations[-1]-y) * sp
            #! upstream-lost :: delta = np.dot(self.weights[-l+1].transpose(), np.ones_like(delta)) * sp
            #! summed-weights :: delta = np.sum(self.weights[-l+1])*np.sum(delta) * sp
            nabla_b[-l] = delta
            #! bias-sum-without-axis :: nabla_b[-l] = np.sum(delta)*np.ones(delta.shape)
            nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())
            #! squashed-input|wrong-layer-activation/sq :: nabla_w[-l] = np.dot(delta, sigmoid(activations[-l-1]).transpose())
        return (nabla_b, nabla_w)


np.random.seed(4)
random.seed(4)
sizes = <<layers>>
training_data = [(np.random.randn(sizes[0], 1), np.eye(sizes[-1])[:, [i % sizes[-1]]]) for i in range(7)]
net = Network(sizes)
net.SGD(training_data, 40, 1.0)
