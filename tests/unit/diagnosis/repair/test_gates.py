"""What the forward pass multiplies by, found again in the backward pass; types, pairs of results, single numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from proposed_edits import proposed
from repair_programs import FUNCTIONS, STYLES, Style, TextProgram, repaired

from gradcheck.diagnosis.edit import EditKind

K = EditKind
GATED = """gamma = 2 * b


def forward(x):
    return g * c + (1 - g) * x


def forward_scaled(x):
    return gamma * x / np.sqrt(m)


def backward(d):
    out = {}
    return out


forward(x), forward_scaled(x), backward(d)
"""


@pytest.mark.parametrize(
    ("wrong", "right", "kind"),
    [
        ("d * (1 - g)", "d * g", K.REPLACE_OPERAND),
        ("d * g", "d * (1 - g)", K.REPLACE_OPERAND),
        ("d * c", "d * (c - x)", K.REPLACE_OPERAND),
        ("d", "d * gamma", K.FORMULA),
        ("d", "d / np.sqrt(m)", K.FORMULA),
    ],
)
def test_factors_of_the_forward_pass_come_back(wrong: str, right: str, kind: EditKind) -> None:
    """A gate for its complement and the reverse, what it chooses between, and a factor that was forgotten."""
    text, cured = (GATED.format(formula) for formula in (wrong, right))
    assert proposed(text)[cured] is kind


def test_what_does_not_fit_is_no_factor() -> None:
    """Neither what has another shape, nor what the forward pass has only in matrix products or compares with."""
    found = proposed(GATED.format("e"))
    assert GATED.format("e * gamma") in found
    assert GATED.format("e * x") not in found
    assert GATED.format("e @ W") not in found


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("q = np.ones(x.shape, dtype=int)\n", "q = np.ones(x.shape, dtype=float)\n"),
        ("q = (x > 0).astype(int)\n", "q = (x > 0).astype(float)\n"),
        ("q = np.zeros_like(x.astype('int32'))\n", "q = np.zeros_like(x.astype(float))\n"),
        ("q = np.where(z > 0, d, 0.0)\n", None),
    ],
)
def test_whole_numbers_become_fractions(wrong: str, right: str | None) -> None:
    """Where an array is made or cast; what holds fractions already is left as it is."""
    found = proposed(wrong)
    if right is None:
        assert not any("dtype" in text for text in found)
    else:
        assert found[right] is K.FORMULA


@pytest.mark.parametrize(
    ("wrong", "right", "kind"),
    [
        ("g[x < 0] = -0.05\n", "g[x < 0] = 0.05\n", K.NEGATE),
        ("d = d / len(x)\n", "d = d / x.size\n", K.RESCALE),
        ("d = d / x.shape[0]\n", "d = d / x.size\n", K.RESCALE),
        ("q = np.concatenate([W.T.ravel(), V.ravel()])\n", "q = np.concatenate([W.ravel(), V.ravel()])\n", K.TRANSPOSE),
        ("W = W - d.T @ x + 2 * lam * W\n", "W = W - d.T @ x + lam * W\n", K.REGULARISATION),
        ("W = W - d.T @ x + lam / (2 * m) * W\n", "W = W - d.T @ x + lam / m * W\n", K.REGULARISATION),
        ("q = [W, b, V, e]\n", "q = [V, e, W, b]\n", K.SWAP),
    ],
)
def test_single_slips_are_undone(wrong: str, right: str, kind: EditKind) -> None:
    """A number's sign, a count of samples for one of entries, a transpose, a factor of the penalty, layers swapped."""
    assert proposed(wrong)[right] is kind


NETWORK = """class Layer:
    def run(self, x):
        self.z = x @ W
        self.a = np.tanh(self.z)
        return self.a


def backward(layer, cache, d):
    return {returned}


one = Layer()
cache = {{"x": one.run(x), "mask": g}}
dropped = one.a * g
backward(one, cache, d)
"""


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("d * layer.a", "d * layer.z"),
        ("cache['x'] * d", "cache['x'] * d * cache[\"mask\"]"),
        ("np.where(d > 0, np.maximum(d, 0), 0)", "np.where(d > 0, d, 0)"),
    ],
)
def test_what_objects_and_caches_hold(wrong: str, right: str) -> None:
    """Another attribute of the same object, what a cache holds beside what is taken from it; no rectifier of slopes."""
    assert NETWORK.format(returned=right) in proposed(NETWORK.format(returned=wrong))


LEAKS = "def forward(x):\n    return np.where(x > 0, x, leak * x)\n\n\nforward(x)\n"
CARRIED = """def back(d):
    n = d * 0
    for i in (1, 2):
        h = {}
        n = h * i
    return h


back(W)
"""


@pytest.mark.parametrize(
    ("wrong", "right", "kind"),
    [
        ("n = d * 0\nn[[0, 0]] += d[:2]\n", "n = d * 0\nnp.add.at(n, [0, 0], d[:2])\n", K.FORMULA),
        ("W += lam * W\n", "W[:, 1:] += lam * W[:, 1:]\n", K.REGULARISATION),
        ("for i in (1, 2):\n    q = d\n    b -= e\n", "for i in (1, 2):\n    q = d\nb -= e\n", K.MOVE),
        ("for i in (1, 2):\n    q = d\nb -= i * e\n", "for i in (1, 2):\n    q = d\n    b -= i * e\n", K.MOVE),
        (f"{LEAKS}d = np.where(x > 0, d, 0)\n", f"{LEAKS}d = np.where(x > 0, d, leak * d)\n", K.FORMULA),
        (CARRIED.format("W @ d.T"), CARRIED.format("W @ d.T + n"), K.FORMULA),
    ],
)
def test_loops_and_places(wrong: str, right: str, kind: EditKind) -> None:
    """Rows that occur twice, biases in a penalty, ends of loops, a leak, and what a loop hands to its next turn."""
    assert proposed(wrong)[right] is kind


def test_a_sum_over_maps_leaves_their_channels() -> None:
    """Every axis but that of which a bias has one entry each."""
    found = proposed("q = np.ones((2, 3, 4, 4))\nb = b - np.sum(q)\n")
    assert "q = np.ones((2, 3, 4, 4))\nb = b - np.sum(q, axis=(0, 2, 3))\n" in found


def test_names_of_other_loops_are_not_offered() -> None:
    """What only a comprehension binds is known there alone, and there also by what it runs over."""
    text = "h = [1 / (1 + np.exp(-v)) for v in e]\nq = [o - t for o, t in zip(h, e)]\nk = [w for w in q]\n"
    found = proposed(text)
    assert text.replace("[o - t for", "[(o - t) * (o * (1 - o)) for") in found
    assert not any("w - t" in changed or "o - v" in changed for changed in found)


def test_a_place_is_not_turned_round() -> None:
    """``slopes[1 - i]`` for ``slopes[i - 1]`` fits by chance of a list's length alone."""
    text = "i = 1\nq = d * [c, x, z][i - 1]\n"
    assert not any("1 - i" in changed for changed in proposed(text))


def test_a_method_is_not_taken_for_another_of_its_name() -> None:
    """A layer's ``backward`` that sums is no derivative of an activation for being called like one."""
    layers = """import numpy as np


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, d):
        self.dW = self.x.T @ d
        self.db = np.sum(d)
        return d @ self.W.T


class Tanh:
    def forward(self, x):
        self.a = np.tanh(x)
        return self.a

    def backward(self, d):
        return d * (1 - self.a ** 2)
"""

    def drive(text: str, arrays: Any, data: Any) -> tuple[float, list[Any]]:
        space: dict[str, Any] = {}
        exec(compile(text, "student.py", "exec"), space)
        first, last, act = space["Dense"](*arrays[:2]), space["Dense"](*arrays[2:]), space["Tanh"]()
        X, y = data
        gap = last.forward(act.forward(first.forward(X))) - y
        first.backward(act.backward(last.backward(gap)))
        return 0.5 * float(np.sum(gap**2)), [first.dW, first.db, last.dW, last.db]

    right = layers.replace("np.sum(d)", "np.sum(d, axis=0)")
    program = TextProgram(Style(text=right, drive=drive), layers)
    program.trial = _loose(program)  # type: ignore[method-assign]
    found = repaired(program)
    assert found.verified, found.reasons
    assert found.text == right


def _loose(program: TextProgram) -> Any:
    """Trials in which a single number stands for every entry of a bias, as an update spreads it."""
    inner = program.style.drive

    def trial(text: str, arrays: Any, *, traced: bool = False) -> Any:
        def drive(text: str, arrays: Any, data: Any) -> tuple[float, list[Any]]:
            loss, gradient = inner(text, arrays, data)
            return loss, [np.broadcast_to(g, np.shape(a)) for g, a in zip(gradient, arrays, strict=True)]

        style = Style(text=program.style.text, drive=drive)
        other = TextProgram(style, program.text, rows=program.rows)
        return TextProgram.trial(other, text, arrays, traced=traced)

    return trial


def test_a_two_may_be_the_two_outputs() -> None:
    """Of a loss that is a mean of all entries the count of them is what lacks, rather than a 2 that is too much."""
    text = FUNCTIONS.replace("np.mean(np.sum((a2 - y) ** 2, axis=1))", "np.mean((a2 - y) ** 2)")
    right = text.replace("2 * (a2 - y) / m", "2 * (a2 - y) / a2.size")
    wrong = text.replace("2 * (a2 - y) / m", "2 * (a2 - y) / a2.shape[0]")
    program = TextProgram(Style(text=right, drive=STYLES["functions"].drive, deltas=("d2", "d1")), wrong)
    assert repaired(program).text == right


def test_a_list_has_its_slope_at_the_index_that_other_lines_use() -> None:
    """The line through time names no hidden state; those beside it do."""
    text = """hs = [x]
for t in range(2):
    hs.append(np.tanh(x @ W + hs[t]))
dW = np.zeros_like(W)
back = 0 * x
for t in reversed(range(2)):
    dz = d @ V + back
    dW += x.T @ hs[t + 1]
    back = dz @ V.T
"""
    cured = text.replace("dz = d @ V + back", "dz = (d @ V + back) * (1 - hs[t + 1] ** 2)")
    assert proposed(text)[cured] is K.ADD_DERIVATIVE


def test_another_key_of_what_a_comprehension_goes_through() -> None:
    """``n`` has no value at a line that goes through the neurons itself."""
    text = """layer = [{"delta": 1.0, "error": 2.0, "weights": [0.5]} for _ in range(2)]
for neuron in layer:
    neuron["delta"] = neuron["error"] * 0.5
total = sum(n["weights"][0] * n["error"] for n in layer)
"""
    cured = text.replace('n["weights"][0] * n["error"]', 'n["weights"][0] * n["delta"]')
    assert proposed(text)[cured] is K.REPLACE_OPERAND


def test_a_sum_that_no_line_adds_to() -> None:
    """It is begun beside another one, and handed on; the other one's line says what is added."""
    text = """dW, db = np.zeros_like(W), np.zeros_like(b)
for t in range(2):
    e = d * 2
    dW += x.T @ e
print(dW, db)
"""
    found = proposed(text)
    assert found[text.replace("    dW += x.T @ e\n", "    dW += x.T @ e\n    db += e.sum(axis=0)\n")] is K.INSERT
    assert not any("db += e" in other for other in proposed(text.replace("    dW +=", "    db += 0.1\n    dW +=")))


LAYERS = """class Layer:
    def __init__(self, V, last):
        self.V, self.last = V, last

    def forward(self, x):
        self.z = x @ self.V
        self.a = self.z if self.last else np.tanh(self.z)
        return self.a

    def backward(self, d):
        d = d if self.last else d * (1 - self.z ** 2)
        return d @ self.V.T


layers = [Layer(W, False), Layer(V, True)]
for layer in layers:
    x = layer.forward(x)
for layer in reversed(layers):
    d = layer.backward(d)
"""


def test_a_method_sees_what_its_own_object_has_put_away() -> None:
    """In the last layer both attributes are equal; what may be meant in the one before is another one."""
    cured = LAYERS.replace("(1 - self.z ** 2)", "(1 - self.a ** 2)")
    assert proposed(LAYERS)[cured] is K.REPLACE_OPERAND


def test_a_table_that_rows_are_added_to_is_set_to_zero_as_the_other_one_is() -> None:
    """Rows of an embedding are added with ``np.add.at``; one table is reset before, the other one is not."""
    text = """class Net:
    def __init__(self):
        self.u, self.v = np.zeros((6, 3)), np.zeros((6, 3))

    def step(self):
        rows = [0, 2]
        self.u[:] = 0
        np.add.at(self.u, rows, d[:2])
        np.add.at(self.v, rows, d[:2])


Net().step()
"""
    line = "        np.add.at(self.v"
    assert proposed(text)[text.replace(line, f"        self.v[:] = 0\n{line}")] is K.INSERT
