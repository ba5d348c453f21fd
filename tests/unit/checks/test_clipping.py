"""Clipped gradients: active clipping decides the verdict and says so; inactive clipping is a finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, CheckReport, Problem, check
from gradcheck.checks.evaluator import Claim, Point
from gradcheck.checks.explanations import clipping_finding
from gradcheck.problem import Hints, OracleUnavailableError

_rng = np.random.default_rng(1)
X, Y = _rng.standard_normal((20, 4)), _rng.standard_normal((20, 3))
PARAMS = {"W": 2.0 * _rng.standard_normal((4, 3)), "b": 2.0 * _rng.standard_normal(3)}


def _loss(p: Any) -> Any:
    return np.sum((X @ p["W"] + p["b"] - Y) ** 2)


def _gradient(p: Any) -> Any:
    d = 2.0 * (X @ p["W"] + p["b"] - Y)
    return {"W": X.T @ d, "b": d.sum(axis=0)}


def _by_norm(limit: float) -> Callable[[Any], Any]:
    def clip_gradient(p: Any) -> Any:
        g = _gradient(p)
        norm = np.sqrt(sum(np.sum(block**2) for block in g.values()))
        return {name: block * min(1.0, limit / norm) for name, block in g.items()}

    return clip_gradient


def _by_block(limit: float) -> Callable[[Any], Any]:
    def clip_gradient(p: Any) -> Any:
        return {name: g * min(1.0, limit / np.linalg.norm(g)) for name, g in _gradient(p).items()}

    return clip_gradient


def _by_entry(limit: float) -> Callable[[Any], Any]:
    return lambda p: {name: np.clip(g, -limit, limit) for name, g in _gradient(p).items()}


def _by_entry_without_a_name(limit: float) -> Callable[[Any], Any]:
    """``minimum`` and ``maximum``: nothing in the text says clipping."""
    return lambda p: {name: np.minimum(np.maximum(g, -limit), limit) for name, g in _gradient(p).items()}


FORMS = {"norm": _by_norm, "block": _by_block, "entry": _by_entry, "entry, unnamed": _by_entry_without_a_name}


def _message(report: CheckReport) -> str:
    finding = report.finding("gradient-clipping")
    assert finding is not None, report.reason
    return finding.message


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize("form", FORMS)
def test_active_clipping_fails_by_name(form: str, oracle: Any) -> None:
    """The gradient is not the derivative there, and the reader learns why and what to do."""
    report = check(Problem(_loss, FORMS[form](1.0), PARAMS), config=CheckConfig(oracle=oracle))
    finding = report.finding("gradient-clipping")
    assert report.verdict.name == "FAIL"
    assert finding is not None
    assert finding.severity.name == "ERROR"
    assert "clip in the update" in finding.message


@pytest.mark.parametrize("oracle", ["auto", "finite-difference"])
@pytest.mark.parametrize(("form", "word"), [("norm", "norm"), ("block", "norm"), ("entry", "entries")])
def test_the_limit_is_named(form: str, word: str, oracle: Any) -> None:
    """So that it is found in the code."""
    report = check(Problem(_loss, FORMS[form](2.5), PARAMS), config=CheckConfig(oracle=oracle))
    assert word in _message(report)
    assert "2.5" in _message(report)


@pytest.mark.parametrize("form", ["norm", "block", "entry"])
def test_inactive_clipping_is_a_finding(form: str) -> None:
    """A limit that nothing reaches changes nothing."""
    report = check(Problem(_loss, FORMS[form](1e9), PARAMS))
    finding = report.finding("gradient-clipping")
    assert report.verdict.name == "PASS"
    assert finding is not None
    assert finding.severity.name == "INFO"
    assert "changed nothing" in finding.message


def test_clipping_in_the_loss_is_none_of_the_gradient() -> None:
    """``np.clip`` of probabilities in loss and gradient alike is the model."""
    w = np.array([0.2, 0.4, 0.9])
    problem = Problem(
        lambda w: np.sum(np.clip(w, 0.3, 0.8) ** 2),
        lambda w: 2 * np.clip(w, 0.3, 0.8) * ((w > 0.3) & (w < 0.8)),
        w,
    )
    report = check(problem)
    assert report.verdict.name == "PASS"
    assert report.finding("gradient-clipping") is None


@pytest.mark.parametrize("factor", [0.5, -1.0, 1.001])
def test_a_wrong_gradient_is_not_called_clipped(factor: float) -> None:
    """Its norm differs from point to point."""
    report = check(Problem(_loss, lambda p: {name: factor * g for name, g in _gradient(p).items()}, PARAMS))
    assert report.verdict.name == "FAIL"
    assert report.finding("gradient-clipping") is None


def test_a_wrong_gradient_that_never_changes_is_not_called_clipped() -> None:
    """A constant has one norm everywhere, and is no clipping."""
    report = check(Problem(lambda w: np.sum(w**3), lambda _: np.array([1.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0])))
    assert report.verdict.name == "FAIL"
    assert report.finding("gradient-clipping") is None


def test_a_wrong_sign_gradient_is_not_called_clipped() -> None:
    """Entries of +-1 at every point are what sign descent gives, and what clipping to 1 gives: the same cure."""
    report = check(Problem(lambda w: np.sum(w**4), np.sign, np.array([1.5, -2.0, 3.0])))
    assert report.verdict.name == "FAIL"


# ------------------------------------------------------------------------------------------- told from the claims alone

NAMED, UNNAMED = Hints(clips_gradient=True), Hints()


def _point(*values: float) -> Point:
    claim = Claim(values=np.array(values), errors=(0.0, 0.0), precision="float64")
    return Point(name="here", theta=np.zeros(len(values)), loss=0.0, claim=claim)


@pytest.mark.parametrize(
    ("first", "second", "hints", "words"),
    [
        ((3.0, 4.0, 0.0, 0.0), (0.0, 3.0, 4.0, 0.0), UNNAMED, "its norm is 5 at two different points"),
        ((3.0, 4.0, 0.0, 5.0), (4.0, 3.0, 5.0, 0.0), UNNAMED, "several blocks have the norm 5"),
        ((2.0, -2.0, 1.0, 0.0), (2.0, 0.1, 0.3, 1.0), UNNAMED, r"entries stop at exactly \+-2\)"),
        ((2.0, -2.0, 1.0, 0.0), (1.3, 0.1, 0.3, 1.0), NAMED, r"entries stop at exactly \+-2\)"),
        ((1.3, 0.1, 0.3, 1.0), (2.0, -2.0, 1.0, 0.0), NAMED, r"entries stop at exactly \+-2\)"),
    ],
)
def test_clipping_is_told_from_two_claims(first: Any, second: Any, hints: Hints, words: str) -> None:
    """By a number as people write it, at which the claims stop."""
    finding = clipping_finding(_point(*first), _point(*second), [slice(0, 2), slice(2, 4)], hints, None)
    assert finding is not None
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(finding.message)


@pytest.mark.parametrize(
    ("first", "second", "hints"),
    [
        ((2.0, -2.0, 1.0, 0.0), (1.3, 0.1, 0.3, 1.0), UNNAMED),
        ((2.0, -1.0, 1.0, 0.0), (1.3, 0.1, 0.3, 1.0), NAMED),
        ((2.123456, -2.123456, 1.0, 0.0), (1.3, 0.1, 0.3, 1.0), NAMED),
        ((2.0, -2.0, 1.0, 0.0), (2.0, -2.0, 1.0, 0.0), UNNAMED),
        ((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), NAMED),
    ],
    ids=["ties at one point", "no ties", "no written number", "one gradient", "nothing claimed"],
)
def test_what_is_no_sign_of_clipping(first: Any, second: Any, hints: Hints) -> None:
    """Ties and norms also come about otherwise."""
    assert clipping_finding(_point(*first), _point(*second), [slice(0, 2), slice(2, 4)], hints, None) is None


def test_entries_that_are_equal_by_chance_are_not_clipped() -> None:
    """Half the true gradient, at a point where all of it is 1: elsewhere it is no bound."""
    report = check(Problem(lambda w: float(w @ w), lambda w: w.copy(), np.ones(3)))
    assert report.verdict.name == "FAIL"
    assert report.finding("gradient-clipping") is None


def test_clipping_is_seen_where_automatic_differentiation_gives_up() -> None:
    """It ran at another point and does not at these: ties at one bound are what is left."""

    def exact(point: Point) -> Any:
        raise OracleUnavailableError(f"no trace at {point.name}")

    first, second = _point(2.0, -2.0, 1.0, 0.0), _point(1.3, 0.1, 0.3, 1.0)
    assert clipping_finding(first, second, [slice(0, 4)], NAMED, exact) is not None


def test_a_gradient_cut_to_whole_numbers_is_not_called_clipped() -> None:
    """An array of integers cuts every entry of its block off, whatever the other blocks hold."""

    def cut(p: Any) -> Any:
        g = {name: 0.05 * block for name, block in _gradient(p).items()}
        return {"W": np.trunc(g["W"]), "b": 0.1 * g["b"]}

    report = check(Problem(lambda p: 0.05 * _loss(p), cut, {name: 0.3 * value for name, value in PARAMS.items()}))
    assert report.verdict.name == "FAIL"
    assert report.finding("gradient-clipping") is None


def test_a_bound_that_is_a_whole_number_is_still_one() -> None:
    """What lies below it keeps its fractions."""
    report = check(Problem(_loss, _by_entry_without_a_name(1.0), PARAMS))
    assert "stop" in _message(report)
