"""What a failing report says of each block: how far off, by a constant or not, and which entries, rows or columns.

The best source at hand is used: the true gradient by automatic differentiation (every entry), else complex steps or
differences along chosen directions. A source other than differences is used only where it agrees with a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gradcheck.checks.config import CheckConfig
from gradcheck.checks.directions import random_signs
from gradcheck.checks.evaluator import Evaluator, Point
from gradcheck.checks.localisation import TooManyError, locate
from gradcheck.checks.patterns import block_pattern, line_pattern, pattern_of, pattern_of_places, wrong_entries
from gradcheck.checks.places import Examined
from gradcheck.checks.probing import Tolerance
from gradcheck.checks.sources import EXACT_ERROR, DirectionalSource, Exact
from gradcheck.problem import Block
from gradcheck.records import BlockReport, Entry, Pattern, Verdict

__all__ = ["block_reports"]

Vector = npt.NDArray[np.float64]

# Analytic over numeric is called one constant when no entry (or direction) departs from it by more than this part.
CONSTANT = 1e-5
# And by this part of its distance from 1: a block with one wrong entry has a ratio near 1 along most directions.
SAME_GAP = 1e-2
# Blocks up to this size are measured entry by entry where only directions are at hand and most of a block is wrong.
SMALL_BLOCK = 64
# At most this many wrong entries of one block are named one by one; more are described as rows, columns or the block.
MAX_ENTRIES = 16
DIRECTIONS = 2  # two ratios that agree to 1e-5 by chance have probability of about 1e-5


def block_reports(
    evaluator: Evaluator,
    place: Examined,
    source: Exact | DirectionalSource,
    tolerance: Tolerance,
    config: CheckConfig,
    rng: np.random.Generator,
) -> tuple[BlockReport, ...]:
    """One report a block, at a point where the gradient disagrees."""
    if isinstance(source, Exact):
        return tuple(
            _from_entries(
                block,
                place.point.claim.values[where].reshape(block.shape),
                source.gradient[where].reshape(block.shape),
                source.error,
                tolerance,
                config,
            )
            for block, where in zip(evaluator.blocks, evaluator.slices, strict=True)
        )
    search = _Search(evaluator, place.point, source, tolerance, config, rng)
    suspects = search.suspects()
    return tuple(search.report(index, suspect=index in suspects) for index in range(len(evaluator.blocks)))


def _from_entries(
    block: Block,
    analytic: npt.NDArray[np.float64],
    numeric: npt.NDArray[np.float64],
    relative_bound: float,
    tolerance: Tolerance,
    config: CheckConfig,
) -> BlockReport:
    """A block whose true gradient is known entry by entry."""
    sizes = float(np.linalg.norm(analytic)), float(np.linalg.norm(numeric))
    largest = max(sizes)
    if block.size == 0 or largest == 0.0:
        return BlockReport(
            name=block.name, shape=block.shape, verdict=Verdict.PASS, relative_error=0.0, error_bound=0.0
        )
    gap = float(np.linalg.norm(analytic - numeric))
    bound = relative_bound * largest
    failed = gap > tolerance.rtol * largest + tolerance.atol + bound
    ratio = _constant_ratio(analytic, numeric) if min(sizes) > 0.0 else (0.0 if sizes[0] == 0.0 else None)
    return BlockReport(
        name=block.name,
        shape=block.shape,
        verdict=Verdict.FAIL if failed else Verdict.PASS,
        relative_error=gap / largest,
        error_bound=relative_bound,
        ratio=ratio,
        cosine=float(np.vdot(analytic, numeric)) / (sizes[0] * sizes[1]) if min(sizes) > 0.0 else None,
        worst=_worst(analytic, numeric, tolerance.rtol, bound, config.worst) if failed else (),
        pattern=pattern_of(block, analytic, numeric, tolerance.rtol) if failed and config.localise else None,
    )


def _constant_ratio(analytic: npt.NDArray[np.float64], numeric: npt.NDArray[np.float64]) -> float | None:
    ratio = float(np.vdot(numeric, analytic) / np.vdot(numeric, numeric))
    departs = float(np.linalg.norm(analytic - ratio * numeric))
    limit = min(CONSTANT * float(np.linalg.norm(analytic)), SAME_GAP * float(np.linalg.norm(analytic - numeric)))
    return ratio if departs <= max(limit, EXACT_ERROR * float(np.linalg.norm(analytic))) else None


def _worst(
    analytic: npt.NDArray[np.float64], numeric: npt.NDArray[np.float64], rtol: float, bound: float, count: int
) -> tuple[Entry, ...]:
    """The entries that are wrong, worst first; round-off beside them is not."""
    wrong, _ = wrong_entries(analytic, numeric, rtol)
    gaps = np.where(wrong, np.abs(analytic - numeric), 0.0).ravel()
    count = min(count, int(np.count_nonzero(gaps)))
    if count == 0:
        return ()
    chosen = np.argpartition(gaps, -count)[-count:]
    chosen = chosen[np.lexsort((chosen, -gaps[chosen]))]
    return tuple(
        Entry(
            index=tuple(int(i) for i in np.unravel_index(position, analytic.shape)),
            analytic=float(analytic.ravel()[position]),
            numeric=float(numeric.ravel()[position]),
            error_bound=bound,
        )
        for position in chosen
    )


@dataclass
class _Search:
    """Finds the wrong blocks, and what is wrong in them, from directional derivatives alone."""

    evaluator: Evaluator
    point: Point
    source: DirectionalSource
    tolerance: Tolerance
    config: CheckConfig
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self._claim = self.point.claim.values
        self._norms = [float(np.linalg.norm(self._claim[where])) for where in self.evaluator.slices]
        largest = max(self._norms, default=0.0) or 1.0
        self._divisors = [max(norm, 1e-3 * largest) for norm in self._norms]
        self._stop = self.evaluator.losses + self.config.max_losses

    def suspects(self) -> set[int]:
        """Blocks that disagree: each asked by itself when there are few, found by coded probes when there are many."""
        live = [index for index, block in enumerate(self.evaluator.blocks) if block.size]
        if len(live) > 2 * MAX_ENTRIES:
            joint = [self._signs(index) for index in live]

            def residual(weights: Vector) -> tuple[float, float]:
                vector = np.zeros(self._claim.size)
                for weight, index, signs in zip(weights, live, joint, strict=True):
                    if weight:
                        vector[self.evaluator.slices[index]] = weight * signs
                return self._residual(vector)

            try:
                return {live[position] for position in locate(residual, len(live), self.rng, MAX_ENTRIES)}
            except TooManyError:
                pass
        return set(live)

    def report(self, index: int, *, suspect: bool) -> BlockReport:
        """One block."""
        block = self.evaluator.blocks[index]
        if not suspect:
            return BlockReport(name=block.name, shape=block.shape, verdict=Verdict.PASS)
        if block.size <= SMALL_BLOCK and len(self.evaluator.blocks) <= 2 * MAX_ENTRIES and self._affordable(block.size):
            first = self._residual(self._embedded(index, self._signs(index)))
            if self._silent(first):
                return self._passed(index, first)
            return self._entry_by_entry(index, range(block.size))
        return self._by_directions(index)

    def _by_directions(self, index: int) -> BlockReport:
        block = self.evaluator.blocks[index]
        probes = []
        for _ in range(DIRECTIONS):
            vector = self._embedded(index, self._signs(index))
            residual, bound = self._residual(vector)
            probes.append((float(self._claim @ vector), residual, bound))
            if len(probes) == 1 and self._silent((residual, bound)):
                return self._passed(index, (residual, bound))
        numeric = [analytic - residual for analytic, residual, _ in probes]
        ratios = [a / n if n else np.inf for (a, _, _), n in zip(probes, numeric, strict=True)]
        noise = max(10.0 * bound / max(abs(n), 1e-300) for (_, _, bound), n in zip(probes, numeric, strict=True))
        spread = max(ratios) - min(ratios) if np.all(np.isfinite(ratios)) else np.inf
        constant = spread <= noise + min(CONSTANT * abs(ratios[0]), SAME_GAP * abs(1.0 - ratios[0]))
        if constant or not self.config.localise:
            pattern = block_pattern(block, whole=True) if constant else None
            worst: tuple[Entry, ...] = self._entries(index, self._largest(index, self.config.worst))
        else:
            pattern, worst = self._located(index)
        analytic, residual, bound = max(probes, key=lambda item: abs(item[1]))
        scale = max(abs(analytic), abs(analytic - residual)) or 1.0
        return BlockReport(
            name=block.name,
            shape=block.shape,
            verdict=Verdict.FAIL,
            relative_error=abs(residual) / scale,
            error_bound=bound / scale,
            ratio=float(np.median(ratios)) if constant else None,
            worst=worst,
            pattern=pattern,
        )

    def _located(self, index: int) -> tuple[Pattern | None, tuple[Entry, ...]]:
        """Few wrong entries, else few wrong rows or columns, else the block."""
        block, where = self.evaluator.blocks[index], self.evaluator.slices[index]
        divisor = self._divisors[index]

        def entries(weights: Vector) -> tuple[float, float]:
            vector = np.zeros(self._claim.size)
            vector[where] = weights / divisor
            return self._residual(vector)

        try:
            found = self._within_budget(lambda: locate(entries, block.size, self.rng, MAX_ENTRIES))
            worst = self._entries(index, found)
            return pattern_of_places(block, found), worst
        except TooManyError:
            pass
        lines = self._lines(index) if len(block.shape) == 2 and min(block.shape) > 1 else None
        worst = self._entries(index, self._largest(index, self.config.worst))
        if lines is not None:
            return line_pattern(block, *lines), worst
        return block_pattern(block, whole=False), worst

    def _lines(self, index: int) -> tuple[str, list[int]] | None:
        block, where = self.evaluator.blocks[index], self.evaluator.slices[index]
        for axis, kind in ((0, "rows"), (1, "columns")):
            signs = self._signs(index).reshape(block.shape)

            def residual(weights: Vector, axis: int = axis, signs: Vector = signs) -> tuple[float, float]:
                vector = np.zeros(self._claim.size)
                shaped = weights[:, None] if axis == 0 else weights[None, :]
                vector[where] = (signs * shaped).ravel()
                return self._residual(vector)

            limit = max(1, min(MAX_ENTRIES // 2, block.shape[axis] // 2))
            try:
                found = self._within_budget(
                    lambda residual=residual, axis=axis, limit=limit: locate(
                        residual, block.shape[axis], self.rng, limit
                    )  # type: ignore[misc]
                )
            except TooManyError:
                continue
            if found:
                return kind, found
        return None

    def _within_budget(self, search: Callable[[], list[int]]) -> list[int]:
        if self.evaluator.losses >= self._stop:
            raise TooManyError(0)
        return search()

    def _entry_by_entry(self, index: int, positions: range) -> BlockReport:
        block, where = self.evaluator.blocks[index], self.evaluator.slices[index]
        numeric = np.empty(block.size)
        bounds = np.empty(block.size)
        for position in positions:
            numeric[position], bounds[position] = self._entry(index, position)
        analytic = self._claim[where]
        largest = max(float(np.linalg.norm(analytic)), float(np.linalg.norm(numeric))) or 1.0
        return _from_entries(
            block,
            analytic.reshape(block.shape),
            numeric.reshape(block.shape),
            float(np.linalg.norm(bounds)) / largest,
            self.tolerance,
            self.config,
        )

    def _entries(self, index: int, positions: list[int]) -> tuple[Entry, ...]:
        block, where = self.evaluator.blocks[index], self.evaluator.slices[index]
        entries = []
        for position in positions:
            if not self._affordable(1):
                break
            numeric, bound = self._entry(index, position)
            entries.append(
                Entry(
                    index=tuple(int(i) for i in np.unravel_index(position, block.shape)),
                    analytic=float(self._claim[where][position]),
                    numeric=numeric,
                    error_bound=bound,
                )
            )
        entries.sort(key=lambda entry: -abs(entry.analytic - entry.numeric))
        return tuple(entries)

    def _entry(self, index: int, position: int) -> tuple[float, float]:
        vector = np.zeros(self._claim.size)
        vector[self.evaluator.slices[index].start + position] = 1.0
        return self.source(vector)

    def _largest(self, index: int, count: int) -> list[int]:
        sizes = np.abs(self._claim[self.evaluator.slices[index]])
        return [int(i) for i in np.argsort(-sizes, kind="stable")[:count]]

    def _affordable(self, entries: int) -> bool:
        return self.evaluator.losses + 2 * entries <= self._stop

    def _signs(self, index: int) -> Vector:
        return random_signs(self.evaluator.blocks[index].size, self.rng) / self._divisors[index]

    def _embedded(self, index: int, part: Vector) -> Vector:
        vector = np.zeros(self._claim.size)
        vector[self.evaluator.slices[index]] = part
        return vector

    def _residual(self, vector: Vector) -> tuple[float, float]:
        numeric, bound = self.source(vector)
        return float(self._claim @ vector) - numeric, bound

    def _silent(self, measured: tuple[float, float]) -> bool:
        residual, bound = measured
        return abs(residual) <= self.tolerance.rtol + self.tolerance.atol + bound

    def _passed(self, index: int, measured: tuple[float, float]) -> BlockReport:
        block = self.evaluator.blocks[index]
        residual, bound = measured
        return BlockReport(
            name=block.name, shape=block.shape, verdict=Verdict.PASS, relative_error=abs(residual), error_bound=bound
        )
