"""Small right programs, and how a bug is planted in one: what the catalogue's examples are made of.

The programs are flat training loops of 10 to 25 lines, all layer sizes different, so that no bug hides.
"""

from __future__ import annotations

from gradcheck.diagnosis.catalogue.bug import Example

__all__ = [
    "ACCUMULATED",
    "BINARY",
    "CLASSES",
    "CLASSIFIER",
    "CURVE",
    "DROPOUT",
    "FLAT",
    "FUNCTIONS",
    "LARGE",
    "NORMALISED",
    "PENALISED",
    "RELU",
    "SQUARES",
    "XOR",
    "planted",
]

_START = """\
import numpy as np

rng = np.random.default_rng(0)
X, Y = {data}
W1, b1 = rng.normal(size=(4, 5)), rng.normal(size=5)
W2, b2 = rng.normal(size=(5, {outputs})), rng.normal(size={outputs})
learning_rate, losses = 0.05, []
for step in range(100):
    A1 = np.tanh(X @ W1 + b1)
"""
_BACK = """\
    dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)
"""
_UPDATE = """\
    W1 -= learning_rate * dW1
    b1 -= learning_rate * db1
    W2 -= learning_rate * dW2
    b2 -= learning_rate * db2
"""


def planted(right: str, *changes: tuple[str, str]) -> Example:
    """An example: a right program, and the same with some of its text replaced.

    Parameters
    ----------
    right : str
        The right program.
    *changes : pair of str
        Text that occurs once in it, and what stands there in the wrong one.

    Raises
    ------
    ValueError
        If a text to be replaced does not occur exactly once.
    """
    wrong = right
    for old, new in changes:
        if wrong.count(old) != 1:
            raise ValueError(f"{old!r} occurs {wrong.count(old)} times in the program, but should occur once")
        wrong = wrong.replace(old, new)
    return Example(wrong=wrong, right=right)


_REAL = _START.format(data="rng.normal(size=(7, 4)), rng.normal(size=(7, 3))", outputs=3)
_LABELS = "rng.normal(size=(7, 4)), np.eye(3)[rng.integers(0, 3, size=7)]"

# Mean of squares, linear outputs.
SQUARES = (
    _REAL
    + """\
    output = A1 @ W2 + b2
    losses.append(np.sum((output - Y) ** 2) / len(X))

    dZ2 = 2 * (output - Y) / len(X)
"""
    + _BACK
    + _UPDATE
)

# Mean of squares, sigmoid outputs.
CURVE = (
    _REAL.replace("rng.normal(size=(7, 3))", "rng.uniform(size=(7, 3))")
    + """\
    output = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    losses.append(np.sum((output - Y) ** 2) / len(X))

    dZ2 = 2 * (output - Y) / len(X) * output * (1 - output)
"""
    + _BACK
    + _UPDATE
)

# Binary cross-entropy, sigmoid outputs.
BINARY = (
    _START.format(data="rng.normal(size=(7, 4)), rng.integers(0, 2, size=(7, 3))", outputs=3)
    + """\
    output = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    losses.append(-np.sum(Y * np.log(output) + (1 - Y) * np.log(1 - output)) / len(X))

    dZ2 = (output - Y) / len(X)
"""
    + _BACK
    + _UPDATE
)

# Cross-entropy, softmax outputs.
CLASSES = (
    _START.format(data=_LABELS, outputs=3)
    + """\
    Z2 = A1 @ W2 + b2
    exps = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    output = exps / exps.sum(axis=1, keepdims=True)
    losses.append(-np.sum(Y * np.log(output)) / len(X))

    dZ2 = (output - Y) / len(X)
"""
    + _BACK
    + _UPDATE
)

# Mean of squares, one output, and targets as a flat array.
FLAT = (
    _START.format(data="rng.normal(size=(7, 4)), rng.normal(size=7)", outputs=1).replace("X, Y", "X, y")
    + """\
    output = A1 @ W2 + b2
    losses.append(np.sum((output[:, 0] - y) ** 2) / len(X))

    dZ2 = 2 * (output[:, 0] - y)[:, None] / len(X)
"""
    + _BACK
    + _UPDATE
)

# Mean of squares with a penalty on the weights, not on the biases.
PENALISED = (
    _REAL.replace("learning_rate, losses = 0.05, []\n", "learning_rate, lam, losses = 0.05, 0.1, []\n")
    + """\
    output = A1 @ W2 + b2
    penalty = lam * (np.sum(W1**2) + np.sum(W2**2))
    losses.append(np.sum((output - Y) ** 2) / len(X) + penalty)

    dZ2 = 2 * (output - Y) / len(X)
"""
    + _BACK
    + """\
    dW2 += 2 * lam * W2
    dW1 += 2 * lam * W1
"""
    + _UPDATE
)

# Mean of squares with one dropout mask, drawn once so that the loss is a function of the parameters.
DROPOUT = (
    _REAL.replace(
        "learning_rate, losses = 0.05, []\n",
        "learning_rate, keep, losses = 0.05, 0.6, []\nmask = (rng.random(size=(7, 5)) < keep) / keep\n",
    ).replace("    A1 = np.tanh(X @ W1 + b1)\n", "    T1 = np.tanh(X @ W1 + b1)\n    A1 = T1 * mask\n")
    + """\
    output = A1 @ W2 + b2
    losses.append(np.sum((output - Y) ** 2) / len(X))

    dZ2 = 2 * (output - Y) / len(X)
"""
    + _BACK.replace("(1 - A1**2)", "mask * (1 - T1**2)")
    + _UPDATE
)

# Mean of squares behind one batch normalisation.
NORMALISED = (
    _REAL.replace("    A1 = np.tanh(X @ W1 + b1)\n", "    Z1 = X @ W1 + b1\n")
    + """\
    mean, std = Z1.mean(axis=0), Z1.std(axis=0)
    U1 = (Z1 - mean) / std
    A1 = np.tanh(U1)
    output = A1 @ W2 + b2
    losses.append(np.sum((output - Y) ** 2) / len(X))

    dZ2 = 2 * (output - Y) / len(X)
"""
    + _BACK.replace(
        "    dZ1 = dZ2 @ W2.T * (1 - A1**2)\n",
        "    g = dZ2 @ W2.T * (1 - A1**2)\n    dZ1 = (g - g.mean(axis=0) - U1 * (g * U1).mean(axis=0)) / std\n",
    )
    + _UPDATE
)

_PROBLEM = """\

def gradcheck_problem():
    return gradcheck.Problem(loss, gradient, params)
"""

# Loss and gradient as functions of a dictionary of parameters, and a problem made of them.
FUNCTIONS = (
    """\
import gradcheck
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(7, 4)), rng.uniform(-1, 1, size=(7, 5))
params = {'W': rng.normal(size=(4, 5)), 'b': rng.normal(size=5)}

def predict(params):
    return np.tanh(X @ params['W'] + params['b'])

def loss(params):
    return np.sum((predict(params) - Y) ** 2) / len(X)

def gradient(params):
    H = predict(params)
    dZ = 2 * (H - Y) / len(X) * (1 - H**2)
    return {'W': X.T @ dZ, 'b': dZ.sum(axis=0)}
"""
    + _PROBLEM
)

# The same with sums that are set to zero in each call.
ACCUMULATED = FUNCTIONS.replace(
    "\n\ndef predict", "\ntotal = {name: np.zeros_like(value) for name, value in params.items()}\n\ndef predict"
).replace(
    "    return {'W': X.T @ dZ, 'b': dZ.sum(axis=0)}\n",
    "    total['W'][:] = 0\n    total['b'][:] = 0\n"
    "    total['W'] += X.T @ dZ\n    total['b'] += dZ.sum(axis=0)\n    return total\n",
)

# Cross-entropy of softmax outputs by way of their logarithm, on data in the hundreds.
LARGE = (
    """\
import gradcheck
import numpy as np

rng = np.random.default_rng(0)
X, Y = 400 * rng.normal(size=(7, 4)), np.eye(3)[rng.integers(0, 3, size=7)]
params = {'W': rng.normal(size=(4, 3)), 'b': rng.normal(size=3)}

def log_softmax(Z):
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

def loss(params):
    return -np.sum(Y * log_softmax(X @ params['W'] + params['b'])) / len(X)

def gradient(params):
    output = np.exp(log_softmax(X @ params['W'] + params['b']))
    dZ = (output - Y) / len(X)
    return {'W': X.T @ dZ, 'b': dZ.sum(axis=0)}
"""
    + _PROBLEM
)

# A rectified layer, whose pre-activation the gradient needs as it was.
RELU = (
    """\
import gradcheck
import numpy as np

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(7, 4)), rng.normal(size=(7, 5))
params = {'W': rng.normal(size=(4, 5)), 'b': rng.normal(size=5)}

def loss(params):
    Z = X @ params['W'] + params['b']
    return np.sum((np.maximum(Z, 0) - Y) ** 2) / len(X)

def gradient(params):
    Z = X @ params['W'] + params['b']
    R = np.maximum(Z, 0)
    dZ = 2 * (R - Y) / len(X) * (Z >= 0)
    return {'W': X.T @ dZ, 'b': dZ.sum(axis=0)}
"""
    + _PROBLEM
)

# Exclusive or: what a small network learns, unless something beside its gradient is in the way.
XOR = """\
import numpy as np

rng = np.random.default_rng(0)
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
W1, b1 = rng.normal(size=(2, 5)), rng.normal(size=5)
W2, b2 = rng.normal(size=(5, 1)), rng.normal(size=1)
learning_rate, losses = 0.5, []
for step in range(500):
    A1 = np.tanh(X @ W1 + b1)
    output = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    losses.append(np.sum((output - Y) ** 2))

    dZ2 = 2 * (output - Y) * output * (1 - output)
    dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)
    W1 -= learning_rate * dW1
    b1 -= learning_rate * db1
    W2 -= learning_rate * dW2
    b2 -= learning_rate * db2
"""

# A classifier of one layer, with loss and gradient as functions, and its training.
CLASSIFIER = (
    """\
import gradcheck
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(9, 4))
Y = (X[:, :1] > 0).astype(float)
params, losses = {'W': rng.normal(size=(4, 1)), 'b': rng.normal(size=1)}, []

def predict(params):
    return 1 / (1 + np.exp(-(X @ params['W'] + params['b'])))

def loss(params):
    return np.sum((predict(params) - Y) ** 2)

def gradient(params):
    output = predict(params)
    dZ = 2 * (output - Y) * output * (1 - output)
    return {'W': X.T @ dZ, 'b': dZ.sum(axis=0)}

for step in range(200):
    losses.append(np.sum((predict(params) - Y) ** 2))
    grads = gradient(params)
    for name in params:
        params[name] -= 0.5 * grads[name]
"""
    + _PROBLEM
)
