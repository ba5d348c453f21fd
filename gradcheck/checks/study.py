"""What a picture of a check shows: every entry beside its numeric derivative, differences over a ladder of steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.checks.config import ATOL, default_rtol
from gradcheck.checks.directions import joint_directions
from gradcheck.checks.evaluator import Evaluator, Point, UnusableLossError, WrongGradientError
from gradcheck.checks.order_test import order_test
from gradcheck.checks.places import Examined, state_of
from gradcheck.checks.preliminaries import NotReproducibleError, choose_evaluator, first_point, unusable_parameters
from gradcheck.checks.probing import ENTRY_FLOOR, Outcome, Tolerance, probe
from gradcheck.checks.rounding import EPS
from gradcheck.checks.sources import Exact, find_exact, find_source
from gradcheck.errors import GradcheckError
from gradcheck.language import sentence, tr
from gradcheck.oracles.finite_difference import Difference, central_difference, estimate
from gradcheck.problem import Problem
from gradcheck.problem.generators import generator_of
from gradcheck.records import Finding, OrderTest

__all__ = ["BlockEntries", "Entries", "StepLadder", "compare_entries", "step_ladder", "taylor_remainders"]

Vector = npt.NDArray[np.float64]

# Steps of the ladder, relative to the parameters (dimensionless): from round-off alone to another place.
DECADES = (-12.0, 0.0)
PER_DECADE = 3
# An error this many times the round-off error of its difference is truncation.
CLEAR = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntries:
    """One block: claimed and numeric derivatives, units of the loss per unit of the parameter.

    Attributes
    ----------
    name : str
    analytic, numeric : ndarray, of the block's shape
        ``numeric`` is NaN where it was not measured.
    """

    name: str
    analytic: Vector
    numeric: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Every block at the parameters as given, and what the numeric derivatives came from."""

    blocks: tuple[BlockEntries, ...]
    oracle: str
    rtol: float

    @property
    def measured(self) -> int:
        """Number of entries that were measured."""
        return sum(int(np.count_nonzero(~np.isnan(block.numeric))) for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLadder:
    """Central differences along one direction over many steps; everything dimensionless.

    Steps are relative to the norm of the parameters, all else to the larger of claimed and numeric derivative.

    Attributes
    ----------
    steps, errors, gaps, round_off : ndarray, shape (steps,)
        Step; distance of the difference from the numeric derivative; from the claimed one; a-priori round-off error.
    truncation : float or None
        ``c`` of the truncation error ``c h**2``; None where no error stands clear of round-off.
    chosen : float
        The step that a check rests on.
    bound, tolerance : float
        Its error bound, and what the check allows.
    oracle : str
        What the numeric derivative came from: ``autodiff``, or the best of the differences themselves.
    """

    steps: Vector
    errors: Vector
    gaps: Vector
    round_off: Vector
    truncation: float | None
    chosen: float
    bound: float
    tolerance: float
    oracle: str


def compare_entries(problem: Problem, *, rng: np.random.Generator | int | None = None, most: int = 2000) -> Entries:
    """Every entry of the claimed gradient beside its numeric derivative, at the parameters as given.

    Parameters
    ----------
    problem : Problem
    rng : Generator or int, optional
        Draws directions, and entries where there are too many; seed 0 if not given.
    most : int
        Where automatic differentiation does not run, entries that are measured one by one: two losses each.

    Raises
    ------
    GradcheckError
        If loss or gradient cannot be evaluated.
    """
    generator = generator_of(rng)
    with _opened(problem) as (evaluator, point):
        tolerance = _tolerance(evaluator, point)
        place = _examined(evaluator, point, tolerance, generator)
        source = find_source(evaluator, place, "auto")
        if isinstance(source, Exact):
            numeric = source.gradient
        else:
            numeric = np.full(evaluator.size, np.nan)
            chosen = np.arange(evaluator.size)
            if chosen.size > most:
                chosen = generator.choice(chosen, most, replace=False)
            for position in chosen:
                unit = np.zeros(evaluator.size)
                unit[position] = 1.0
                with contextlib.suppress(UnusableLossError):
                    numeric[position] = source(unit)[0]
        blocks = tuple(
            BlockEntries(
                name=block.name,
                analytic=point.claim.values[where].reshape(block.shape),
                numeric=numeric[where].reshape(block.shape),
            )
            for block, where in zip(evaluator.blocks, evaluator.slices, strict=True)
        )
        return Entries(blocks=blocks, oracle=source.name, rtol=tolerance.rtol)


def step_ladder(problem: Problem, *, rng: np.random.Generator | int | None = None) -> StepLadder:
    """Differences of the loss along the direction of a check, over steps from round-off to another place.

    Parameters
    ----------
    problem : Problem
    rng : Generator or int, optional
        Draws the direction; seed 0 if not given.

    Raises
    ------
    GradcheckError
        If loss or gradient cannot be evaluated, or the loss does not change along the direction.
    """
    with _opened(problem) as (evaluator, point):
        tolerance = _tolerance(evaluator, point)
        place = _examined(evaluator, point, tolerance, generator_of(rng))
        outcome = place.outcomes[0]
        vector = outcome.direction.vector
        length = float(np.linalg.norm(vector)) or 1.0
        unit = max(float(np.linalg.norm(point.theta)), ENTRY_FLOOR * float(np.sqrt(evaluator.size))) / length
        ladder = [
            taken for step in _steps() if (taken := _difference(evaluator, point, vector, step * unit)) is not None
        ]
        exact = find_exact(evaluator, place)
        best = estimate(ladder)
        if best is None:
            raise GradcheckError(
                tr("the loss does not change along the direction of the check: there is no ladder to draw.")
            )
        numeric = best.value if exact is None else float(exact.gradient @ vector)
        claimed = float(point.claim.values @ vector)
        scale = max(abs(numeric), abs(claimed)) or 1.0
        return _relative(ladder, numeric, claimed, unit, scale, outcome, "differences" if exact is None else exact.name)


def taylor_remainders(problem: Problem, *, rng: np.random.Generator | int | None = None) -> OrderTest:
    """The order test of a check, at the parameters as given.

    Parameters
    ----------
    problem : Problem
    rng : Generator or int, optional
        Draws the direction; seed 0 if not given.

    Raises
    ------
    GradcheckError
        If loss or gradient cannot be evaluated.
    """
    generator = generator_of(rng)
    with _opened(problem) as (evaluator, point):
        direction = joint_directions(point.claim.values, evaluator.slices, generator)[0]
        return order_test(evaluator, point, direction)


@contextlib.contextmanager
def _opened(problem: Problem) -> Iterator[tuple[Evaluator, Point]]:
    """A problem that can be evaluated, and its first point."""
    obstacle = unusable_parameters(problem)
    if obstacle is not None:
        raise GradcheckError(obstacle.message if isinstance(obstacle, Finding) else sentence(obstacle, capital=False))
    problem.driver.begin()
    try:
        with np.errstate(all="ignore"):
            evaluator, _ = choose_evaluator(problem)
            yield evaluator, first_point(evaluator)
    except UnusableLossError as error:
        raise GradcheckError(tr("there is nothing to draw: {reason}", reason=error)) from error
    except (NotReproducibleError, WrongGradientError) as error:
        raise GradcheckError(tr("there is nothing to draw: {reason}", reason=error.finding.message)) from error
    finally:
        problem.driver.end()


def _tolerance(evaluator: Evaluator, point: Point) -> Tolerance:
    return Tolerance(rtol=default_rtol(point.claim.precision, evaluator.loss_precision), atol=ATOL)


def _examined(evaluator: Evaluator, point: Point, tolerance: Tolerance, rng: np.random.Generator) -> Examined:
    directions = joint_directions(point.claim.values, evaluator.slices, rng)
    outcomes = [probe(evaluator, point, direction, tolerance) for direction in directions]
    return Examined(point, tuple(outcomes), state_of(point, outcomes))


def _steps() -> Vector:
    first, last = DECADES
    return np.logspace(first, last, int((last - first) * PER_DECADE) + 1)


def _difference(evaluator: Evaluator, point: Point, vector: Vector, step: float) -> Difference | None:
    try:
        taken = central_difference(
            lambda t: evaluator.loss(point.theta + t * vector), step, EPS[evaluator.loss_precision]
        )
    except UnusableLossError:
        return None
    return taken if np.isfinite(taken.value) else None


def _relative(
    ladder: list[Difference], numeric: float, claimed: float, unit: float, scale: float, outcome: Outcome, oracle: str
) -> StepLadder:
    values = np.array([taken.value for taken in ladder])
    steps = np.array([taken.step for taken in ladder]) / unit
    errors = np.abs(values - numeric) / scale
    round_off = np.array([taken.round_off_error for taken in ladder]) / scale
    clear = np.flatnonzero(errors > CLEAR * round_off)
    return StepLadder(
        steps=steps,
        errors=errors,
        gaps=np.abs(values - claimed) / scale,
        round_off=round_off,
        truncation=float(errors[clear[0]] / steps[clear[0]] ** 2) if clear.size else None,
        chosen=outcome.probe.step / unit,
        bound=outcome.probe.error_bound / scale,
        tolerance=outcome.probe.tolerance / scale,
        oracle=oracle,
    )
