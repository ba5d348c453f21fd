#= axes: sizes=3-5-4-2|2-6-3|4-3-5-4-3 act=sigmoid|tanh|relu
#= steps: 400
#= let sizes=3-5-4-2: layers = [3, 5, 4, 2]
#= let sizes=2-6-3: layers = [2, 6, 3]
#= let sizes=4-3-5-4-3: layers = [4, 3, 5, 4, 3]
#= let act=sigmoid: f = 1.0 / (1.0 + np.exp(-z))
#= let act=tanh: f = np.tanh(z)
#= let act=relu: f = np.maximum(z, 0.0)
#$ def probe(script):
#$     ns = script.run()
#$     net, X, T = ns["mlp"], ns["X"], ns["T"]
#$     params = {**parameters(net, "weights[]"), **parameters(net, "biases[]")}
#$     def step():
#$         dW, db = net.backward(X, T)
#$         net.update(dW, db, 0.01)
#$     def run():
#$         net.forward(X)
#$         return step()
#$     return Probe(params=params, loss=lambda: net.loss(net.forward(X), T), update=run, rate=0.01, inputs=((ns, "X"), (ns, "T")))
import numpy as np
from typing import List, Tuple


class MLP:
    """
    Multi-layer perceptron of any depth.

    layer_sizes: e.g. [2, 8, 4, 1]
    """

    def __init__(self, layer_sizes: List[int], seed: int = 0):
        rng = np.random.default_rng(seed)
        self.weights = []
        self.biases = []
        for n_in, n_out in zip(layer_sizes[:-1], layer_sizes[1:]):
            self.weights.append(rng.normal(0, np.sqrt(2.0 / n_in), (n_in, n_out)))
            self.biases.append(np.zeros((1, n_out)))

    def activation(self, z: np.ndarray) -> np.ndarray:
        return <<f>>

    def activation_prime(self, z: np.ndarray) -> np.ndarray:
#if act=sigmoid
        s = self.activation(z)
        return s * (1 - s)
        #! wrong-derivative-formula :: return s * (1 + s)
        #! activation-instead-of-derivative :: return s
        #! derivative-twice :: return (s * (1 - s)) ** 2
#end
#if act=tanh
        return 1.0 - np.tanh(z) ** 2
        #! wrong-derivative-formula :: return 1.0 - np.tanh(z)
        #! output-form-given-preactivation :: return 1.0 - z ** 2
        #! derivative-twice :: return (1.0 - np.tanh(z) ** 2) ** 2
#end
#if act=relu
        return (z > 0).astype(float)
        #! activation-instead-of-derivative|wrong-derivative-formula :: return np.maximum(z, 0.0)
#end

    def forward(self, X: np.ndarray) -> np.ndarray:
        self.zs = []
        self.activations = [X]
        a = X
        for i, (W, b) in enumerate(zip(self.weights, self.biases)):
            z = a @ W + b
            self.zs.append(z)
            a = z if i == len(self.weights) - 1 else self.activation(z)
            self.activations.append(a)
        return a

    def loss(self, y_pred: np.ndarray, y_true: np.ndarray) -> float:
        return float(np.mean(np.sum((y_pred - y_true) ** 2, axis=1)))

    def backward(self, X: np.ndarray, y: np.ndarray) -> Tuple[list, list]:
        m = X.shape[0]
        L = len(self.weights)
        dW = [None] * L
        db = [None] * L

        delta = 2.0 * (self.activations[-1] - y) / m
        #~ mean-at-the-end :: delta = 2.0 * (self.activations[-1] - y)
        #! missing-factor-2 :: delta = (self.activations[-1] - y) / m
        #! output-count-factor :: delta = 2.0 * (self.activations[-1] - y) / y.size
        #! sign-flip :: delta = 2.0 * (y - self.activations[-1]) / m
        #! extra-output-derivative|loss-gradient-mismatch :: delta = 2.0 * (self.activations[-1] - y) / m * self.activation_prime(self.zs[-1])
        for l in reversed(range(L)):
            dW[l] = self.activations[l].T @ delta
            #~ mean-at-the-end :: dW[l] = self.activations[l].T @ delta / m
            #! double-mean|mean-instead-of-sum :: dW[l] = self.activations[l].T @ delta / m
            #! squashed-input|wrong-layer-activation :: dW[l] = self.activation(self.activations[l]).T @ delta
            #! regularisation-missing|regularisation-factor/extra :: dW[l] = self.activations[l].T @ delta + 0.01 * self.weights[l]
            db[l] = delta.sum(axis=0, keepdims=True)
            #~ mean-at-the-end :: db[l] = delta.mean(axis=0, keepdims=True)
            #! double-mean|mean-instead-of-sum :: db[l] = delta.sum(axis=0, keepdims=True) / m
            #! bias-sum-without-axis :: db[l] = delta.sum()
            #! bias-mean-instead-of-sum :: db[l] = delta.mean(axis=0, keepdims=True)
            #! bias-not-summed|shape-mismatch :: db[l] = delta
            #! bias-from-weight-gradient :: db[l] = dW[l].sum(axis=0, keepdims=True)
            if l > 0:
                delta = (delta @ self.weights[l].T) * self.activation_prime(self.zs[l - 1])
                #! missing-hidden-derivative :: delta = delta @ self.weights[l].T
                #! derivative-at-activation [act=sigmoid,tanh] :: delta = (delta @ self.weights[l].T) * self.activation_prime(self.activations[l])
                #! upstream-lost :: delta = np.ones_like(delta) @ self.weights[l].T * self.activation_prime(self.zs[l - 1])
                #! derivative-of-gradient [act=sigmoid,tanh] :: delta = (delta @ self.weights[l].T) * self.activation_prime(delta @ self.weights[l].T)
                #! local-constant|missing-factor-2/below :: delta = 0.5 * (delta @ self.weights[l].T) * self.activation_prime(self.zs[l - 1])
        return dW, db

    def update(self, dW, db, lr):
        for l in range(len(self.weights)):
            self.weights[l] = self.weights[l] - lr * dW[l]
            #! sign-flip/upd :: self.weights[l] = self.weights[l] + lr * dW[l]
            self.biases[l] = self.biases[l] - lr * db[l]
            #! sign-flip/upd :: self.biases[l] = self.biases[l] + lr * db[l]
            #! bias-gradient-missing ::

    def train(self, X, y, epochs=400, lr=0.05):
        history = []
        for epoch in range(epochs):
            y_pred = self.forward(X)
            history.append(self.loss(y_pred, y))
            dW, db = self.backward(X, y)
            self.update(dW, db, lr)
        return history


rng = np.random.default_rng(7)
sizes = <<layers>>
X = rng.normal(size=(9, sizes[0]))
T = np.column_stack([np.sin(X.sum(axis=1) + j) for j in range(sizes[-1])])

mlp = MLP(sizes, seed=1)
losses = mlp.train(X, T)
print("first loss", losses[0], "last loss", losses[-1])
