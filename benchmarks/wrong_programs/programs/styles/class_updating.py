#= axes: out=sigmoid|linear|tanh k=1|2
#= steps: 900
#$ def probe(script):
#$     ns = script.run()
#$     net, X, y = ns["nn"], ns["X"], ns["y"]
#$     def step():
#$         o = net.forward(X)
#$         net.backward(X, y, o)
#$     def loss():
#$         return np.mean(np.square(y - net.forward(X)))
#$     return Probe(params=parameters(net, "W1 b1 W2 b2"), loss=loss, update=step, rate=net.learning_rate, inputs=((ns, "X"), (ns, "y")))
"""Neural network from scratch, one hidden layer."""
import numpy as np


class NeuralNetwork:

    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.2):
        #! learning-rate-too-large [out=linear] :: def __init__(self, input_size, hidden_size, output_size, learning_rate=20.0):
        self.learning_rate = learning_rate
        self.W1 = np.random.randn(input_size, hidden_size)
        #! saturated-initialisation :: self.W1 = np.random.randn(input_size, hidden_size) * 60 + 200
        #! symmetric-initialisation :: self.W1 = np.ones((input_size, hidden_size))
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size)
        #! symmetric-initialisation :: self.W2 = np.ones((hidden_size, output_size))
        self.b2 = np.zeros((1, output_size))
        #!+ stale-weights :: self.W2_start = self.W2.copy()

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_derivative(self, x):
        # x is the output of the sigmoid already
        return x * (1 - x)

    def forward(self, X):
        self.hidden_input = np.dot(X, self.W1) + self.b1
        self.hidden_output = self.sigmoid(self.hidden_input)
        self.final_input = np.dot(self.hidden_output, self.W2) + self.b2
#if out=sigmoid
        self.final_output = self.sigmoid(self.final_input)
#end
#if out=linear
        self.final_output = self.final_input
#end
#if out=tanh
        self.final_output = np.tanh(self.final_input)
#end
        return self.final_output

    def backward(self, X, y, output):
        # dLoss/dOutput of the mean squared error
        error = 2 * (output - y) / y.size
        #! missing-factor-2 :: error = (output - y) / y.size
        #! sum-instead-of-mean|output-count-factor :: error = 2 * (output - y)
        #! output-count-factor [k=2] :: error = 2 * (output - y) / len(y)
        #! extra-factor-2 :: error = 4 * (output - y) / y.size
        #! loss-gradient-mismatch :: error = np.sign(output - y) / y.size
#if out=sigmoid
        output_delta = error * self.sigmoid_derivative(output)
        #! missing-output-derivative :: output_delta = error
        #! output-form-given-preactivation|missing-output-derivative|loss-gradient-mismatch/out :: output_delta = error * self.sigmoid_derivative(self.final_input)
#end
#if out=linear
        output_delta = error
        #! extra-output-derivative|loss-gradient-mismatch :: output_delta = error * self.sigmoid_derivative(output)
#end
#if out=tanh
        output_delta = error * (1 - output ** 2)
        #! wrong-derivative-formula :: output_delta = error * (1 - output)
        #! missing-output-derivative :: output_delta = error
#end
        hidden_error = np.dot(output_delta, self.W2.T)
        #! raw-error-backpropagated [out=sigmoid,tanh] :: hidden_error = np.dot(error, self.W2.T)
        #! stale-weights :: hidden_error = np.dot(output_delta, self.W2_start.T)
        hidden_delta = hidden_error * self.sigmoid_derivative(self.hidden_output)
        #! output-form-given-preactivation :: hidden_delta = hidden_error * self.sigmoid_derivative(self.hidden_input)
        #! derivative-at-activation :: hidden_delta = hidden_error * self.sigmoid_derivative(self.sigmoid(self.hidden_output))
        #! missing-hidden-derivative :: hidden_delta = hidden_error
        #! derivative-of-gradient :: hidden_delta = hidden_error * self.sigmoid_derivative(hidden_error)
        #! activation-instead-of-derivative :: hidden_delta = hidden_error * self.sigmoid(self.hidden_input)

        # Update the weights
        grad_W2 = np.dot(self.hidden_output.T, output_delta)
        #! wrong-layer-activation|squashed-input :: grad_W2 = np.dot(self.hidden_input.T, output_delta)
        grad_W1 = np.dot(X.T, hidden_delta)
        #! wrong-layer-activation/sq|squashed-input :: grad_W1 = np.dot(self.sigmoid(X).T, hidden_delta)
        self.W2 = self.W2 - self.learning_rate * grad_W2
        #! sign-flip :: self.W2 = self.W2 + self.learning_rate * grad_W2
        self.b2 = self.b2 - self.learning_rate * np.sum(output_delta, axis=0, keepdims=True)
        #! sign-flip :: self.b2 = self.b2 + self.learning_rate * np.sum(output_delta, axis=0, keepdims=True)
        #! bias-sum-without-axis [k=2] :: self.b2 = self.b2 - self.learning_rate * np.sum(output_delta)
        #! bias-gradient-is-bias :: self.b2 = self.b2 - self.learning_rate * self.b2
        self.W1 = self.W1 - self.learning_rate * grad_W1
        #! sign-flip :: self.W1 = self.W1 + self.learning_rate * grad_W1
        #! local-constant :: self.W1 = self.W1 - 3 * self.learning_rate * grad_W1
        self.b1 = self.b1 - self.learning_rate * np.sum(hidden_delta, axis=0, keepdims=True)
        #! sign-flip :: self.b1 = self.b1 + self.learning_rate * np.sum(hidden_delta, axis=0, keepdims=True)
        #! bias-sum-without-axis :: self.b1 = self.b1 - self.learning_rate * np.sum(hidden_delta)
        #! bias-not-summed|shape-mismatch :: self.b1 = self.b1 - self.learning_rate * hidden_delta
        #! bias-mean-instead-of-sum :: self.b1 = self.b1 - self.learning_rate * np.mean(hidden_delta, axis=0, keepdims=True)
        #! bias-gradient-missing ::

    def train(self, X, y, epochs):
        self.losses = []
        for epoch in range(epochs):
            output = self.forward(X)
            self.backward(X, y, output)
            loss = np.mean(np.square(y - output))
            self.losses.append(loss)
            if epoch % 100 == 0:
                print(f"Epoch {epoch}, Loss: {loss:.4f}")


if True:
    np.random.seed(42)
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [0.5, 0.2, 0]])
#if k=1
    y = np.array([[0], [1], [1], [0], [1]])
    #! target-out-of-range [out=sigmoid,tanh] :: y = np.array([[0], [10], [10], [0], [10]])
#else
    y = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [1, 0]])
    #! target-out-of-range [out=sigmoid,tanh] :: y = np.array([[0, 5], [5, 0], [5, 5], [0, 0], [5, 0]])
#end

    nn = NeuralNetwork(3, 4, y.shape[1])
    nn.train(X, y, 900)
    print(nn.forward(X))
