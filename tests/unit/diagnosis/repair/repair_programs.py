"""Small right programs in several styles, and a stand-in that runs their text: what a repair is tried on."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import (
    Array,
    Forward,
    Intermediate,
    SourceText,
    Trace,
    Trial,
    UnavailableError,
    Variation,
)
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.diagnosis.repair import Repair, repair
from gradcheck.records import Verdict

NAME = "student.py"
RATE = 0.125
SHAPES = ((4, 5), (5,), (5, 3), (3,))
BLOCKS = ("W1", "b1", "W2", "b2")
FORWARD = {"forward", "loss", "sigmoid", "relu", "tanh"}
PENALTY = re.compile(r"^lam = .*$", re.MULTILINE)
Numbers = tuple[float, list[Any]]

FUNCTIONS = '''"""Ein Netz in Funktionen."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1 - s)


def forward(params, X):
    z1 = X @ params["W1"] + params["b1"]
    a1 = np.tanh(z1)
    z2 = a1 @ params["W2"] + params["b2"]
    a2 = sigmoid(z2)
    return z1, a1, z2, a2


def loss(params, X, y):
    a2 = forward(params, X)[-1]
    return np.mean(np.sum((a2 - y) ** 2, axis=1))


def backward(params, X, y):
    m = X.shape[0]  # samples
    z1, a1, z2, a2 = forward(params, X)
    # output layer
    d2 = 2 * (a2 - y) / m * sigmoid_derivative(z2)   # größer
    dW2 = a1.T @ d2
    db2 = np.sum(d2, axis=0)
    # hidden layer
    d1 = (d2 @ params["W2"].T) * (1 - a1 ** 2)
    dW1 = X.T @ d1
    db1 = np.sum(d1, axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
'''

UPDATING = """import numpy as np


class Net:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2

    def relu(self, z):
        return np.maximum(0, z)

    def relu_prime(self, z):
        return (z > 0).astype(float)

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.relu(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        return self.z2

    def loss(self, X, y):
        return 0.5 * np.sum((self.forward(X) - y) ** 2) / len(X)

    def step(self, X, y, lr):
        out = self.forward(X)
        delta2 = (out - y) / len(X)
        delta1 = np.dot(delta2, self.W2.T) * self.relu_prime(self.z1)
        self.W2 -= lr * np.dot(self.a1.T, delta2)
        self.b2 -= lr * delta2.sum(axis=0)
        self.W1 -= lr * np.dot(X.T, delta1)
        self.b1 -= lr * delta1.sum(axis=0)
"""

LISTS = """import numpy as np


def forward(weights, biases, X):
    activations = [X]
    for W, b in zip(weights, biases):
        activations.append(np.tanh(activations[-1] @ W + b))
    return activations


def loss(weights, biases, X, y):
    return 0.5 * np.sum((forward(weights, biases, X)[-1] - y) ** 2)


def step(weights, biases, X, y, lr):
    activations = forward(weights, biases, X)
    delta = (activations[-1] - y) * (1 - activations[-1] ** 2)
    for l in reversed(range(len(weights))):
        grad_W = activations[l].T @ delta
        grad_b = delta.sum(axis=0)
        if l > 0:
            delta = (delta @ weights[l].T) * (1 - activations[l] ** 2)
        weights[l] -= lr * grad_W
        biases[l] -= lr * grad_b
"""

COLUMNS = """import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def loss(weights, biases, X, y):
    total = 0.0
    for x, t in zip(X, y):
        a = x[:, None]
        for W, b in zip(weights, biases):
            a = sigmoid(np.dot(W, a) + b)
        total += 0.5 * np.sum((a - t[:, None]) ** 2)
    return total


def backprop(weights, biases, x, t):
    nabla_w = [np.zeros(w.shape) for w in weights]
    nabla_b = [np.zeros(b.shape) for b in biases]
    activations, zs = [x], []
    for W, b in zip(weights, biases):
        zs.append(np.dot(W, activations[-1]) + b)
        activations.append(sigmoid(zs[-1]))
    delta = (activations[-1] - t) * sigmoid_prime(zs[-1])
    nabla_b[-1] = delta
    nabla_w[-1] = np.dot(delta, activations[-2].T)
    for l in range(2, len(weights) + 1):
        delta = np.dot(weights[-l + 1].T, delta) * sigmoid_prime(zs[-l])
        nabla_b[-l] = delta
        nabla_w[-l] = np.dot(delta, activations[-l - 1].T)
    return nabla_w, nabla_b


def gradient(weights, biases, X, y):
    total_w = [np.zeros(w.shape) for w in weights]
    total_b = [np.zeros(b.shape) for b in biases]
    for x, t in zip(X, y):
        nabla_w, nabla_b = backprop(weights, biases, x[:, None], t[:, None])
        total_w = [a + b for a, b in zip(total_w, nabla_w)]
        total_b = [a + b for a, b in zip(total_b, nabla_b)]
    return total_w, total_b
"""

SCRIPT = """import numpy as np

X, y = data
W1, b1, W2, b2 = start
lam = 0.25
learning_rate = 0.5

for epoch in range(1):
    hidden = np.tanh(X.dot(W1) + b1)
    output = hidden.dot(W2) + b2
    loss = np.mean((output - y) ** 2) + lam * (np.sum(W1 ** 2) + np.sum(W2 ** 2))

    error = 2 * (output - y) / y.size
    grad_W2 = hidden.T.dot(error) + 2 * lam * W2
    grad_b2 = error.sum(axis=0)
    hidden_error = error.dot(W2.T) * (1 - hidden ** 2)
    grad_W1 = X.T.dot(hidden_error) + 2 * lam * W1
    grad_b1 = hidden_error.sum(axis=0)
"""


def _functions(text: str, arrays: Sequence[Array], data: Any) -> Numbers:
    space = _run(text)
    params = dict(zip(BLOCKS, arrays, strict=True))
    value = float(space["loss"](params, *data))
    found = space["backward"](params, *data)
    return value, [found[name] for name in BLOCKS]


def _updating(text: str, arrays: Sequence[Array], data: Any) -> Numbers:
    net = _run(text)["Net"](*(array.copy() for array in arrays))
    value = float(net.loss(*data))
    net.step(*data, RATE)
    return value, [
        (before - getattr(net, name)) / RATE for before, name in zip(arrays, BLOCKS, strict=True)
    ]  # fmt: skip


def _lists(text: str, arrays: Sequence[Array], data: Any) -> Numbers:
    space = _run(text)
    weights, biases = [arrays[0].copy(), arrays[2].copy()], [arrays[1].copy(), arrays[3].copy()]
    value = float(space["loss"](weights, biases, *data))
    space["step"](weights, biases, *data, RATE)
    after = [weights[0], biases[0], weights[1], biases[1]]
    return value, [(a - b) / RATE for a, b in zip(arrays, after, strict=True)]


def _columns(text: str, arrays: Sequence[Array], data: Any) -> Numbers:
    space = _run(text)
    weights, biases = [arrays[0].T, arrays[2].T], [arrays[1][:, None], arrays[3][:, None]]
    value = float(space["loss"](weights, biases, *data))
    found_w, found_b = space["gradient"](weights, biases, *data)
    return value, [found_w[0].T, found_b[0].reshape(-1), found_w[1].T, found_b[1].reshape(-1)]


def _script(text: str, arrays: Sequence[Array], data: Any) -> Numbers:
    space = _run(text, {"data": data, "start": [array.copy() for array in arrays]})
    return float(space["loss"]), [space[f"grad_{name}"] for name in BLOCKS]


def _run(text: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
    space: dict[str, Any] = dict(given or {})
    exec(compile(text, NAME, "exec"), space)
    return space


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A right text, how it is driven, and what it calls the adjoints of its pre-activations."""

    text: str
    drive: Callable[[str, Sequence[Array], Any], Numbers]
    deltas: tuple[str, ...] = ()


STYLES = {
    "functions": Style(text=FUNCTIONS, drive=_functions, deltas=("d2", "d1")),
    "updating": Style(text=UPDATING, drive=_updating, deltas=("delta2", "delta1")),
    "lists": Style(text=LISTS, drive=_lists),
    "columns": Style(text=COLUMNS, drive=_columns),
    "script": Style(text=SCRIPT, drive=_script),
}


class TextProgram:
    """Runs a text from the start for every question; knows the truth from the right text."""

    def __init__(self, style: Style, text: str, rows: int = 7, *, varies: bool = True) -> None:
        self.style, self.text, self.rows, self.varies = style, text, rows, varies
        rng = np.random.default_rng(11)
        self.data = rng.normal(size=(7, 4))[:rows], rng.uniform(size=(7, 3))[:rows]
        blocks = [SimpleNamespace(name=name, shape=shape) for name, shape in zip(BLOCKS, SHAPES, strict=True)]
        self.problem: Any = SimpleNamespace(blocks=blocks, sign=1)
        self.source = SourceText(name=NAME, text=text)
        self.sizes = {"batch": float(rows), "outputs": 3.0, "features": 4.0, "learning_rate": RATE}
        self.verified: list[str] = []

    def points(self, seed: int = 3) -> list[tuple[Array, ...]]:
        """Two random points."""
        rng = np.random.default_rng(seed)
        return [tuple(rng.uniform(-1, 1, size=shape) for shape in SHAPES) for _ in range(2)]

    def truth(self, arrays: Sequence[Array]) -> list[Array]:
        """The gradient that the right text claims."""
        return [np.array(array) for array in self.style.drive(self.style.text, arrays, self.data)[1]]

    def trial(self, text: str, arrays: Sequence[Array], *, traced: bool = False) -> Trial:
        """Loss and gradient of a text at a point."""
        try:
            with np.errstate(all="ignore"):
                loss, gradient = self.style.drive(text, arrays, self.data)
        except Exception as error:  # noqa: BLE001 (the text's own)
            return Trial(error=f"{type(error).__name__}: {error}")
        if traced:
            return Trial(loss=loss, gradient=tuple(gradient), trace=self._traced(text, arrays))
        arrays = [np.asarray(array, dtype=float) for array in gradient]
        if [array.shape for array in arrays] != list(SHAPES):
            return Trial(loss=loss, error="a block has another shape")
        return Trial(loss=loss, gradient=tuple(arrays))

    def trace(self, arrays: Sequence[Array]) -> Trace:
        """One run of the text, line by line, as far as it comes."""
        return self._traced(self.text, arrays)

    def forward(self, arrays: Sequence[Array]) -> Forward:
        """The lines of the forward pass, and the true adjoints of parameters and of the style's deltas."""
        truth = self.truth(arrays)
        values = [
            Intermediate(number=i, operation="parameter", value=array, adjoint=adjoint, block=name)
            for i, (array, adjoint, name) in enumerate(zip(arrays, truth, BLOCKS, strict=True))
        ]
        for event in self._traced(self.style.text, arrays).events:
            if event.name in self.style.deltas:
                adjoint = np.asarray(event.value)
                values.append(Intermediate(number=len(values), operation="add", value=adjoint, adjoint=adjoint))
        nothing = np.zeros(1)
        for line in self._forward_lines():
            values.append(Intermediate(number=len(values), operation="add", value=nothing, adjoint=nothing, line=line))
        return Forward(values=tuple(values), loss=len(values) - 1)

    def verify(self, text: str) -> Any:
        """A pass where a text agrees, at a fresh point, with the right one of as strong a penalty."""
        self.verified.append(text)
        arrays = self.points(seed=29)[0]
        trial = self.trial(text, arrays)
        strength = PENALTY.search(text)
        other = self.style.text if strength is None else PENALTY.sub(strength.group(), self.style.text)
        truth = self.style.drive(other, arrays, self.data)[1]
        right = trial.error is None and all(
            np.allclose(a, b, rtol=1e-7) for a, b in zip(trial.gradient, truth, strict=True)
        )
        return SimpleNamespace(verdict=Verdict.PASS if right else Verdict.FAIL, reason="compared with the right text")

    def vary(self, variation: Variation) -> Any:
        """Fewer samples; nothing else varies."""
        if not self.varies or list(variation.given()) != ["rows"] or variation.rows is None:
            raise UnavailableError("only the number of rows varies")
        return TextProgram(self.style, self.text, rows=variation.rows)

    def train(self, steps: int) -> Any:
        """Never."""
        raise UnavailableError(f"no training of {steps} steps")

    def _traced(self, text: str, arrays: Sequence[Array]) -> Trace:
        with recording({NAME: text}) as recorder, contextlib.suppress(Exception), np.errstate(all="ignore"):
            self.style.drive(text, arrays, self.data)
        return recorder.trace()

    def _forward_lines(self) -> list[int]:
        lines: list[int] = []
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name in FORWARD:
                lines += range(node.body[0].lineno, (node.end_lineno or 0) + 1)
            if isinstance(node, ast.For) and any(isinstance(parent, ast.Module) for parent in [tree]):
                for statement in node.body:
                    code = ast.unparse(statement)
                    if node in tree.body and code.startswith(("hidden =", "output =", "loss =")):
                        lines.append(statement.lineno)
        return lines


def repaired(program: TextProgram, **options: object) -> Repair:
    """The repair at two points, with all that is known."""
    points = program.points()
    given = {
        "points": points,
        "truth": [program.truth(arrays) for arrays in points],
        "forward": program.forward(points[0]),
        "trace": program.trace(points[0]) if options.pop("traced", True) else None,
        **options,
    }
    return repair(program, **given)  # type: ignore[arg-type]


def broken(style: str, right: str, wrong: str) -> TextProgram:
    """A right text with one thing wrong."""
    text = STYLES[style].text
    assert right in text
    return TextProgram(STYLES[style], text.replace(right, wrong))
