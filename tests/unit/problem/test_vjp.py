"""Forward functions and their vector-Jacobian products, in every form that they are written in."""

# ruff: noqa: ARG005, D102, PLW0108 - cases are functions of one form, whatever they use of it

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check
from gradcheck.errors import InvalidArgumentError

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
RNG = np.random.default_rng(5)
X, W, B = RNG.standard_normal((5, 3)), RNG.standard_normal((3, 2)), RNG.standard_normal(2)
ROWS = np.array([0, 2, 2, 1])


def affine(x: Any, w: Any, b: Any) -> Any:
    """``tanh(x w + b)``."""
    return np.tanh(x @ w + b)


def affine_backward(d: Any, x: Any, w: Any, b: Any) -> Any:
    """Its cotangents."""
    d = d * (1 - affine(x, w, b) ** 2)
    return d @ w.T, x.T @ d, d.sum(axis=0)


class Cached:
    """Stores what its backward needs, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        self.y = np.exp(0.3 * x)
        return self.y

    def backward(self, d: Any) -> Any:
        return 0.3 * d * self.y


def split(x: Any) -> Any:
    """Two outputs, and an index."""
    return np.sin(x), x**2, np.argmax(x)


def named(x: Any, *, w: Any, power: int = 2) -> Any:
    """A keyword-only input and an option."""
    return x**power @ w


CACHED = Cached()
RIGHT: dict[str, tuple[Any, Any, Any]] = {
    "several inputs": (affine, affine_backward, (X, W, B)),
    "list of inputs": (affine, lambda d, *i: list(affine_backward(d, *i)), [X, W, B]),
    "by name, in another order": (
        affine,
        lambda d, x, w, b: dict(zip("xwb", affine_backward(d, x, w, b), strict=True)),
        {"w": W, "b": B, "x": X},
    ),
    "cotangents by name": (
        affine,
        lambda d, x, w, b: dict(zip("xwb", affine_backward(d, x, w, b), strict=True)),
        {"x": X, "w": W, "b": B},
    ),
    "one input, bare": (np.exp, lambda d, x: d * np.exp(x), X),
    "one input, in a tuple": (np.exp, lambda d, x: (d * np.exp(x),), (X,)),
    "caches": (CACHED.forward, CACHED.backward, X),
    "tuple of outputs": (split, lambda d, x: d[0] * np.cos(x) + d[1] * 2 * x, X),
    "list of outputs": (lambda x: [x, 2 * x], lambda d: d[0] + 2 * d[1], X),
    "indices, None for them": (
        lambda t, rows: t[rows],
        lambda d, t, rows: (_scatter(d, t, rows), None),
        (W, ROWS % 3),
    ),
    "indices, nothing for them": (lambda t, rows: t[rows], lambda d, t, rows: _scatter(d, t, rows), (W, ROWS % 3)),
    "an axis": (lambda x, axis: x.sum(axis), lambda d, x, axis: np.ones_like(x) * np.expand_dims(d, axis), (X, 1)),
    "a mode and nothing": (lambda x, mode, y: np.sin(x), lambda d, x, mode, y: d * np.cos(x), (X, "same", None)),
    "keyword-only input": (
        named,
        lambda d, x, *, w, scale=1.0: {"x": 2 * x * (d @ w.T) * scale, "w": (x**2).T @ d},
        {"x": X, "w": W},
    ),
    "keyword-only backward": (lambda x, w: x @ w, lambda d, *, x, w: (d @ w.T, x.T @ d), {"x": X, "w": W}),
    "inputs that backward picks": (lambda x, w: x @ w, lambda d, w, x: (x.T @ d, d @ w.T), {"w": W, "x": X}),
    "only one of the inputs": (lambda x, b: x + b, lambda d, b: (d, d.sum(axis=0) + 0 * b), (X, X[0])),
    "options after the inputs": (lambda x, w: x @ w, lambda d, x, w, s=1.0: (s * d @ w.T, x.T @ d), (X, W)),
    "optional inputs are left to caches": (lambda x: 3 * x, lambda d, x=None: 3 * d if x is None else x, X),
    "anything": (lambda *a: a[0] * a[1], lambda d, *a: (d * a[1], d * a[0]), (X, X + 1)),
    "anything by name": (lambda **a: a["p"] * a["q"], lambda d, p, q: (d * q, d * p), {"p": X, "q": X + 1}),
    "numbers": (lambda x, y: x * y**2, lambda d, x, y: (d * y**2, 2 * d * x * y), (1.5, -0.5)),
    "np.matrix": (lambda x: np.matrix(x) * 2, lambda d: 2 * d, X),
    "lists as output": (lambda x: [[2 * x[0], x[1]]], lambda d: np.array([2 * d[0][0], d[0][1]]), np.array([1.0, 2.0])),
    "names of a mapping that forward does not know": (lambda *a: a[0] ** 2, lambda d, v: 2 * d * v, {"q": X}),
    "float32": (lambda x: np.tanh(x), lambda d, x: d * (1 - np.tanh(x) ** 2), X.astype(np.float32)),
}


def _scatter(d: Any, table: Any, rows: Any) -> Any:
    out = np.zeros_like(table)
    np.add.at(out, rows, d)
    return out


@pytest.mark.parametrize("name", RIGHT)
def test_right_products_pass(name: str) -> None:
    """In every form; inputs stay as they are."""
    forward, backward, inputs = RIGHT[name]
    arrays = (
        list(inputs.values())
        if isinstance(inputs, dict)
        else list(inputs)
        if isinstance(inputs, (tuple, list))
        else [inputs]
    )
    before = [np.array(a, copy=True) for a in arrays]
    problem = Problem.from_vjp(forward, backward, inputs)
    report = check(problem)
    assert report.verdict.name == "PASS", report.reason
    assert all(np.array_equal(a, b) for a, b in zip(before, arrays, strict=True))


def test_blocks_are_named_after_the_arguments() -> None:
    """And numbered where forward has no names."""
    assert [b.name for b in Problem.from_vjp(affine, affine_backward, (X, W, B)).blocks] == ["x", "w", "b"]
    problem = Problem.from_vjp(lambda *a: a[0], lambda d, *a: (d,), (X,))
    assert [b.name for b in problem.blocks] == ["input0"]


def test_wrong_products_fail() -> None:
    """A missing derivative, by block."""
    report = check(Problem.from_vjp(affine, lambda d, x, w, b: (d @ w.T, x.T @ d, d.sum(0)), (X, W, B)))
    assert report.verdict.name == "FAIL"


@pytest.mark.parametrize(
    ("backward", "finding", "text"),
    [
        (lambda d, x, w, b: (d @ w.T, x.T @ d), "crash", "backward returned 2 cotangents for 3 inputs"),
        (lambda d, x, w, b: (d,) * 4, "crash", "backward returned 4 cotangents for 3 inputs"),
        (lambda d, x, w, b: None, "crash", "backward returned 1 cotangents for 3 inputs"),
        (lambda d, x, w, b: {"x": d}, "shape-mismatch", r"missing \['w', 'b'\], surplus none"),
        (lambda d, x, w, b: {"x": d, "w": d, "b": d, "q": d}, "shape-mismatch", r"missing none, surplus \['q'\]"),
    ],
    ids=["too few", "too many", "none", "names missing", "names surplus"],
)
def test_the_wrong_number_of_cotangents_fails(backward: Any, finding: str, text: str) -> None:
    """Said with both numbers."""
    report = check(Problem.from_vjp(affine, backward, (X, W, B)))
    assert report.verdict.name == "FAIL"
    found = report.finding(finding)
    assert found is not None
    assert re.search(text, found.message)


def _raises(x: Any) -> Any:
    raise ZeroDivisionError(x.shape)


UNUSABLE: list[tuple[Any, Any, Any, str]] = [
    (np.exp, lambda d: d, np.arange(3), "none of the inputs .* is a real floating-point array.*Pass float64"),
    (_raises, lambda d: d, X, r"forward raised ZeroDivisionError: \(5, 3\); expected forward\(\*inputs\) to run"),
    (lambda x: (x, {"cache": x}), lambda d: d, X, r"output 1 of forward is a dict; .*\[0\]"),
    (lambda x: None, lambda d: d, X, "output 0 of forward is a NoneType; expected real arrays"),
    (lambda x: [[[1.0], [1.0, 2.0]]], lambda d: d, X, "output 0 of forward is a list; expected real arrays"),
    (lambda x: x + 1j, lambda d: d, X, "output 0 of forward is a ndarray; expected real arrays"),
    (lambda x: x, lambda d, cache, more: d, X, r"backward takes \(d, cache, more\); expected backward\(cotangent\)"),
    (lambda x, w: x, lambda d, cache: d, (X, W), r"backward takes \(d, cache\).*Wrap it: lambda cotangent, x, w"),
    (lambda x: x, lambda: X, X, r"backward takes \(\); expected backward\(cotangent\)"),
    (lambda x: x, lambda *, x: x, X, r"backward takes \(x\); expected backward\(cotangent\)"),
    (lambda x: x, lambda d: d, {"x": X + 1j}, "x is complex"),
]


@pytest.mark.parametrize(("forward", "backward", "inputs", "message"), UNUSABLE, ids=[u[3][:30] for u in UNUSABLE])
def test_unusable_products_are_refused(forward: Any, backward: Any, inputs: Any, message: str) -> None:
    """When the problem is built, with the cure."""
    with pytest.raises(InvalidArgumentError, match=message):
        Problem.from_vjp(forward, backward, inputs)


def test_the_trial_run_and_the_check_leave_no_traces() -> None:
    """State behind forward is guarded although the product wraps it."""
    layer = Cached()
    problem = Problem.from_vjp(layer.forward, layer.backward, X)
    assert vars(layer) == {"calls": 0}
    assert check(problem).verdict.name == "PASS"
    assert vars(layer) == {"calls": 0}


def test_inputs_may_be_overwritten_by_forward() -> None:
    """They are copies; backward sees clean ones."""

    def forward(x: Any, rows: Any) -> Any:
        y = 2 * x[rows]
        x[...] = 0.0
        rows[...] = 0
        return y

    def backward(d: Any, x: Any, rows: Any) -> Any:
        return _scatter(2 * d, x, rows)

    report = check(Problem.from_vjp(forward, backward, (X, ROWS)))
    assert report.verdict.name == "PASS"
    assert "overwrites x" in report.finding("input-mutated").message  # type: ignore[union-attr]


def test_the_cotangent_is_drawn_from_rng() -> None:
    """Seed 0 unless said otherwise."""
    values = [
        Problem.from_vjp(np.exp, lambda d, x: d * np.exp(x), X, rng=rng).driver.loss([X])
        for rng in (None, 0, np.random.default_rng(0), 1)
    ]
    assert values[0] == values[1] == values[2] != values[3]
    with pytest.raises(InvalidArgumentError, match=r"rng='a'; expected a numpy.random.Generator or a seed"):
        Problem.from_vjp(np.exp, lambda d: d, X, rng="a")  # type: ignore[arg-type]


class Opaque:
    """A callable whose signature cannot be told."""

    __signature__ = "none"

    def __call__(self, *arguments: Any) -> Any:
        return 2 * arguments[0]


def test_functions_without_a_signature() -> None:
    """Inputs are numbered, and backward is called with the cotangent alone."""
    problem = Problem.from_vjp(Opaque(), Opaque(), (X,))
    assert [block.name for block in problem.blocks] == ["input0"]
    assert check(problem).verdict.name == "PASS"
