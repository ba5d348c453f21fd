"""Where tracing ends: constants, sources that are not to be had, drivers of other kinds, rules that fail."""

# ruff: noqa: D103 - learners' code, as they type it
from __future__ import annotations

import ast
import linecache
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.oracles.autodiff.rewrite import register_tree
from gradcheck.oracles.autodiff.rules import rule_of
from gradcheck.oracles.autodiff.signatures import arranged
from gradcheck.oracles.autodiff.tape import Tape, adjoints
from gradcheck.problem import Differentiable, OracleUnavailableError, Problem, Traceable

POINT = np.array([0.4, 0.7, 0.2])
BUFFER = np.zeros(3)


def new_array() -> Any:
    """What ``np.zeros`` gives code while it is traced is a box without a node."""
    return np.arange(3.0) + np.zeros(3)


def counted() -> Any:
    counts = np.zeros(3)
    np.add.at(counts, [0, 2, 2], 1)
    plain = np.arange(3.0)
    np.add.at(plain, np.array([1]), np.ones(1))
    return counts + plain


def joined() -> Any:
    flat = np.c_[np.arange(3), np.arange(3)][:, 0] * 1.0
    np.copyto(flat, np.asarray([1.0, 2.0, 3.0]))
    return flat


def sorted_data() -> Any:
    data = np.arange(3.0)[::-1] * 2.0
    data.sort()
    return data.searchsorted([1.0, 2.0, 5.0])


# None of these is differentiable, or known to the tracer; on constants all of them are what NumPy makes of them.
CONSTANTS: dict[str, Callable[[], Any]] = {
    "ufunc.at": counted,
    "c_ of plain arrays": joined,
    "methods of plain arrays": sorted_data,
    "ufunc.reduceat": lambda: np.add.reduceat(new_array(), [0, 1, 2]),
    "modf": lambda: np.modf(new_array() + 0.5)[0],
    "where without out": lambda: np.where(
        [1, 1, 0], np.divide(new_array(), 2.0, out=None, where=np.array([True, True, False])), 0
    ),
    "complex": lambda: np.abs(new_array().astype(complex)),
    "fft": lambda: np.abs(np.fft.fft(new_array())),
    "view": lambda: new_array().view(np.int64).astype(float),
    "float": lambda: float(new_array()[1]) + int(new_array()[2]) + complex(new_array()[0]).real,
    "maximum with a start": lambda: np.max(new_array(), where=[True, False, True], initial=0.0),
    "steering": lambda: np.repeat(new_array()[:1], np.zeros(1).astype(int) + 3),
    "vectorize": lambda: np.vectorize(lambda x: x + 1.0)(np.arange(3)),
    "out of plain arrays": lambda: np.add(new_array(), 1.0, out=BUFFER),
    "median": lambda: np.median(new_array()),
    "unpacked": lambda: np.frompyfunc(lambda x: x + 1.0, 1, 1)(new_array()).astype(float),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_plain_numbers(name: str, assert_differentiated: Any) -> None:
    """The loss is the same as without tracing, and so is its gradient."""
    function = CONSTANTS[name]
    weight = np.asarray(function(), dtype=float)
    problem = Problem(lambda p: np.sum(p**2 * function()), lambda p: p, POINT)
    (traced,) = assert_differentiated(problem)
    np.testing.assert_allclose(traced, 2.0 * POINT * weight, rtol=1e-14)


def learner(source: str, filename: str, registered: str | None) -> Callable[[Any], Any]:
    """A function from a source text, as a loader of submissions makes it."""
    module = types.ModuleType("learner")
    exec(compile(source, filename, "exec"), vars(module))
    if registered is not None:
        linecache.cache[filename] = (len(registered), None, registered.splitlines(keepends=True), filename)
    return module.loss  # type: ignore[no-any-return]


SOURCE = "import numpy as np\nX = np.ones((2, 3))\ndef loss(w):\n    return X.dot(w).sum()\n"


def test_source_registered_in_linecache_is_rewritten() -> None:
    """The text need not be a file."""
    loss = learner(SOURCE, "<learner registered>", SOURCE)
    code = loss.__code__
    problem = Problem(loss, lambda w: w, POINT)
    np.testing.assert_array_equal(true_gradient(problem.driver, problem.values())[0], [2.0, 2.0, 2.0])
    assert loss.__code__ is code
    assert set(vars(sys.modules[__name__])).isdisjoint({"__gradcheck_resolve__"})
    assert "__gradcheck_resolve__" not in loss.__globals__


@pytest.mark.parametrize(
    "registered",
    [None, "", "this is no Python", SOURCE.replace("X.dot(w)", "2 * X.dot(w)"), "\n" + SOURCE, SOURCE + SOURCE[19:]],
    ids=["none", "empty", "unreadable", "edited", "moved", "longer"],
)
def test_source_that_is_not_that_of_the_code_is_not_used(registered: str | None) -> None:
    """The code then runs as it is, and is refused where boxes alone cannot carry it."""
    loss = learner(SOURCE, f"<learner {registered!r}>", registered)
    problem = Problem(loss, lambda w: w, POINT)
    if registered is not None and registered.startswith(SOURCE):
        assert true_gradient(problem.driver, problem.values())
        return
    with pytest.raises(OracleUnavailableError, match="conversion to a plain array"):
        true_gradient(problem.driver, problem.values())


class InTheChild:
    """Differentiates by itself, where the code is."""

    def autodiff(self, arrays: Any) -> Any:
        """As received over the wire."""
        return [2.0 * arrays[0].astype(np.float32)]


class Opaque:
    """Only evaluates."""


def test_driver_that_differentiates_itself() -> None:
    """Its answer is taken, in float64."""
    assert isinstance(InTheChild(), Differentiable)
    (found,) = true_gradient(InTheChild(), [np.ones(2)])
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [2.0, 2.0])


def test_driver_that_can_do_neither() -> None:
    """Said, not guessed."""
    assert not isinstance(Opaque(), Traceable)
    with pytest.raises(OracleUnavailableError, match="another process"):
        true_gradient(Opaque(), [np.ones(2)])


def test_adjoints_of_every_node() -> None:
    """One sweep gives the derivative in each intermediate, also where paths meet; the rest is absent."""
    tape = Tape()
    x = tape.root((2,))
    a = type(x)(tape, (2,), [x], lambda g: (3.0 * g,))
    unused = type(x)(tape, (2,), [x], lambda g: (g,))
    b = type(x)(tape, (), [x, a, a], lambda g: (g * np.ones(2), g * np.ones(2), g * np.ones(2)))
    found = adjoints(b)
    assert unused not in found
    np.testing.assert_array_equal(found[b], 1.0)
    np.testing.assert_array_equal(found[a], [2.0, 2.0])
    np.testing.assert_array_equal(found[x], [7.0, 7.0])


def failing(_: Any) -> Any:
    raise ValueError("operands")


@pytest.mark.parametrize(
    ("pull", "message"),
    [(failing, "a derivative rule failed: operands"), (lambda g: (g,), r"gave shape \(\) for a value of shape \(2,\)")],
)
def test_rule_that_fails_or_gives_another_shape(pull: Any, message: str) -> None:
    """Better no derivative than a wrong one."""
    tape = Tape()
    x = tape.root((2,))
    y = type(x)(tape, (), [x], pull)
    with pytest.raises(OracleUnavailableError, match=message):
        adjoints(y)


def test_function_without_a_signature() -> None:
    """Its keyword arguments stay keyword arguments."""
    assert arranged(max, [1], {"key": abs}) == ([1], {"key": abs})
    problem = Problem(lambda w: np.sum(scipy.special.expit(w, dtype=float)), lambda w: w, POINT)
    value = scipy.special.expit(POINT)
    np.testing.assert_allclose(true_gradient(problem.driver, problem.values())[0], value * (1 - value), rtol=1e-14)


SPARE = """
import sys
import gradcheck.oracles.autodiff
assert "autograd" not in sys.modules, "imported too early"
from gradcheck.oracles.autodiff.rules import rule_of
import numpy as np
assert rule_of(np.tanh) is not None
assert "scipy.special" not in sys.modules, "imported without need"
import scipy.special
assert rule_of(np.exp) is not None
assert "scipy.stats" not in sys.modules, "imported for a function of NumPy"
assert rule_of(scipy.special.expit) is not None
"""


def test_heavy_libraries_are_imported_when_needed() -> None:
    """Importing the package costs nothing; SciPy's rules, with half of SciPy, come with one of its functions."""
    subprocess.run([sys.executable, "-c", SPARE], check=True)
    assert rule_of(scipy.special.expit) is not None
    assert rule_of(np.median) is None
    assert rule_of(np.tanh) is not None


def test_a_sigmoid_is_flat_where_its_exponential_overflows() -> None:
    """An adjoint of 0 times infinity is the limit 0, not NaN; an infinite slope stays one."""
    sigmoids = Problem(lambda w: np.sum(1.0 / (1.0 + np.exp(-w))), lambda w: w, np.array([-1000.0, 0.0]))
    with np.errstate(over="ignore"):
        (found,) = true_gradient(sigmoids.driver, sigmoids.values())
    assert found.tolist() == [0.0, 0.25]
    steep = Problem(lambda w: np.sum(np.minimum(np.exp(w), np.inf)), lambda w: w, np.array([1000.0]))
    with np.errstate(over="ignore"), pytest.raises(OracleUnavailableError, match="not finite"):
        true_gradient(steep.driver, steep.values())


PLAIN = np.ones(3)


def test_the_tree_that_a_loader_compiled_stands_for_the_text() -> None:
    """A loader that changes what it compiles says so: the file's text is then not asked for."""
    filename = "<learner compiled from a tree>"
    loss = learner(SOURCE, filename, "this is no Python")
    register_tree(filename, ast.parse(SOURCE))
    problem = Problem(loss, lambda w: w, POINT)
    np.testing.assert_array_equal(true_gradient(problem.driver, problem.values())[0], [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (lambda _: PLAIN, "returned a ndarray, not one number"),
        (lambda w: 2.0 * w, r"shape \(3,\), not one number"),
        (lambda w: np.linalg.norm(w, 0), "ord=0"),
        (lambda w: w.item(), "array of size 1"),
        (lambda w: np.sum(np.diff(w, prepend=0.0)), "np.diff called like this"),
        (lambda w: np.sum(np.pad(w, 1, mode="linear_ramp")), "np.pad called like this"),
    ],
    ids=[
        "constants",
        "several numbers",
        "count of entries",
        "item of several",
        "argument without a rule",
        "padding without a rule",
    ],
)
def test_what_is_no_differentiable_number_is_refused(loss: Callable[[Any], Any], reason: str) -> None:
    """With what it was, for the reader."""
    problem = Problem(loss, lambda w: w, POINT)
    with pytest.raises(OracleUnavailableError, match=reason):
        true_gradient(problem.driver, problem.values())


def test_a_number_decides_a_branch() -> None:
    """``if w[0]`` asks for the value, and keeps the trace of what is then computed."""
    problem = Problem(lambda w: np.sum(w) if w[0] else -np.sum(w), lambda w: w, np.array([2.0, 3.0]))
    np.testing.assert_array_equal(true_gradient(problem.driver, [np.array([2.0, 3.0])])[0], [1.0, 1.0])
    np.testing.assert_array_equal(true_gradient(problem.driver, [np.array([0.0, 3.0])])[0], [-1.0, -1.0])


def test_the_largest_entry_as_a_norm() -> None:
    """``norm(w, inf)`` has the sign of the largest entry as its derivative, and nothing elsewhere."""
    problem = Problem(lambda w: np.linalg.norm(w, np.inf), lambda w: w, np.array([2.0, -3.0, 1.0]))
    np.testing.assert_array_equal(true_gradient(problem.driver, problem.values())[0], [0.0, -1.0, 0.0])


def test_a_plain_number_is_not_made_of_a_traced_one() -> None:
    """Code whose source is not to be had asks ``math`` for a function of it: the trace would end there."""
    text = "import math\ndef loss(w):\n    return math.exp(w[0]) + w[1] ** 2\n"
    loss = learner(text, "<learner of plain numbers>", None)
    problem = Problem(loss, lambda w: w, POINT)
    with pytest.raises(OracleUnavailableError, match=r"float\(\), math"):
        true_gradient(problem.driver, problem.values())


def test_traced_parameters_cannot_be_written_to() -> None:
    """Code that comes by the array behind a parameter raises instead of changing it under the tape."""

    class Writing:
        """A driver whose loss writes into the array behind its parameter."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def traced_loss(self, boxes: Any) -> Any:
            boxes[0].current()[0][0] = 5.0
            return self.inner.traced_loss(boxes)

    driver = Problem(lambda w: np.sum(w**2), lambda w: 2 * w, POINT).driver
    driver.begin()
    assert true_gradient(driver, [POINT])[0] == pytest.approx(2 * POINT)
    with pytest.raises(OracleUnavailableError, match="read-only"):
        true_gradient(Writing(driver), [POINT])
    driver.end()
