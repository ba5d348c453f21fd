#= axes: head=softmax|mse act=ReLU|Sigmoid|Tanh
#= steps: 201
#= let head=softmax: Loss = SoftmaxCrossEntropy
#= let head=mse: Loss = MeanSquaredError
#$ def probe(script):
#= let act=Tanh: act = Tanh
#= let act=Sigmoid: act = Sigmoid
#= let act=ReLU: act = ReLU
#$     ns = script.run()
#$     model, criterion, X, y = ns["model"], ns["criterion"], ns["X"], ns["y"]
#$     dense = [l for l in model.layers if hasattr(l, "W")]
#$     params = {}
#$     for i, l in enumerate(dense):
#$         params[f"W{i}"], params[f"b{i}"] = (l, "W"), (l, "b")
#$     def loss():
#$         return criterion.forward(model.forward(X), y)
#$     def grads():
#$         before = {n: np.array(getattr(*r)) for n, r in params.items()}
#$         loss()
#$         model.backward(criterion.backward())
#$         for l in dense:
#$             l.update(0.05)
#$         return {n: (before[n] - getattr(*r)) / 0.05 for n, r in params.items()}
#$     return Probe(params=params, loss=loss, gradient=grads, inputs=((ns, "X"),))
import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(1.0 / n_in)
        #! saturated-initialisation [act=Sigmoid,Tanh] :: self.W = np.random.randn(n_in, n_out) * 90
        self.b = np.zeros(n_out)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        #! gradient-accumulated :: self.dW += self.x.T @ grad
        #! double-mean|mean-instead-of-sum :: self.dW = self.x.T @ grad / len(grad)
        #! weight-instead-of-input :: self.dW = self.W * grad.sum(axis=0)
        self.db = grad.sum(axis=0)
        #! gradient-accumulated :: self.db += grad.sum(axis=0)
        #! double-mean|mean-instead-of-sum :: self.db = grad.sum(axis=0) / len(grad)
        #! bias-sum-without-axis :: self.db = np.sum(grad)
        #! bias-mean-instead-of-sum :: self.db = grad.mean(axis=0)
        #! bias-from-weight-gradient :: self.db = self.dW.sum(axis=0)
        return grad @ self.W.T
        #! updated-weights-used ::
        #!. self.W -= 0.05 * self.dW
        #!. return grad @ self.W.T
        #! summed-weights :: return np.repeat((grad @ self.W.T).sum(axis=1, keepdims=True), self.W.shape[0], axis=1)

    def update(self, lr):
        self.W -= lr * self.dW
        #! sign-flip :: self.W += lr * self.dW
        #! updated-weights-used ::
        self.b -= lr * self.db
        #! sign-flip :: self.b += lr * self.db
        #! bias-gradient-missing ::


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        #! relu-mask-always-on|missing-hidden-derivative [act=ReLU] :: self.mask = np.maximum(x, 0) >= 0
        return x * self.mask
        #! relu-mask-always-on [act=ReLU] :: return np.maximum(x, 0)

    def backward(self, grad):
        return grad * self.mask
        #! missing-hidden-derivative [act=ReLU] :: return grad
        #! relu-on-gradient [act=ReLU] :: return grad * (grad > 0)
        #! upstream-lost [act=ReLU] :: return self.mask.astype(float)


class Sigmoid:
    def forward(self, x):
        self.x = x
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, grad):
        return grad * self.out * (1 - self.out)
        #! output-form-given-preactivation [act=Sigmoid] :: return grad * self.x * (1 - self.x)
        #! activation-instead-of-derivative [act=Sigmoid] :: return grad * self.out
        #! derivative-of-gradient [act=Sigmoid] :: return grad * (1 - grad)
        #! missing-hidden-derivative/sig [act=Sigmoid] :: return grad


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, grad):
        return grad * (1 - self.out ** 2)
        #! wrong-derivative-formula [act=Tanh] :: return grad * (1 + self.out ** 2)
        #! derivative-at-activation [act=Tanh] :: return grad * (1 - np.tanh(self.out) ** 2)
        #! derivative-twice [act=Tanh] :: return grad * (1 - self.out ** 2) ** 2


#if head=softmax
class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        #! softmax-overflow :: e = np.exp(logits)
        self.p = e / e.sum(axis=1, keepdims=True)
        #! softmax-axis :: self.p = e / e.sum(axis=0)
        self.labels = labels
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels]))

    def backward(self):
        g = self.p.copy()
        g[np.arange(len(self.labels)), self.labels] -= 1
        #! extra-output-derivative :: g[np.arange(len(self.labels)), self.labels] -= 1
        #!. g = g * self.p * (1 - self.p)
        return g / len(self.labels)
        #! sum-instead-of-mean :: return g
        #! output-count-factor :: return g / g.size
        #! stale-batch-size :: return g / 64
#else
class MeanSquaredError:
    def forward(self, out, target):
        self.diff = out - target
        return np.mean(self.diff ** 2)

    def backward(self):
        return 2 * self.diff / self.diff.size
        #! missing-factor-2 :: return self.diff / self.diff.size
        #! output-count-factor :: return 2 * self.diff / len(self.diff)
        #! sum-instead-of-mean|output-count-factor :: return 2 * self.diff
        #! loss-gradient-mismatch :: return np.sign(self.diff) / self.diff.size
#end


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)


np.random.seed(8)
X = np.random.randn(13, 5)
#if head=softmax
y = np.random.randint(0, 4, 13)
#else
y = np.column_stack([X[:, 0] * X[:, 1], X.sum(axis=1), X[:, 2] - 1, X[:, 4]])
#end

model = Sequential(Dense(5, 7), <<act>>(), Dense(7, 6), <<act>>(), Dense(6, 4))
criterion = <<Loss>>()

history = []
for epoch in range(201):
    loss = criterion.forward(model.forward(X), y)
    history.append(loss)
    model.backward(criterion.backward())
    for layer in model.layers:
        if isinstance(layer, Dense):
            layer.update(0.05)
    if epoch % 50 == 0:
        print('epoch', epoch, 'loss', loss)
