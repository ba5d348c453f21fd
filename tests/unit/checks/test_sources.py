"""Other oracles: trusted only where they agree with differences, which decide where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check
from gradcheck.checks.evaluator import Evaluator
from gradcheck.checks.sources import exact_at, smallest_logarithm
from gradcheck.problem import OracleUnavailableError
from gradcheck.problem.functional import FunctionDriver

W = np.array([0.4, -0.7, 1.3, 0.2])


def _check(loss: Callable[[Any], Any], gradient: Callable[[Any], Any], oracle: Any = "auto", params: Any = W) -> Any:
    return check(Problem(loss, gradient, params), config=CheckConfig(oracle=oracle))


def _detached(w: Any) -> Any:
    """``sum(w**2 * s)`` with ``s = sum(w)`` rounded to 12 digits: a step function, which a trace holds constant."""
    s = np.round(np.sum(w), 12)
    return np.sum(w**2) * s


def _detached_right(w: Any) -> Any:
    return 2 * w * np.sum(w) + np.sum(w**2)


def _detached_wrong(w: Any) -> Any:
    """What differentiation around the detached value gives."""
    return 2 * w * np.sum(w)


def _absolute(w: Any) -> Any:
    """``np.abs`` of a complex number drops its imaginary part: the slope of the first term is lost."""
    return np.sum(np.abs(np.exp(w))) + np.sum(w**2)


def _absolute_right(w: Any) -> Any:
    return np.exp(w) + 2 * w


def _absolute_wrong(w: Any) -> Any:
    """What a complex step gives."""
    return 2 * w


@pytest.mark.parametrize("oracle", ["auto", "finite-difference", "complex-step", "autodiff"])
@pytest.mark.parametrize(
    ("loss", "gradient", "verdict"),
    [
        (_detached, _detached_right, "PASS"),
        (_detached, _detached_wrong, "FAIL"),
        (_absolute, _absolute_right, "PASS"),
        (_absolute, _absolute_wrong, "FAIL"),
    ],
    ids=["detached, right", "detached, as autodiff has it", "abs, right", "abs, as a complex step has it"],
)
def test_the_verdict_follows_the_differences(loss: Any, gradient: Any, verdict: str, oracle: Any) -> None:
    """An oracle that is silently wrong neither excuses a wrong gradient nor blames a right one."""
    assert _check(loss, gradient, oracle).verdict.name == verdict


@pytest.mark.parametrize(
    ("oracle", "loss", "gradient"),
    [("autodiff", _detached, _detached_right), ("complex-step", _absolute, _absolute_right)],
)
def test_an_oracle_that_is_not_trusted_is_said_to_be_unavailable(oracle: str, loss: Any, gradient: Any) -> None:
    """Asked for, tried, not used: and the report names what was."""
    report = _check(loss, gradient, oracle)
    finding = report.finding("oracle-unavailable")
    assert finding is not None
    assert repr(oracle) in finding.message
    assert "the verdict rests on finite differences" in finding.message
    assert report.oracle == "finite-difference"


@pytest.mark.parametrize(
    ("oracle", "loss", "gradient"),
    [("autodiff", _detached, _detached_wrong), ("complex-step", _absolute, _absolute_wrong)],
)
def test_details_of_a_failure_come_from_an_oracle_that_is_right(oracle: str, loss: Any, gradient: Any) -> None:
    """The numeric derivatives in the report are those of differences."""
    report = _check(loss, gradient, oracle)
    right = {_detached: _detached_right, _absolute: _absolute_right}[loss](W)
    assert report.oracle == "finite-difference"
    for entry in report.blocks[0].worst:
        assert entry.numeric == pytest.approx(right[entry.index], abs=1e-6)


@pytest.mark.parametrize("factor", [1.0, 0.5], ids=["right", "wrong"])
@pytest.mark.parametrize("oracle", ["complex-step", "autodiff"])
def test_a_forced_oracle_is_named(oracle: Any, factor: float) -> None:
    """Beside the differences that it agreed with."""
    report = _check(lambda w: np.sum(np.sin(w) ** 2), lambda w: factor * np.sin(2 * w), oracle)
    assert report.verdict.name == ("PASS" if factor == 1.0 else "FAIL")
    assert report.oracle == f"finite-difference+{oracle}"
    assert report.finding("oracle-unavailable") is None


@pytest.mark.parametrize("factor", [1.0, 0.5], ids=["right", "wrong"])
def test_forced_differences_use_nothing_else(factor: float) -> None:
    """Not even for the details of a failure."""
    report = _check(lambda w: np.sum(np.sin(w) ** 2), lambda w: factor * np.sin(2 * w), "finite-difference")
    assert report.oracle == "finite-difference"


def test_complex_steps_count_as_losses() -> None:
    """Each run of the user's loss is counted."""
    right = lambda w: np.sin(2 * w)  # noqa: E731
    plain = _check(lambda w: np.sum(np.sin(w) ** 2), right, "finite-difference").evaluations.loss
    assert _check(lambda w: np.sum(np.sin(w) ** 2), right, "complex-step").evaluations.loss > plain


def _large(w: Any) -> Any:
    """So large that differences of it are all round-off; what the trace sees is exact."""
    return 1e7 + np.sum(np.sin(w))


@pytest.mark.parametrize(("oracle", "verdict"), [("finite-difference", "INCONCLUSIVE"), ("auto", "PASS")])
def test_points_that_differences_cannot_decide_are_decided_by_another_oracle(oracle: str, verdict: str) -> None:
    """A loss + 1e7: the slope is known to 1e-5 by differences, to the last digits by a trace."""
    report = _check(_large, np.cos, oracle)
    assert report.verdict.name == verdict
    assert ("autodiff" in report.oracle) == (verdict == "PASS")


@pytest.mark.parametrize("oracle", ["auto", "complex-step", "autodiff"])
def test_a_small_error_under_a_large_loss_fails_by_another_oracle(oracle: str) -> None:
    """Below what differences resolve, above what the other oracle does; at more than one point."""
    report = _check(_large, lambda w: (1.0 + 3e-6) * np.cos(w), oracle)
    assert report.verdict.name == "FAIL"
    assert report.oracle != "finite-difference"


def test_differences_alone_leave_a_small_error_under_a_large_loss_open() -> None:
    """Neither shown right nor shown wrong."""
    assert _check(_large, lambda w: (1.0 + 3e-6) * np.cos(w), "finite-difference").verdict.name == "INCONCLUSIVE"


def test_a_source_that_cannot_run_is_unavailable() -> None:
    """Text cannot be traced, and is no complex number."""

    def loss(w: Any) -> Any:
        return float(f"{float(w[0]):.17g}") ** 2 + float(f"{float(w[1]):.17g}")

    for oracle in ("complex-step", "autodiff"):
        report = _check(loss, lambda w: np.array([2 * w[0], 1.0]), oracle, np.array([0.5, 1.5]))
        assert report.verdict.name == "PASS"
        assert report.finding("oracle-unavailable") is not None


def test_an_error_below_what_an_entry_can_show_is_the_blocks_alone() -> None:
    """With a tolerance of 1e-11 an error of 1e-10 fails; round-off beside large entries is not named as wrong."""
    w = np.linspace(0.1, 1.0, 20)
    report = check(Problem(lambda w: np.sum(np.sin(w)), lambda w: (1.0 + 1e-10) * np.cos(w), w), rtol=1e-11)
    assert report.verdict.name == "FAIL"
    assert report.oracle == "finite-difference+autodiff"
    assert report.blocks[0].worst == ()


def test_one_disagreement_with_another_oracle_is_not_enough() -> None:
    """At one of two points: left open, as a kink would be."""
    centre = W.copy()

    def gradient(w: Any) -> Any:
        return np.cos(w) * (1.0 + 3e-6 * np.array_equal(w, centre))

    assert _check(_large, gradient).verdict.name in {"INCONCLUSIVE", "PASS"}


def test_a_trace_without_a_finite_derivative_is_not_used() -> None:
    """``sqrt`` at 0 times 0."""
    report = _check(
        lambda w: np.sum(w**2) + 0.0 * np.sqrt(w[0] ** 2), lambda w: 2 * w, "autodiff", np.array([0.0, 1.0])
    )
    assert report.verdict.name == "PASS"


class _OtherProcess(FunctionDriver):
    """A driver that differentiates by itself, badly."""

    def autodiff(self, arrays: Sequence[Any]) -> list[Any]:
        """No finite numbers."""
        return [np.full(array.shape, np.nan) for array in arrays]


def test_a_derivative_that_is_not_finite_is_not_used() -> None:
    """Whoever computed it."""
    driver = _OtherProcess(lambda w: np.sum(np.sin(w)), lambda w: 0.5 * np.cos(w), W)
    report = check(Problem.from_driver(driver), config=CheckConfig(oracle="autodiff"))
    assert report.verdict.name == "FAIL"
    assert report.oracle == "finite-difference"
    assert report.finding("oracle-unavailable") is not None


def test_complex_steps_decide_where_a_trace_cannot() -> None:
    """Under a large loss, in code that no trace follows (entries sorted by ``unique``)."""

    def loss(w: Any) -> Any:
        return 1e7 + np.sum(np.sin(np.unique(w)))

    report = _check(loss, np.cos)
    assert report.verdict.name == "PASS"
    assert report.oracle == "finite-difference+complex-step"


def test_a_direction_without_a_complex_slope_is_measured_by_differences() -> None:
    """Code that takes complex numbers along the probed direction may not along that of a single entry."""

    def loss(w: Any) -> Any:
        if np.iscomplexobj(w) and np.count_nonzero(w.imag) < w.size:
            return np.nan * np.sum(w)
        return np.sum(w**2)

    report = _check(loss, lambda w: np.where(w > 1.0, 3.0, 2.0) * w, "complex-step")
    assert report.verdict.name == "FAIL"
    assert report.blocks[0].worst[0].index == (2,)
    assert report.blocks[0].worst[0].numeric == pytest.approx(2.6)


def test_a_place_is_differentiated_once() -> None:
    """However many sides it is looked at from; another place, or another precision, is differentiated anew."""
    traces: list[int] = []

    class Counting(FunctionDriver):
        def autodiff(self, arrays: Sequence[Any]) -> list[Any]:
            traces.append(1)
            return [np.cos(array) for array in arrays]

    evaluator = Evaluator(Problem.from_driver(Counting(lambda w: np.sum(np.sin(w)), lambda w: 0.5 * np.cos(w), W)))
    places = [evaluator.point("given", evaluator.start()), evaluator.point("given", evaluator.start())]
    for place in (places[0], places[1], places[0]):
        np.testing.assert_array_equal(exact_at(evaluator, place).gradient, np.cos(W))
    assert len(traces) == 2


def test_why_a_place_cannot_be_differentiated_is_kept_too() -> None:
    """The second asking says the same."""
    driver = _OtherProcess(lambda w: np.sum(np.sin(w)), lambda w: 0.5 * np.cos(w), W)
    evaluator = Evaluator(Problem.from_driver(driver))
    place = evaluator.point("given", evaluator.start())
    for _ in range(2):
        with pytest.raises(OracleUnavailableError, match="not finite"):
            exact_at(evaluator, place)
    assert len(evaluator.traced) == 1


@pytest.mark.parametrize(
    ("logarithm", "smallest"), [(np.log, 0.2), (np.log2, 0.2), (np.log10, 0.2), (np.log1p, 1.2)], ids=str
)
def test_the_smallest_number_under_a_logarithm(logarithm: Callable[[Any], Any], smallest: float) -> None:
    """Whatever its base; of ``log1p`` it is one more than the argument; what the loss does not need is out."""
    evaluator = Evaluator(
        Problem(lambda w: np.sum(logarithm(np.abs(w))) + 0.0 * np.sum(np.log(1e-9 + 0.0 * w)), np.cos, W)
    )
    point = evaluator.point("as given", evaluator.start())
    assert smallest_logarithm(evaluator, point) == pytest.approx(smallest, rel=1e-12)
