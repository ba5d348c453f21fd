"""Sources of numeric derivatives for the details of a failure and for points that differences cannot decide.

Automatic differentiation gives every entry, a complex step one direction an evaluation without round-off, a central
difference always works. The first two are trusted only where they agree with a central difference along the directions
that were probed: both can be silently wrong (values cut out of the trace; ``abs`` of a complex number).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError
from gradcheck.checks.places import Examined
from gradcheck.checks.probing import Outcome
from gradcheck.checks.rounding import EPS
from gradcheck.language import tr
from gradcheck.oracles.finite_difference import ROUND_OFF_FACTOR
from gradcheck.problem import OracleUnavailableError

__all__ = [
    "ComplexStep",
    "DirectionalSource",
    "Exact",
    "FiniteDifference",
    "exact_at",
    "find_complex",
    "find_exact",
    "find_source",
    "smallest_logarithm",
]

Vector = npt.NDArray[np.float64]

# Errors of a differentiated program are those of evaluating it: a few thousand units in the last place (relative).
EXACT_ERROR = 1e-12
# A source must agree with a difference within its bound, or within this part of the derivative: in float64 what the
# bound leaves unseen, in low precision the average slope over the kinks that a large step crosses.
TRUST = {"float64": 1e-5, "float32": 0.05, "float16": 0.2}


# Operations that take a logarithm, with the natural logarithm of its base.
LOGARITHMS = {"log": 1.0, "log1p": 1.0, "log2": float(np.log(2.0)), "log10": float(np.log(10.0))}


class DirectionalSource(Protocol):
    """A numeric derivative along any direction at one point."""

    name: str

    def __call__(self, vector: Vector) -> tuple[float, float]:
        """The derivative along ``vector`` and its error bound, units of the loss per unit of the direction."""


@dataclass(frozen=True, slots=True)
class Exact:
    """The true gradient, entry by entry, with a relative error."""

    name: str
    gradient: Vector
    error: float = EXACT_ERROR


class ComplexStep:
    """Derivatives by complex steps; each counts as a loss evaluation.

    Along a direction where the code gives no complex slope (an overflow in a branch that the others do not take) it is
    a central difference.
    """

    name = "complex-step"

    def __init__(self, evaluator: Evaluator, place: Examined) -> None:
        self._evaluator, self._place, self._point = evaluator, place, place.point
        self._slopes: dict[int, tuple[float, float]] = {}

    def __call__(self, vector: Vector) -> tuple[float, float]:
        """The derivative along ``vector`` and its error bound, by one complex evaluation."""
        try:
            return self.slope(vector)
        except OracleUnavailableError:
            return FiniteDifference(self._evaluator, self._place)(vector)

    def slope(self, vector: Vector) -> tuple[float, float]:
        """The derivative along ``vector`` and its error bound.

        Raises
        ------
        OracleUnavailableError
            If the code gives none.
        """
        probed = any(outcome.direction.vector is vector for outcome in self._place.outcomes)
        if not probed:
            return self._evaluated(vector)
        if id(vector) not in self._slopes:  # kept by the place, so that no other vector has this id
            self._slopes[id(vector)] = self._evaluated(vector)
        return self._slopes[id(vector)]

    def _evaluated(self, vector: Vector) -> tuple[float, float]:
        from gradcheck.oracles.complex_step import directional_derivative

        self._evaluator.prepare()
        self._evaluator.spend()
        arrays, direction = self._evaluator.split(self._point.theta.copy()), self._evaluator.split(vector)
        value = directional_derivative(self._evaluator.driver, arrays, direction)
        return value, EXACT_ERROR * float(np.linalg.norm(self._point.claim.values * vector)) + EXACT_ERROR * abs(value)


class FiniteDifference:
    """Central differences with the step that settled the probe, shortened for directions of another length."""

    name = "finite-difference"

    def __init__(self, evaluator: Evaluator, place: Examined) -> None:
        self._evaluator, self._point = evaluator, place.point
        outcome = next((o for o in place.outcomes if o.verdict.name == "FAIL"), place.outcomes[-1])
        length = float(np.linalg.norm(outcome.direction.vector)) or 1.0
        used = [d for d in outcome.differences if d.step == outcome.probe.step] or list(outcome.differences)
        self._distance = (used[0].step if used else 1e-6) * length
        spread = [abs(d.value - outcome.probe.numeric) for d in outcome.differences if d.step <= used[0].step * 9.0]
        scale = max(abs(outcome.probe.numeric), 1.0)
        self._relative_truncation = min(max(spread, default=0.0), outcome.probe.truncation_error) / scale

    def __call__(self, vector: Vector) -> tuple[float, float]:
        """The derivative along ``vector`` and its error bound, by two evaluations."""
        length = float(np.linalg.norm(vector)) or 1.0
        step = self._distance / length
        theta = self._point.theta
        plus, minus = self._evaluator.loss(theta + step * vector), self._evaluator.loss(theta - step * vector)
        value = (plus - minus) / (2.0 * step)
        round_off = ROUND_OFF_FACTOR * EPS[self._evaluator.loss_precision] * (abs(plus) + abs(minus)) / (2.0 * step)
        return value, round_off + self._relative_truncation * abs(value)


def exact_at(evaluator: Evaluator, point: Point) -> Exact:
    """The true gradient at a point by automatic differentiation, trusted or not.

    It is taken once a point and precision: a failure is looked at from several sides.

    Raises
    ------
    OracleUnavailableError
        If the code cannot be differentiated, or a derivative is not finite.
    """
    precision = evaluator.loss_precision
    known = (found for place, taken, found in evaluator.traced if place is point and taken == precision)
    found = next(known, None)
    if found is None:
        found = _swept(evaluator, point)
        evaluator.traced.append((point, precision, found))
    if isinstance(found, str):
        raise OracleUnavailableError(found)
    return Exact("autodiff", found)


def _swept(evaluator: Evaluator, point: Point) -> Vector | str:
    """The gradient by one sweep, or why there is none."""
    from gradcheck.oracles.autodiff import true_gradient

    evaluator.prepare()
    try:
        gradient = evaluator.flat(true_gradient(evaluator.driver, evaluator.split(point.theta.copy())))
    except Exception as error:  # the user's code runs on traced values: whatever it raises, it cannot be differentiated
        return f"{type(error).__name__}: {error}"
    finally:
        evaluator.prepare()
    if gradient.shape != point.theta.shape or not np.all(np.isfinite(gradient)):
        return tr("automatic differentiation gave a derivative that is not finite")
    return gradient


def smallest_logarithm(evaluator: Evaluator, point: Point) -> float | None:
    """The smallest number that the loss takes a logarithm of, among those that it depends on through it.

    Returns
    -------
    float or None
        ``None`` where it takes none, or where its forward pass cannot be recorded.
    """
    from gradcheck.oracles.autodiff.recording import record_forward

    evaluator.prepare()
    try:
        values = record_forward(evaluator.driver, evaluator.split(point.theta.copy())).values
    except Exception:  # as in ``exact_at``
        return None
    finally:
        evaluator.prepare()
    smallest = [
        float(np.min(np.exp(LOGARITHMS[taken.operation] * taken.value[taken.adjoint != 0.0])))
        for taken in values
        if taken.operation in LOGARITHMS and taken.adjoint is not None and np.any(taken.adjoint)
    ]
    return min(smallest, default=None)


def find_exact(evaluator: Evaluator, place: Examined) -> Exact | None:
    """The true gradient by automatic differentiation, if it runs and agrees with the differences taken there."""
    try:
        exact = exact_at(evaluator, place.point)
    except OracleUnavailableError:
        return None
    trusted = all(
        _trusted(float(exact.gradient @ o.direction.vector), o, exact.gradient, evaluator.loss_precision)
        for o in place.outcomes
    )
    return exact if trusted else None


def find_complex(evaluator: Evaluator, place: Examined) -> ComplexStep | None:
    """Complex steps, if the code takes them and they agree with the differences taken there."""
    source = ComplexStep(evaluator, place)
    for outcome in place.outcomes:
        try:
            value, _ = source.slope(outcome.direction.vector)
        except (OracleUnavailableError, UnusableLossError):
            return None
        if not _trusted(value, outcome, place.point.claim.values, evaluator.loss_precision):
            return None
    return source


def find_source(evaluator: Evaluator, place: Examined, oracle: str) -> Exact | DirectionalSource:
    """The best source that may be used at a place (``oracle`` as in ``CheckConfig``)."""
    if oracle in ("auto", "autodiff"):
        exact = find_exact(evaluator, place)
        if exact is not None:
            return exact
    if oracle in ("auto", "complex-step"):
        complex_step = find_complex(evaluator, place)
        if complex_step is not None:
            return complex_step
    return FiniteDifference(evaluator, place)


def _trusted(value: float, outcome: Outcome, gradient: Vector, precision: str) -> bool:
    numeric, bound = outcome.probe.numeric, outcome.probe.error_bound
    scale = max(abs(numeric), float(np.linalg.norm(gradient * outcome.direction.vector)))
    near = min(bound, outcome.probe.tolerance)  # both are nothing beside the claim: agreement to what it is judged by
    limit = max(4.0 * min(bound, 0.05 * scale), TRUST[precision] * scale, near)
    return bool(np.isfinite(numeric)) and abs(value - numeric) <= limit
