"""Judges texts by the gradient that they claim: block by block right, a constant multiple of the truth, or wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import Array, Program, Trace, Trial, UnavailableError
from gradcheck.language import tr

__all__ = ["CHANGES_LOSS", "Judge", "Outcome", "Point"]

# Relative to the norm of a block's true gradient.
AGREEMENT = 1e-6
# A block of this share of the largest is zero up to round-off.
ZERO = 1e-9
# Entries of a flat vector that is looked at entry by entry, and how many must share a constant.
FLAT, SHARED = 9, 4
# So many trials refused, and this share of all, and no others are worth their time.
MANY, NEARLY = 60, 0.9
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
        Claimed over true a block (an entry, where all parameters are one flat vector), where that is one constant at
        every point looked at: 1 where it is right.
    signature : bytes
        The same for texts that claim the same gradient.
    error : str or None
        Why it claims nothing.
    touched : tuple of bool
        Blocks that it claims otherwise than the text as it was.
    absent : frozenset of int
        Blocks that it claims to be zero where the truth is not.
    unavailable : bool
        Whether the change does not run again in the standing program.
    """

    ratios: tuple[float | None, ...]
    signature: bytes = b""
    error: str | None = None
    touched: tuple[bool, ...] = ()
    absent: frozenset[int] = frozenset()
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
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the blocks."""
        return [array.shape for array in self.points[0].arrays]

    @property
    def over(self) -> bool:
        """Whether nothing more may be tried; what is refused without being run costs next to nothing."""
        return self.spent - self.refused >= self._max or self.hopeless or self.late

    @property
    def late(self) -> bool:
        """Whether the time is used up."""
        return self._deadline() <= 0.0

    @property
    def hopeless(self) -> bool:
        """Whether nearly nothing can be tried: what the edits change has run, and does not run again."""
        return self.refused >= MANY and self.refused > NEARLY * self.spent

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
        first = self._run(texts, self.points[0])
        outcomes = [self._together([trial]) for trial in first]
        chosen = [i for i, outcome in enumerate(outcomes) if outcome.error is None and thorough(outcome)]
        if chosen:
            others = [self._run([texts[i] for i in chosen], point) for point in self.points[1:]]
            for i, *further in zip(chosen, *others, strict=True):
                outcomes[i] = self._together([first[i], *further])
        return outcomes

    def traced(self, text: str) -> Trace | None:
        """A run of a text at the first point, line by line; None where it cannot be had."""
        self.spent += 1
        try:
            return self._program.trial(text, self.points[0].arrays, traced=True).trace
        except UnavailableError:
            return None

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
        flat = _is_flat(self.points[0].truth)
        nothing = (None,) * (self.points[0].truth[0].size if flat else len(self.points[0].truth))
        ratios: list[float | None] | None = None
        for i, trial in enumerate(trials):
            if isinstance(trial, UnavailableError):
                self.refused += 1
                return Outcome(ratios=nothing, error=str(trial), unavailable=True)
            odd = not trial.gradient or (flat and trial.gradient[0].shape != self.points[0].truth[0].shape)
            if trial.error is not None or odd:
                return Outcome(ratios=nothing, error=trial.error or tr("no gradient"))
            loss = self._losses.get(i)
            if loss is not None and not np.isclose(trial.loss, loss, rtol=1e-9, atol=1e-12):
                return Outcome(ratios=nothing, error=CHANGES_LOSS)
            found = _ratios([self._sign * array for array in trial.gradient], self.points[i].truth)
            ratios = found if ratios is None else [_common(a, b) for a, b in zip(ratios, found, strict=True)]
        first = trials[0]
        assert isinstance(first, Trial)
        assert ratios is not None
        touched = tuple(
            not self._base or not np.array_equal(claimed, self._base[i]) for i, claimed in enumerate(first.gradient)
        )
        if flat:
            base = self._base[0] if self._base else np.full(len(ratios), np.nan)
            touched = tuple(bool(item) for item in first.gradient[0] != base)
        absent = frozenset(
            i
            for i, (claimed, ratio) in enumerate(zip(first.gradient, ratios, strict=False))
            if not flat and ratio is None and not claimed.any()
        )
        return Outcome(
            ratios=tuple(ratios),
            signature=_signature(first.gradient, self.points[0].truth),
            touched=touched,
            absent=absent,
        )


def _ratios(gradient: Sequence[Array], truth: Sequence[Array]) -> list[float | None]:
    largest = max((float(np.linalg.norm(array)) for array in truth), default=0.0)
    if _is_flat(truth):
        if gradient[0].shape != truth[0].shape or not np.all(np.isfinite(gradient[0])):
            return [None] * truth[0].size
        whole = _ratio(gradient[0], truth[0], largest)
        return _entries(gradient[0], truth[0]) if whole is None else [whole] * truth[0].size
    return [_ratio(claimed, true, largest) for claimed, true in zip(gradient, truth, strict=True)]


def _is_flat(truth: Sequence[Array]) -> bool:
    """Whether all parameters are one flat vector: then its entries are looked at one by one, as blocks are."""
    return len(truth) == 1 and truth[0].ndim == 1 and truth[0].size >= FLAT


def _entries(claimed: Array, true: Array) -> list[float | None]:
    """Each entry's ratio: 1 where it is right, another constant where many entries share it."""
    scale = float(np.sqrt(np.mean(true**2))) or 1.0
    right = np.abs(claimed - true) <= AGREEMENT * np.maximum(np.abs(true), 1e-2 * scale)
    found: list[float | None] = [1.0 if item else None for item in right]
    with np.errstate(all="ignore"):
        ratios = np.where(right | (np.abs(true) < 1e-3 * scale), np.nan, claimed / true)
    finite = ratios[np.isfinite(ratios) & (ratios != 0.0)]
    for ratio in np.unique(np.round(finite, 6)):
        sharing = np.abs(ratios - ratio) <= 1e-5 * abs(ratio)
        if np.count_nonzero(sharing) >= max(SHARED, true.size // 20):
            common = float(np.median(ratios[sharing]))
            found = [common if shares else known for shares, known in zip(sharing, found, strict=True)]
    return found


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
        # adding zero takes the sign of one away
        return b"".join((np.round(array / scale, 9) + 0.0).tobytes() for array in gradient)
