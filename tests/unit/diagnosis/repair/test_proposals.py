"""What is proposed for a line, from its text and from the values that a run has shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.program import Forward, Intermediate
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.edits import GENERATORS
from gradcheck.diagnosis.repair.edits.factors import _undoes
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import apply
from gradcheck.diagnosis.repair.syntax import Tree

K = EditKind


def proposals(text: str, line: int, given: Mapping[str, Any], *, parameters: Mapping[str, Any]) -> dict[str, EditKind]:
    """Texts that are proposed for a line of a text that has run with some variables, and by which kind of edit."""
    space = dict(given)
    with recording({"f.py": text}) as recorder:
        exec(compile(text, "f.py", "exec"), space)
    tree = Tree(text)
    sizes = {"batch": 6.0, "regularisation": 0.5, "learning_rate": 0.1}
    arrays = {name: np.asarray(value, dtype=float) for name, value in parameters.items()}
    scope = Scope(tree, sizes, recorder.trace(), None, arrays)
    setting = Setting(
        tree=tree, scope=scope, blocks=tuple(arrays), shapes=tuple(array.shape for array in arrays.values())
    )
    found: dict[str, EditKind] = {}
    for statement in tree.statements:
        if statement.line == line:
            for generator in GENERATORS:
                for change in generator(setting, statement):
                    found.setdefault(apply(text, change.splices), change.kind)
    return found


RNG = np.random.default_rng(3)
X, W, D = RNG.normal(size=(6, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=(6, 3))
Z = (D - D.mean(axis=0)) / D.std(axis=0)
THETA = RNG.normal(size=(3, 5))
P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)

LISTED = "h = []\nfor z in zs:\n    h.append(1 / (1 + math.exp(-z)))\nfor j in range(2):\n"

LEAKY = """def act(z):
    return np.where(z > 0, z, 0.1 * z)


def slope(z):
    return np.where(z > 0, 1, {})


h = act(z)
d = e * slope(z)
"""

# text, line, variables that it finds, parameters, what the line should be, the kind of the edit.
LINES = [
    ("d = e[:, :-1]\n", 1, {"e": X}, {"W": W}, "d = e[:, 1:]\n", K.REPLACE_OPERAND),
    (
        "e = 0.0\nfor j in range(1):\n    e += d[j] * sum(w[0])\n",
        3,
        {"d": [1.0, 2.0, 3.0], "w": [[1.0], [2.0], [3.0]]},
        {"w": [[1.0], [2.0], [3.0]]},
        "e = 0.0\nfor j in range(1):\n    e += d[j] * w[0][j]\n",
        K.REPLACE_OPERAND,
    ),
    ("d = np.sign(a - y)\n", 1, {"np": np, "a": D, "y": D + 1}, {"W": W}, "d = np.tanh(a - y)\n", K.REPLACE_FUNCTION),
    ("b = b - np.sum(d)\n", 1, {"np": np, "b": D[0], "d": D[1]}, {"b": D[0]}, "b = b - d\n", K.AXIS),
    ("db = d.sum(axis=0) + b\n", 1, {"d": D, "b": D[0]}, {"b": D[0]}, "db = d.sum(axis=0)\n", K.FORMULA),
    (
        "lam = 0.5\ng = d.T @ a\nJ = lam * (Theta[:, 1:] ** 2).sum()\n",
        2,
        {"d": D, "a": RNG.normal(size=(6, 5)), "Theta": THETA},
        {"Theta": THETA},
        "lam = 0.5\ng = d.T @ a\ng[:, 1:] += 2 * lam * Theta[:, 1:]\nJ = lam * (Theta[:, 1:] ** 2).sum()\n",
        K.REGULARISATION,
    ),
    (
        "d = (e - e.mean(axis=0)) / s\nq = zn\n",
        1,
        {"e": D, "s": 2.0, "zn": Z},
        {"W": W},
        "d = (e - e.mean(axis=0) - zn * (e * zn).mean(axis=0)) / s\nq = zn\n",
        K.FORMULA,
    ),
    (
        "h = 1 / (1 + math.exp(-n))\nd = e * w\nq = h\n",
        2,
        {"math": __import__("math"), "n": 0.3, "e": 0.5, "w": 2.0},
        {"w": 2.0},
        "h = 1 / (1 + math.exp(-n))\nd = e * w * (h * (1 - h))\nq = h\n",
        K.ADD_DERIVATIVE,
    ),
    (
        "a = np.hstack([ones, np.tanh(z)])\nd = e\nq = z\n",
        2,
        {"np": np, "ones": np.ones((6, 1)), "z": D, "e": D + 1},
        {"W": W},
        "a = np.hstack([ones, np.tanh(z)])\nd = e * (1 - np.tanh(z) ** 2)\nq = z\n",
        K.ADD_DERIVATIVE,
    ),
    (
        "for k in range(2):\n    for j in range(3):\n        w[k][j] -= lr * d[k] * x[j]\n",
        3,
        {"w": np.ones((2, 3)), "d": [1.0, 2.0], "x": [1.0, 2.0, 3.0], "lr": 0.1},
        {"w": np.ones((2, 3)), "b": [1.0, 2.0]},
        "for k in range(2):\n    for j in range(3):\n        w[k][j] -= lr * d[k] * x[j]\n    b[k] -= lr * d[k]\n",
        K.INSERT,
    ),
    (
        "c = c - lr * d2\nb = b + lr * b\nq = d1\n",
        2,
        {"c": D[0], "d2": D[0], "b": X[0], "d1": X[1], "lr": 0.1},
        {"c": D[0], "b": X[0]},
        "c = c - lr * d2\nb = b - lr * d1\nq = d1\n",
        K.REPLACE_OPERAND,
    ),
    (
        "c = c - lr * d2\nb = b - lr * g\nq = d1\n",
        2,
        {"c": D[0], "d2": D[0], "b": X[0], "g": X[2], "d1": X[1], "lr": 0.1},
        {"c": D[0], "b": X[0]},
        "c = c - lr * d2\nb = b - lr * d1\nq = d1\n",
        K.REPLACE_OPERAND,
    ),
    (
        "U = U - lr * gU\nq = gc\n",
        1,
        {"U": W, "gU": W + 1, "gc": D[0], "lr": 0.1},
        {"U": W, "c": D[0]},
        "U = U - lr * gU\nc = c - lr * gc\nq = gc\n",
        K.INSERT,
    ),
    (
        "e = 0.0\nfor k in range(3):\n    e = d[k]\n",
        3,
        {"d": [1.0, 2.0, 3.0]},
        {"w": [1.0]},
        "e = 0.0\nfor k in range(3):\n    e += d[k]\n",
        K.ASSIGN,
    ),
    (
        "h = np.tanh(n)\nd = mask * h / keep\ne = up\nq = e, h, n, keep\n",
        3,
        {"np": np, "n": D, "mask": Z > 0, "keep": 0.5, "up": D + 1},
        {"W": W},
        "h = np.tanh(n)\nd = mask * h / keep\ne = up * mask / keep * (1 - h ** 2)\nq = e, h, n, keep\n",
        K.MASK,
    ),
    (
        "dz = e * p * (1 - p)\n",
        1,
        {"e": D, "p": P},
        {"W": W},
        "dz = p * (e - np.sum(e * p, axis=1, keepdims=True))\n",
        K.FORMULA,
    ),
    (
        "dz = e.T / 6\nq = p\n",
        1,
        {"e": D, "p": P.T},
        {"W": W},
        "dz = p * ((e.T / 6) - np.sum((e.T / 6) * p, axis=0, keepdims=True))\nq = p\n",
        K.FORMULA,
    ),
    (
        "g = X.T @ (a - y)\ndb = a.sum()\n",
        2,
        {"X": X, "a": D, "y": D + 1},
        {"W": W, "b": D[0]},
        "g = X.T @ (a - y)\ndb = (a - y).sum()\n",
        K.REPLACE_OPERAND,
    ),
    (
        "d = np.sign(a - y) / m\n",
        1,
        {"np": np, "a": D, "y": D + 1, "m": 6.0},
        {"W": W},
        "d = (a - y) / m\n",
        K.FORMULA,
    ),
    (
        f"{LISTED}    d[j] = e * w[j]\n    q = h[j]\n",
        5,
        {"math": __import__("math"), "zs": [0.3, -0.2], "e": 0.5, "w": [2.0, 1.0], "d": [0.0, 0.0]},
        {"w": [2.0, 1.0]},
        f"{LISTED}    d[j] = e * w[j] * (h[j] * (1 - h[j]))\n    q = h[j]\n",
        K.ADD_DERIVATIVE,
    ),
    (
        "h = 1 / (1 + np.exp(-z))\nd = (e @ W.T) * out * (1 - out)\nq = h\n",
        2,
        {"np": np, "z": X, "e": D[:, :1], "W": W[:, :1], "out": 1 / (1 + np.exp(-D[:, :1]))},
        {"W": W[:, :1]},
        "h = 1 / (1 + np.exp(-z))\nd = (e @ W.T) * (h * (1 - h))\nq = h\n",
        K.REPLACE_DERIVATIVE,
    ),
    (
        "h = np.maximum(0.2 * z, z)\nd[z < 0] *= 0.01\nq = h\n",
        2,
        {"np": np, "z": D, "d": D + 1},
        {"W": W},
        "h = np.maximum(0.2 * z, z)\nd[z < 0] *= 0.2\nq = h\n",
        K.FORMULA,
    ),
    ("d = logs\n", 1, {"logs": np.log(P)}, {"W": W}, "d = np.exp(logs)\n", K.FORMULA),
    ("g = (1 - h).T @ d\n", 1, {"h": X, "d": D}, {"W": W}, "g = h.T @ d\n", K.REPLACE_OPERAND),
    (
        LEAKY.format("0.01"),
        6,
        {"np": np, "z": D, "e": D + 1},
        {"W": W},
        LEAKY.format("0.1"),
        K.FORMULA,
    ),
]


@pytest.mark.parametrize(
    ("text", "line", "given", "parameters", "right", "kind"),
    LINES,
    ids=[f"{n}: {case[0]!r}" for n, case in enumerate(LINES)],
)
def test_the_right_line_is_among_what_is_proposed(
    text: str, line: int, given: dict[str, Any], parameters: dict[str, Any], right: str, kind: EditKind
) -> None:
    """By the kind of edit that says what was wrong."""
    found = proposals(text, line, given, parameters=parameters)
    assert right in found, sorted(found)
    assert found[right] is kind


def test_a_single_number_among_the_parameters_is_no_obstacle() -> None:
    """Its update is modelled on that of an array, with what has its shape."""
    text = "w = w - lr * gw\nb = b - lr * b\nq = gb, d\n"
    given = {"w": W, "gw": W + 1, "b": 0.5, "gb": 0.25, "d": D, "lr": 0.1}
    found = proposals(text, 2, given, parameters={"w": W, "b": 0.5})
    assert text.replace("lr * b", "lr * gb") in found


def test_results_that_callers_take_by_name_keep_their_order() -> None:
    """What a function returns is not swapped where ``z, a = forward(X)`` names it as it is returned."""
    text = "def forward(X):\n    z = X + 1\n    a = z * 2\n    return z, a\n{} = forward(X)\n"
    swapped = text.replace("return z, a", "return a, z")
    for taken, offered in (("z, a", False), ("first, second", True)):
        found = proposals(text.format(taken), 4, {"X": X}, parameters={"W": W})
        assert (swapped.format(taken) in found) is offered


def test_a_sigmoid_is_no_derivative_for_being_one_of_another_activation() -> None:
    """Of a function with a flag the flag's branch must be one."""
    text = "def f(x, slope=False):\n    if slope:\n        return x * (1 {} x)\n    return 1 / (1 + np.exp(-x))\n"
    scopes = [Scope(Tree(text.format(sign)), {}, None, None) for sign in "+-"]
    assert [scope.derivatives("f") for scope in scopes] == [frozenset(), {"at_output"}]


def test_an_activation_of_what_has_no_name_is_told_by_its_values() -> None:
    """``h = self.encode(x)`` is a sigmoid of something that the forward pass has computed on the way."""
    text = "d = e * (1 - h)\nq = h\n"
    space = {"e": D, "h": 1 / (1 + np.exp(-Z))}
    with recording({"f.py": text}) as recorder:
        exec(compile(text, "f.py", "exec"), space)
    forward = Forward(values=(Intermediate(number=0, operation="add", value=Z, adjoint=D),), loss=0)
    tree = Tree(text)
    scope = Scope(tree, {}, recorder.trace(), forward)
    assert ("(h * (1 - h))", "sigmoid") in list(scope.slopes(tree.statements[0], D.shape))


def test_elements_are_known_by_another_name_of_what_holds_them() -> None:
    """``c = self.cache``."""
    text = "class N:\n    def g(self, e):\n        c = self.cache\n        return e * c['A']\nd = net.g(e)\n"
    space: dict[str, Any] = {"e": D}
    exec("class Holder:\n    pass\n", space)
    with recording({"f.py": text}) as recorder:
        code = compile(text.replace("d = net", "net = N()\nnet.cache = {'A': e + 1}\nd = net"), "f.py", "exec")
        exec(code, space)
    tree = Tree(text)
    scope = Scope(tree, {}, recorder.trace(), None)
    statement = next(s for s in tree.statements if s.line == 4)
    found = scope.value("c['A']", statement)
    assert found is not None
    assert np.array_equal(found, D + 1)


def test_in_a_loop_all_values_are_of_one_turn() -> None:
    """``d`` is rebound at the end of a turn: what it was in the last one, when the line ran, is what counts."""
    text = "for W in Ws:\n    g = W.sum(axis=0)\n    d = d @ W\n"
    given = {"Ws": [np.ones((3, 4)), np.ones((4, 2))], "d": np.ones((5, 3))}
    with recording({"f.py": text}) as recorder:
        exec(compile(text, "f.py", "exec"), dict(given))
    tree = Tree(text)
    scope = Scope(tree, {}, recorder.trace(), None)
    statement = next(s for s in tree.statements if s.line == 2)
    assert (scope.shape("W", statement), scope.shape("d", statement)) == ((4, 2), (5, 4))


@pytest.mark.parametrize(
    ("code", "operator", "factor", "undoes"),
    [
        ("d = e / m", "*", "m", True),
        ("d = e / m.x", "*", "m", False),
        ("d = e * m", "/", "m", True),
        ("d = m * e", "/", "m", True),
        ("d = e / n", "*", "m", False),
        ("d = e / Y.shape[1]", "*", "Y.shape[1]", True),
    ],
)
def test_a_factor_that_takes_another_back_is_none(code: str, operator: str, factor: str, undoes: bool) -> None:
    """A wrong factor is dropped instead."""
    assert _undoes(code, operator, factor) is undoes


def test_a_derivative_that_is_the_activation_only_is_completed_where_it_is() -> None:
    """``g = sigmoid(z); return g`` of a helper that is called a derivative."""
    text = (
        "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n\n\n"
        "def sigmoid_gradient(z):\n    g = sigmoid(z)\n    return g\n\n\nq = sigmoid_gradient(n)\n"
    )
    found = proposals(text, 7, {"np": np, "n": D}, parameters={"W": W})
    assert found[text.replace("return g\n", "return g * (1 - g)\n")] is K.FORMULA


def test_what_a_comprehension_binds_is_no_operand() -> None:
    """``for self.b in self.c`` would write into the program's own state, and no later trial would start from it."""
    tree = Tree("nabla = [f(b, w) for b, (w, _) in zip(self.biases, self.weights) if b]\n")
    (statement,) = tree.statements
    told = [tree.code(node) for node in tree.expressions(statement)]
    assert told.count("b") == 2  # where it is handed on, and in the condition
    assert "(w, _)" not in told
    assert {"self.biases", "self.weights", "w"} <= set(told)
    assert "_" not in told


IN_PLACE = [
    ("kept.append((h, W))\nh += D\n", 2, "kept.append((h, W))\nh = h + D\n"),
    ("kept['h'] = 1\nr = h\nh *= D - 1\n", 3, "kept['h'] = 1\nr = h\nh = h * (D - 1)\n"),
    ("cache = [h, W]\nh[h < 0] = 0\n", 2, "cache = [h, W]\nh = h.copy()\nh[h < 0] = 0\n"),
    (
        "for i in range(2):\n    h -= D\n    kept.append(h)\n",
        2,
        "for i in range(2):\n    h = h - D\n    kept.append(h)\n",
    ),
]


@pytest.mark.parametrize(("text", "line", "right"), IN_PLACE)
def test_what_is_put_away_by_reference_and_then_changed_is_made_anew(text: str, line: int, right: str) -> None:
    """An array that a list or another name holds already is not to be changed in place."""
    given = {"kept": Kept(), "h": np.ones((6, 3)), "W": W, "D": D}
    assert proposals(text, line, given, parameters={"W": W})[right] is K.KEEP_COPY


@pytest.mark.parametrize("text", ["kept.append(h + 1)\nh += D\n", "kept.append(h.sum())\nh += D\n", "h += D\n"])
def test_what_nothing_else_holds_may_change_in_place(text: str) -> None:
    """A sum is a new array, and a number is none."""
    given = {"kept": Kept(), "h": np.ones((6, 3)), "D": D}
    found = proposals(text, text.count("\n"), given, parameters={"W": W})
    assert text.replace("h += D", "h = h + D") not in found


@pytest.mark.parametrize(
    ("loop", "further"),
    [("range(2, 0, -1)", "range(2, -1, -1)"), ("reversed(range(1, 3))", "reversed(range(0, 3))")],
)
def test_a_loop_that_counts_down_may_go_one_layer_further(loop: str, further: str) -> None:
    """And one less far, but not below the first layer; only the loop's first statement proposes it."""
    text = f"for i in {loop}:\n    d = d + 1\n    W = W + 0\n"
    given = {"d": D, "W": W}
    found = proposals(text, 2, given, parameters={"W": W})
    assert found[text.replace(loop, further)] is K.FORMULA
    again = text.replace(loop, further)
    assert again.replace("-1, -1)", "-2, -1)").replace("(0, 3)", "(-1, 3)") not in proposals(
        again, 2, given, parameters={"W": W}
    )
    assert text.replace(loop, further) not in proposals(text, 3, given, parameters={"W": W})


@pytest.mark.parametrize("decay", ["(1 - lr * lmbda) * w", "w * (1. + lr * lmbda)"])
def test_a_decay_is_taken_out_whole(decay: str) -> None:
    """No product with 1 is left, on whichever side it stands."""
    given = {"w": W, "gw": W + 1, "lr": 0.1, "lmbda": 0.5}
    found = proposals(f"w = {decay} - lr * gw\n", 1, given, parameters={"w": W})
    assert found["w = w - lr * gw\n"] in (K.REGULARISATION, K.UNSCALE)


class Kept(dict[str, Any]):
    """Takes what a list and what a dictionary takes."""

    def append(self, value: Any) -> None:
        """As a list does."""
        self[str(len(self))] = value
