"""Judges texts by the gradient that they claim: block by block right, a constant multiple of the truth, or wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.program import Array, Program, Trial, UnavailableError

__all__ = ["CHANGES_LOSS", "Judge", "Outcome", "Point"]

# Relative to the norm of a block's true gradient.
AGREEMENT = 1e-6
# A block of this share of the largest is zero up to round-off.
ZERO = 1e-9
CHANGES_LOSS = "it changes the loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Parameters, and the true gradient there, one array a block."""

    arrays: tuple[Array, ...]
    truth: tuple[Array, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a text claims.

    Attributes
    ----------
    ratios : tuple of float or None
        Claimed over true a block, where that is one constant at every point looked at: 1 where it is right.
    signature : bytes
        The same for texts that claim the same gradient.
    error : str or None
        Why it claims nothing.
    touched : tuple of bool
        Blocks that it claims otherwise than the text as it was.
    unavailable : bool
        Whether the change does not run again in the standing program.
    """

    ratios: tuple[float | None, ...]
    signature: bytes = b""
    error: str | None = None
    touched: tuple[bool, ...] = ()
    unavailable: bool = False

    @property
    def right(self) -> frozenset[int]:
        """Blocks that are right."""
        return frozenset(i for i, ratio in enumerate(self.ratios) if ratio == 1.0)

    @property
    def multiple(self) -> frozenset[int]:
        """Blocks that are a constant multiple of the truth."""
        return frozenset(i for i, ratio in enumerate(self.ratios) if ratio is not None)

    @property
    def cured(self) -> bool:
        """Whether every block is right."""
        return self.error is None and bool(self.ratios) and len(self.right) == len(self.ratios)


class Judge:
    """Counts its trials and knows when to stop.

    Parameters
    ----------
    program : Program
    points : sequence of Point
        Two or more.
    deadline : callable
        ``deadline()``: seconds that are left.
    max_trials : int
    """

    def __init__(
        self, program: Program, points: Sequence[Point], deadline: Callable[[], float], max_trials: int
    ) -> None:
        self._program, self.points = program, tuple(points)
        self._deadline, self._max = deadline, max_trials
        self.spent = 0
        self.refused = 0
        self._losses: dict[int, float] = {}
        self._base: tuple[Array, ...] = ()
        self._sign = getattr(program.problem, "sign", 1)  # of a gradient that is negated on purpose

    @property
    def over(self) -> bool:
        """Whether nothing more may be tried."""
        return self.spent >= self._max or self._deadline() <= 0.0

    def begin(self, text: str) -> Outcome:
        """Judge the text as it is, and remember its loss."""
        trials = [self._run([text], point)[0] for point in self.points]
        for i, trial in enumerate(trials):
            if isinstance(trial, Trial) and np.isfinite(trial.loss):
                self._losses[i] = trial.loss
        first = trials[0]
        if isinstance(first, Trial):
            self._base = first.gradient
        return self._together(trials)

    def judge(self, texts: Sequence[str], *, thorough: Callable[[Outcome], bool]) -> list[Outcome]:
        """Judge texts at the first point; those that are promising there at the others too."""
        outcomes = []
        for text, trial in zip(texts, self._run(texts, self.points[0]), strict=True):
            outcome = self._together([trial])
            if outcome.error is None and thorough(outcome):
                others = [self._run([text], point)[0] for point in self.points[1:]]
                outcome = self._together([trial, *others])
            outcomes.append(outcome)
        return outcomes

    def _run(self, texts: Sequence[str], point: Point) -> list[Trial | UnavailableError]:
        self.spent += len(texts)
        several: Any = getattr(self._program, "trials", None)
        if several is not None:
            return list(several(list(texts), point.arrays))
        results: list[Trial | UnavailableError] = []
        for text in texts:
            try:
                results.append(self._program.trial(text, point.arrays))
            except UnavailableError as error:
                results.append(error)
        return results

    def _together(self, trials: Sequence[Trial | UnavailableError]) -> Outcome:
        nothing = (None,) * len(self.points[0].truth)
        ratios: list[float | None] | None = None
        for i, trial in enumerate(trials):
            if isinstance(trial, UnavailableError):
                self.refused += 1
                return Outcome(ratios=nothing, error=str(trial), unavailable=True)
            if trial.error is not None or not trial.gradient:
                return Outcome(ratios=nothing, error=trial.error or "no gradient")
            before = self._losses.get(i)
            if before is not None and not np.isclose(trial.loss, before, rtol=1e-9, atol=1e-12):
                return Outcome(ratios=nothing, error=CHANGES_LOSS)
            found = _ratios([self._sign * array for array in trial.gradient], self.points[i].truth)
            ratios = found if ratios is None else [_common(a, b) for a, b in zip(ratios, found, strict=True)]
        first = trials[0]
        assert isinstance(first, Trial)
        assert ratios is not None
        touched = tuple(
            not self._base or not np.array_equal(claimed, self._base[i]) for i, claimed in enumerate(first.gradient)
        )
        return Outcome(
            ratios=tuple(ratios), signature=_signature(first.gradient, self.points[0].truth), touched=touched
        )


def _ratios(gradient: Sequence[Array], truth: Sequence[Array]) -> list[float | None]:
    largest = max((float(np.linalg.norm(array)) for array in truth), default=0.0)
    return [_ratio(claimed, true, largest) for claimed, true in zip(gradient, truth, strict=True)]


def _ratio(claimed: Array, true: Array, largest: float) -> float | None:
    if claimed.shape != true.shape or not np.all(np.isfinite(claimed)):
        return None
    norm = float(np.linalg.norm(true))
    if norm <= ZERO * largest:
        return 1.0 if float(np.linalg.norm(claimed)) <= 10 * ZERO * largest else None
    if float(np.linalg.norm(claimed - true)) <= AGREEMENT * norm:
        return 1.0
    ratio = float(np.vdot(claimed, true)) / norm**2
    if ratio == 0.0 or float(np.linalg.norm(claimed - ratio * true)) > AGREEMENT * norm * abs(ratio):
        return None
    return ratio


def _common(first: float | None, second: float | None) -> float | None:
    if first is None or second is None or abs(first - second) > 10 * AGREEMENT * abs(first):
        return None
    return first


def _signature(gradient: Sequence[Array], truth: Sequence[Array]) -> bytes:
    scale = max((float(np.max(np.abs(array), initial=0.0)) for array in truth), default=0.0) or 1.0
    with np.errstate(all="ignore"):
        return b"".join(np.round(array / scale, 9).tobytes() for array in gradient)
