"""Programs of three layouts (rows, a loop over layers, one sample a call), and one bug at a time for each."""

from __future__ import annotations

from dataclasses import dataclass

from traced_programs import COLUMN_SHAPES, TracedProgram

from gradcheck.diagnosis.adjoints.quantities import QuantityKind

ROWS = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)

def forward(p):
    Z1 = X @ p['W1'] + p['b1']
    A1 = np.tanh(Z1)
    Z2 = A1 @ p['W2'] + p['b2']
    A2 = sigmoid(Z2)
    Z3 = A2 @ p['W3'] + p['b3']
    A3 = sigmoid(Z3)
    return Z1, A1, Z2, A2, Z3, A3

def loss(p):
    return np.sum((forward(p)[-1] - Y) ** 2) / m

def gradient(p):
    Z1, A1, Z2, A2, Z3, A3 = forward(p)
    error = A3 - Y
    dZ3 = 2 * error * A3 * (1 - A3)
    dW3 = A2.T @ dZ3 / m
    db3 = np.sum(dZ3, axis=0) / m
    dA2 = dZ3 @ p['W3'].T
    dZ2 = dA2 * sigmoid_prime(Z2)
    dW2 = A1.T @ dZ2 / m
    db2 = np.sum(dZ2, axis=0) / m
    dZ1 = (dZ2 @ p['W2'].T) * (1 - A1 ** 2)
    dW1 = X.T @ dZ1 / m
    db1 = np.sum(dZ1, axis=0) / m
    return {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2, 'W3': dW3, 'b3': db3}
"""

LOOP = """
class Net:
    def act(self, z):
        return np.tanh(z)

    def slope(self, z):
        return 1 - np.tanh(z) ** 2

    def run(self, p):
        self.zs, self.As = [], [X]
        for l in (1, 2, 3):
            self.zs.append(self.As[-1] @ p['W%d' % l] + p['b%d' % l])
            self.As.append(self.act(self.zs[-1]))
        return self.As[-1]

    def backward(self, p):
        grads = {}
        delta = (self.run(p) - Y) * self.slope(self.zs[2])
        for l in (3, 2, 1):
            grads['W%d' % l] = self.As[l - 1].T.dot(delta) / m
            grads['b%d' % l] = delta.mean(axis=0)
            if l > 1:
                upstream = delta @ p['W%d' % l].T
                delta = upstream * self.slope(self.zs[l - 2])
        return {name: grads[name] for name in p}

net = Net()

def loss(p):
    return 0.5 * np.mean(np.sum((net.run(p) - Y) ** 2, axis=1))

def gradient(p):
    return net.backward(p)
"""

SAMPLES = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def run(p, x):
    a, zs, acts = x, [], [x]
    for l in '123':
        z = p['W' + l] @ a + p['b' + l]
        a = sigmoid(z)
        zs.append(z)
        acts.append(a)
    return zs, acts

def loss(p):
    return sum(0.5 * np.sum((run(p, x.reshape(-1, 1))[1][-1] - y.reshape(-1, 1)) ** 2) for x, y in zip(X, Y)) / m

def one(p, x, y):
    zs, acts = run(p, x)
    nabla = {}
    delta = (acts[-1] - y) * sigmoid(zs[-1]) * (1 - sigmoid(zs[-1]))
    nabla['W3'], nabla['b3'] = delta @ acts[2].T, delta
    for l in (2, 1):
        sp = sigmoid(zs[l - 1]) * (1 - sigmoid(zs[l - 1]))
        delta = np.dot(p['W%d' % (l + 1)].T, delta) * sp
        nabla['W%d' % l] = np.dot(delta, acts[l - 1].T)
        nabla['b%d' % l] = delta
    return nabla

def gradient(p):
    total = {name: np.zeros(value.shape) for name, value in p.items()}
    for x, y in zip(X, Y):
        part = one(p, x.reshape(-1, 1), y.reshape(-1, 1))
        for name in total:
            total[name] = total[name] + part[name] / m
    return total
"""


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """One bug: the right text, the wrong one, and a part of the line that should be suspected first."""

    right: str
    wrong: str
    suspected: str
    blocks: tuple[str, ...]
    should_be: QuantityKind | None = None
    instead: str = ""
    program: str = ROWS


HIDDEN_2 = ("W1", "b1", "W2", "b2")

HIDDEN_1 = ("W1", "b1")

EVERY = (*HIDDEN_2, "W3", "b3")

SPOILT = {
    "missing-output-derivative": Spoilt(
        right="2 * error * A3 * (1 - A3)", wrong="2 * error", suspected="dZ3 = 2 * error", blocks=EVERY,
        should_be=QuantityKind.DELTA, instead="output minus the targets",
    ),
    "missing-hidden-derivative": Spoilt(
        right="dZ2 = dA2 * sigmoid_prime(Z2)", wrong="dZ2 = dA2", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        should_be=QuantityKind.DELTA, instead="without the activation's derivative",
    ),
    "missing-hidden-derivative, in one line": Spoilt(
        right="dZ1 = (dZ2 @ p['W2'].T) * (1 - A1 ** 2)", wrong="dZ1 = dZ2 @ p['W2'].T", suspected="dZ1 = dZ2",
        blocks=HIDDEN_1, should_be=QuantityKind.DELTA, instead="without the activation's derivative",
    ),
    "derivative-at-activation": Spoilt(
        right="sigmoid_prime(Z2)", wrong="sigmoid_prime(A2)", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        should_be=QuantityKind.DELTA, instead="derivative at A2, not at Z2",
    ),
    "derivative-of-gradient": Spoilt(
        right="sigmoid_prime(Z2)", wrong="sigmoid_prime(dA2)", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        instead="derivative at dA2, not at Z2",
    ),
    "wrong-derivative-formula, in a helper": Spoilt(
        right="return s * (1 - s)", wrong="return s * (1 + s)", suspected="return s * (1 + s)", blocks=HIDDEN_2,
        should_be=QuantityKind.SLOPE,
    ),
    "wrong-derivative-formula, in one line": Spoilt(
        right="(1 - A1 ** 2)", wrong="(1 + A1 ** 2)", suspected="dZ1 = ", blocks=HIDDEN_1, instead="1 + A1**2",
    ),
    "output-form-given-preactivation": Spoilt(
        right="return s * (1 - s)", wrong="return z * (1 - z)", suspected="return z * (1 - z)", blocks=HIDDEN_2,
        instead="Z2 * (1 - Z2)",
    ),
    "activation-instead-of-derivative": Spoilt(
        right="dA2 * sigmoid_prime(Z2)", wrong="dA2 * sigmoid(Z2)", suspected="dZ2 = dA2", blocks=HIDDEN_2,
        instead="A2 itself",
    ),
    "raw-error-backpropagated": Spoilt(
        right="dA2 = dZ3 @", wrong="dA2 = error @", suspected="dA2 = error", blocks=HIDDEN_2,
        should_be=QuantityKind.UPSTREAM, instead="output minus the targets",
    ),
    "upstream-lost": Spoilt(
        right="(dZ2 @ p['W2'].T) * (1 - A1 ** 2)", wrong="(1 - A1 ** 2)", suspected="dZ1 = (1", blocks=HIDDEN_1,
        should_be=QuantityKind.DELTA,
    ),
    "updated-weights-used": Spoilt(
        right="    dA2 = dZ3 @ p['W3'].T", wrong="    W3 = p['W3'] - 0.1 * dW3\n    dA2 = dZ3 @ W3.T",
        suspected="W3 = p['W3'] - 0.1", blocks=HIDDEN_2, instead="changed before it was used",
    ),
    "sign-flip-below": Spoilt(
        right="(1 - A1 ** 2)", wrong="(A1 ** 2 - 1)", suspected="dZ1 =", blocks=HIDDEN_1, instead="-1 times",
    ),
    "wrong-layer-activation": Spoilt(
        right="dW2 = A1.T @", wrong="dW2 = Z1.T @", suspected="dW2 = Z1.T", blocks=("W2",),
        should_be=QuantityKind.WEIGHT, instead="made with Z1",
    ),
    "local-constant": Spoilt(
        right="dW1 = X.T @ dZ1 / m", wrong="dW1 = X.T @ dZ1", suspected="dW1 = X.T", blocks=("W1",),
        should_be=QuantityKind.WEIGHT, instead="5 times",
    ),
    "bias-mean-instead-of-sum": Spoilt(
        right="db2 = np.sum(dZ2, axis=0) / m", wrong="db2 = np.mean(dZ2, axis=0) / m", suspected="db2 = np.mean",
        blocks=("b2",), should_be=QuantityKind.BIAS, instead="0.2 times",
    ),
    "bias-sum-without-axis": Spoilt(
        right="db2 = np.sum(dZ2, axis=0) / m", wrong="db2 = np.sum(dZ2) / m + np.zeros(6)",
        suspected="db2 = np.sum(dZ2) /", blocks=("b2",),
        should_be=QuantityKind.BIAS, instead="one number for all units",
    ),
    "gradient-stopped": Spoilt(
        right="    return {'W1': dW1", wrong="    dW1 = dW1 * 0\n    return {'W1': dW1", suspected="dW1 = dW1 * 0",
        blocks=("W1",), should_be=QuantityKind.WEIGHT, instead="zero",
    ),
    "loop: missing-hidden-derivative": Spoilt(
        right="delta = upstream * self.slope(self.zs[l - 2])", wrong="delta = upstream", suspected="delta = upstream",
        blocks=HIDDEN_2, instead="without the activation's derivative", program=LOOP,
    ),
    "loop: derivative-at-activation": Spoilt(
        right="self.slope(self.zs[l - 2])", wrong="self.slope(self.As[l - 1])", suspected="delta = upstream *",
        blocks=HIDDEN_2, instead="not at", program=LOOP,
    ),
    "loop: wrong helper": Spoilt(
        right="1 - np.tanh(z) ** 2", wrong="1 - np.tanh(z)", suspected="return 1 - np.tanh(z)", blocks=EVERY,
        program=LOOP,
    ),
    "samples: missing-hidden-derivative": Spoilt(
        right="delta) * sp", wrong="delta)", suspected="delta = np.dot", blocks=HIDDEN_2,
        instead="without the activation's derivative", program=SAMPLES,
    ),
    "samples: wrong factor": Spoilt(
        right="sp = sigmoid(zs[l - 1]) * (1 - sigmoid(zs[l - 1]))", wrong="sp = zs[l - 1] * (1 - zs[l - 1])",
        suspected="sp = zs", blocks=HIDDEN_2, should_be=QuantityKind.SLOPE, program=SAMPLES,
    ),
    "samples: derivative-at-activation, bound before it is used": Spoilt(
        right="sp = sigmoid(zs[l - 1]) * (1 - sigmoid(zs[l - 1]))", wrong="sp = prime(acts[l])",
        suspected="sp = prime", blocks=HIDDEN_2, should_be=QuantityKind.SLOPE, instead="not at",
        program=SAMPLES + "\ndef prime(z):\n    return sigmoid(z) * (1 - sigmoid(z))\n",
    ),
    "samples: wrong-layer-activation": Spoilt(
        right="np.dot(delta, acts[l - 1].T)", wrong="np.dot(delta, zs[l - 2].T if l > 1 else acts[0].T)",
        suspected="nabla['W%d' % l]", blocks=("W2",), program=SAMPLES,
    ),
}  # fmt: skip


def traced(text: str) -> TracedProgram:
    """The program, with the shapes that its layout asks for."""
    return TracedProgram(text, COLUMN_SHAPES if text.startswith("\ndef sigmoid") and "def one" in text else None)
