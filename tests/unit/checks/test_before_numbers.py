"""What is settled before any derivative is compared: structure, shapes, finiteness, usable losses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckReport, Problem, check

_data = np.random.default_rng(3)
X, Y = _data.standard_normal((5, 3)), _data.standard_normal((5, 4))
PARAMS = {"W": _data.standard_normal((3, 4)), "b": _data.standard_normal(4)}


def _delta(p: Any) -> Any:
    return 2.0 * (X @ p["W"] + p["b"] - Y) / Y.size


def _loss(p: Any) -> Any:
    return np.mean((X @ p["W"] + p["b"] - Y) ** 2)


def _with_bias(bias: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The right gradient with another one of the bias."""
    return lambda p: {"W": X.T @ _delta(p), "b": bias(_delta(p))}


def _raise(error: BaseException) -> Any:
    raise error


def _check(gradient: Callable[[Any], Any], params: Any = None) -> CheckReport:
    return check(Problem(_loss, gradient, PARAMS if params is None else params))


# ------------------------------------------------------------------------------------------- the gradient cannot be one

BAD_BIASES: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "None": (lambda _: None, "crash", r"gradient of b is None; expected an array of shape \(4,\)"),
    "NaN": (lambda d: d.sum(axis=0) * np.nan, "crash", "4 of 4 values that are not finite"),
    "infinity": (lambda d: np.array([1.0, np.inf, *d.sum(axis=0)[2:]]), "crash", "1 of 4 values that are not finite"),
    "string": (
        lambda _: "gradient",
        "shape-mismatch",
        r"gradient of b is a str .*expected real numbers in shape \(4,\)",
    ),
    "complex": (lambda d: d.sum(axis=0) * 1j, "shape-mismatch", "complex128"),
    "ragged list": (lambda _: [[1.0], [1.0, 2.0]], "shape-mismatch", "gradient of b is a list"),
    "objects": (lambda _: np.array([None] * 4), "shape-mismatch", "dtype object"),
    "not summed": (lambda d: d, "shape-mismatch", r"gradient of b has shape \(5, 4\), expected \(4,\)"),
    "transposed": (lambda d: d.sum(axis=0)[:, None], "shape-mismatch", r"shape \(4, 1\), expected \(4,\)"),
    "longer": (lambda d: np.append(d.sum(axis=0), 0.0), "shape-mismatch", r"shape \(5,\), expected \(4,\)"),
    "summed without axis": (np.sum, "bias-sum-without-axis", "np.sum without an axis"),
    "a float": (lambda d: float(np.sum(d)), "bias-sum-without-axis", r"one number, expected shape \(4,\)"),
    "one number in a list": (lambda d: [float(np.sum(d))], "bias-sum-without-axis", "axis=0, keepdims=True"),
}


@pytest.mark.parametrize("name", BAD_BIASES)
def test_a_block_that_cannot_be_a_gradient_fails(name: str) -> None:
    """``FAIL`` before any number, the block named, the finding says what came and what was expected."""
    bias, identifier, message = BAD_BIASES[name]
    report = _check(_with_bias(bias))
    finding = report.finding(identifier)
    assert report.verdict.name == "FAIL"
    assert finding is not None
    assert finding.severity.name == "ERROR"
    assert report.reason == finding.message
    assert report.block("b").verdict.name == "FAIL"
    assert report.block("W").verdict.name == "INVALID"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(finding.message)


@pytest.mark.parametrize("shape", [(1, 4), (4, 1)])
def test_sum_without_axis_is_seen_for_two_dimensional_biases(shape: tuple[int, int]) -> None:
    """A bias as one row or one column is a bias too."""
    params = {"W": PARAMS["W"], "b": PARAMS["b"].reshape(shape)}
    report = check(
        Problem(
            lambda p: _loss({"W": p["W"], "b": p["b"].ravel()}),
            lambda p: {"W": X.T @ _delta({"W": p["W"], "b": p["b"].ravel()}), "b": np.sum(X)},
            params,
        )
    )
    assert report.verdict.name == "FAIL"
    assert report.finding("bias-sum-without-axis") is not None


def test_one_number_for_a_matrix_is_a_wrong_shape() -> None:
    """Only a bias is called a bias."""
    report = _check(lambda p: {"W": 1.0, "b": _delta(p).sum(axis=0)})
    assert report.verdict.name == "FAIL"
    assert report.finding("bias-sum-without-axis") is None
    assert report.finding("shape-mismatch") is not None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("shapes (3,4) and (5,) not aligned"), r"raised ValueError: shapes \(3,4\) and \(5,\) not aligned"),
        (KeyError("dW2"), "raised KeyError: 'dW2'"),
        (NotImplementedError(), "raised NotImplementedError"),
        (ZeroDivisionError("first line\nsecond line"), "raised ZeroDivisionError: first line"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_in_the_gradient_is_a_crash(error: Exception, message: str) -> None:
    """``FAIL`` with what was raised, in one line; every block fails, since none is to blame."""
    report = _check(lambda _: _raise(error))
    finding = report.finding("crash")
    assert report.verdict.name == "FAIL"
    assert finding is not None
    assert "\n" not in finding.message
    assert {block.verdict.name for block in report.blocks} == {"FAIL"}
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(finding.message)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_stops_the_program_is_not_swallowed(stop: type[BaseException]) -> None:
    """An interrupt is the user's, not the code's."""
    with pytest.raises(stop):
        _check(lambda _: _raise(stop()))


STRUCTURES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "missing key": (lambda p: {"W": X.T @ _delta(p)}, r"missing \['b'\], surplus none"),
    "surplus key": (lambda p: {"W": X.T @ _delta(p), "b": 0, "c": 1}, r"missing none, surplus \['c'\]"),
    "other name": (lambda p: {"W": X.T @ _delta(p), "db": 0}, r"missing \['b'\], surplus \['db'\]"),
    "a tuple": (lambda p: (X.T @ _delta(p), _delta(p).sum(axis=0)), "is a tuple, expected a mapping"),
    "nothing": (lambda _: None, "is a NoneType, expected a mapping"),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_another_structure_fails(name: str) -> None:
    """Missing and surplus keys are named."""
    gradient, message = STRUCTURES[name]
    report = _check(gradient)
    assert report.verdict.name == "FAIL"
    assert report.finding("shape-mismatch") is not None
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(report.reason)


def test_too_few_gradients_in_a_list_fail() -> None:
    """A list of gradients is as long as the list of parameters."""
    report = check(Problem(lambda p: p[0] ** 2 + p[1] @ p[1], lambda p: [2 * p[0]], [1.0, np.ones(2)]))
    assert report.verdict.name == "FAIL"
    assert "has 1 elements, expected 2" in report.reason


def _cube(parameter: tuple[int, ...], gradient: tuple[int, ...]) -> CheckReport:
    """A right gradient handed out in a shape of its own."""
    params = np.linspace(0.5, 2.0, int(np.prod(parameter))).reshape(parameter)
    return check(Problem(lambda b: np.sum(b**3), lambda b: (3 * b**2).reshape(gradient), params))


@pytest.mark.parametrize(("parameter", "gradient"), [((1, 4), (4,)), ((1, 1), ()), ((1,), ())], ids=str)
def test_missing_leading_ones_are_accepted_with_a_finding(
    parameter: tuple[int, ...], gradient: tuple[int, ...]
) -> None:
    """``b -= rate * db`` broadcasts to the same numbers: they are compared, and the report says so."""
    report = _cube(parameter, gradient)
    finding = report.finding("shape-mismatch")
    assert report.verdict.name == "PASS"
    assert finding is not None
    assert finding.severity.name == "WARNING"
    assert f"has shape {gradient}, the parameter {parameter}" in finding.message


@pytest.mark.parametrize(
    ("parameter", "gradient"), [((4,), (1, 4)), ((), (1,)), ((4, 1), (1, 4)), ((3, 4), (2, 6))], ids=str
)
def test_shapes_that_an_update_would_not_keep_fail(parameter: tuple[int, ...], gradient: tuple[int, ...]) -> None:
    """``b = b - db`` would raise, or silently change the shape of ``b``."""
    report = _cube(parameter, gradient)
    assert report.verdict.name == "FAIL"
    assert report.finding("shape-mismatch") is not None


def test_a_wrong_number_in_a_shape_with_leading_ones_still_fails() -> None:
    """Accepting the shape accepts no number."""
    report = check(Problem(lambda b: np.sum(b**3), lambda b: (2 * b**2).ravel(), np.array([[1.0, 2.0, 3.0]])))
    assert report.verdict.name == "FAIL"
    assert report.blocks[0].ratio == pytest.approx(2 / 3, rel=1e-6)


# ------------------------------------------------------------------------------------------- the loss cannot be one

BAD_LOSSES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "None": (lambda _: None, r"the loss returned None; expected one number \(is a `return` missing\?\)"),
    "array": (lambda p: p["b"], r"the loss returned an array of shape \(4,\) .*expected one real number"),
    "empty": (lambda _: [], r"an array of shape \(0,\)"),
    "string": (lambda _: "0.3", "the loss returned a str"),
    "complex": (lambda _: 1.0 + 2.0j, "the loss returned a complex .*expected one real number"),
    "ragged": (lambda _: [[1.0], [1.0, 2.0]], "the loss returned a list; expected one number"),
    "dict": (lambda _: {"loss": 1.0}, "the loss returned a dict"),
    "NaN": (lambda _: float("nan"), "the loss is nan at the parameters as given.*Start from parameters"),
    "infinity": (lambda _: float("inf"), "the loss is inf at the parameters as given.*Start from parameters"),
    "raises": (lambda p: p["nothing"], "the loss raised KeyError: 'nothing'"),
}


@pytest.mark.parametrize("name", BAD_LOSSES)
def test_a_loss_that_is_no_number_is_invalid(name: str) -> None:
    """``INVALID``: nothing is said about the gradient; the sentence says what came, and the cure."""
    loss, message = BAD_LOSSES[name]
    report = check(Problem(loss, _with_bias(lambda d: d.sum(axis=0)), PARAMS))
    assert report.verdict.name == "INVALID"
    assert {block.verdict.name for block in report.blocks} == {"INVALID"}
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(report.reason)


GOOD_LOSSES: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "numpy scalar": np.float64,
    "0-d array": np.array,
    "one entry": lambda value: np.array([value]),
    "(1, 1)": lambda value: np.array([[value]]),
    "list": lambda value: [float(value)],
}


@pytest.mark.parametrize("name", GOOD_LOSSES)
def test_one_number_in_any_form_is_a_loss(name: str) -> None:
    """Learners return what ``np.dot`` gives them."""
    wrap = GOOD_LOSSES[name]
    problem = Problem(lambda w: wrap(w[0] ** 3 + w[1]), lambda w: np.array([3 * w[0] ** 2, 1.0]), np.array([1.0, 2.0]))
    assert check(problem).verdict.name == "PASS"


def test_a_loss_that_is_finite_only_where_it_was_given_passes_without_a_better_point() -> None:
    """Points where the loss cannot be evaluated are left out, not held against the gradient."""
    centre = np.array([1.0, 2.0])

    def loss(w: Any) -> Any:
        return np.sum(w**3) if np.linalg.norm(w - centre) < 1e-3 else float("nan")

    report = check(Problem(loss, lambda w: 3 * w**2, centre))
    assert report.verdict.name == "PASS"
    assert report.details["points"] == ["as given", "as given"]


def test_a_loss_that_raises_everywhere_else_is_left_undecided() -> None:
    """Not one step is possible: the check says so instead of guessing."""
    centre = np.array([1.0, 2.0])

    def loss(w: Any) -> Any:
        if not np.array_equal(w, centre):
            raise ValueError("only here")
        return np.sum(w**3)

    report = check(Problem(loss, lambda w: 3 * w**2, centre))
    assert report.verdict.name == "INCONCLUSIVE"
    assert report.reason == "no step size gave a usable difference of the loss"
    assert (report.blocks[0].relative_error, report.blocks[0].error_bound) == (None, None)


def test_a_gradient_that_crashes_only_at_other_parameters_is_a_crash() -> None:
    """The loss can be evaluated there, so the gradient must be too."""
    given = np.array([1.0, 2.0])

    def gradient(w: Any) -> Any:
        if not np.array_equal(w, given):
            raise KeyError("cache")
        return 3 * w**2

    report = check(Problem(lambda w: np.sum(w**3), gradient, given))
    assert report.verdict.name == "FAIL"
    assert report.finding("crash") is not None


def test_a_gradient_that_crashes_where_the_loss_does_is_not_held_against_it() -> None:
    """Parameters outside the loss's domain show nothing."""
    centre = np.array([1.0, 2.0])

    def near(w: Any) -> Any:
        if np.linalg.norm(w - centre) > 1e-3:
            raise ValueError("outside")
        return w

    report = check(Problem(lambda w: np.sum(near(w) ** 3), lambda w: 3 * near(w) ** 2, centre))
    assert report.verdict.name == "PASS"
    assert report.details["points"] == ["as given", "as given"]


@pytest.mark.parametrize("noise", [1e-9, 1e-7])
def test_noise_that_differences_average_away_is_found(noise: float, tmp_path: Path) -> None:
    """Larger steps would agree in spite of it: what needed them is called again."""
    calls = tmp_path / "calls"

    def loss(w: Any) -> Any:
        with calls.open("ab") as file:  # what is counted there does not come back with the state of the program
            file.write(b".")
        return np.sum(np.sin(w)) * (1.0 + noise * (calls.stat().st_size * 4 % 7) / 7)

    report = check(Problem(loss, np.cos, np.array([0.3, 1.2, -0.7])))
    assert report.verdict.name == "INVALID"
    assert report.finding("nondeterministic") is not None
