"""The loss that an output delta implies, for code that computes none: fitted, up to a positive constant.

Where a step subtracts targets from outputs, every loss of the menu can be evaluated at those two arrays. The one whose
derivative is a constant multiple of what the step applies to one whole block (the block nearest the output first), at
several points and directions, is the implied loss. The sign of the constant is never absorbed.
"""

from __future__ import annotations

import ast
import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.submissions.losses.losses import MENU, MenuLoss, describe_factor, rescaled, usual_name
from gradcheck.submissions.losses.slopes import dot
from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import OCCURRENCES, Experiment, Values
from gradcheck.submissions.text.updates import last_name

__all__ = ["Implied", "explains", "has_output", "infer", "leaves_out", "output_pairs", "pair_of", "rounded"]

Key = tuple[int, int]
STEP = 1e-5
AGREEMENT = 1e-5
POINTS, DIRECTIONS = 2, 3
# A measured factor is this good; a number of three digits is hit by chance once in ten thousand times, a short fraction
# once in a thousand.
PLAIN = 3e-8


@dataclass(frozen=True, slots=True)
class Implied:
    """``factor`` (positive) times a menu loss of the difference at ``key``, whether the step descends or climbs it."""

    key: Key
    output_is_left: bool
    loss: MenuLoss
    factor: float
    shape: tuple[int, ...]
    line: int

    @property
    def name(self) -> str:
        """The usual name of this loss."""
        return describe_factor(self.loss, self.factor, *self._sizes)

    @property
    def is_usual(self) -> bool:
        """Whether it is called by a name alone, samples being rows or columns: a sum, a mean, a half of them."""
        return any(usual_name(self.loss, self.factor, *sizes) for sizes in (self._sizes, self._sizes[::-1]))

    @property
    def _sizes(self) -> tuple[int, int]:
        return _rows_columns(self.shape)

    @property
    def text(self) -> str:
        """Its name, and where it was read off."""
        return tr("{name} (implied by the output delta, line {line})", name=self.name, line=self.line)

    def evaluate(self, left: Any, right: Any) -> Any:
        """The loss of the two operands of the difference."""
        output, target = (left, right) if self.output_is_left else (right, left)
        return self.factor * self.loss.evaluate(output, target)

    def sized(self, pairs: list[tuple[Any, Any]]) -> Implied:
        """The loss of the same name of these operands, of which there may be more or fewer than where it was read."""
        shape = tuple(np.shape(pairs[0][0])) if pairs else self.shape
        shape = (len(pairs), *shape) if self.key[1] < 0 else shape
        if shape == self.shape or len(shape) != len(self.shape):
            return self
        factor = rescaled(self.loss, self.factor, self._sizes, _rows_columns(shape))
        return dataclasses.replace(self, factor=factor, shape=shape)


def _rows_columns(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0] if shape else 1, shape[1] if len(shape) > 1 else 1


def infer(experiment: Experiment, rng: np.random.Generator) -> Implied | None:
    """The loss of the menu that the step descends or climbs at one block, or None when there is none."""
    pairs = output_pairs(experiment, rng)
    if not pairs:
        return None
    experiment.restore()
    points = [experiment.random_values(rng) for _ in range(POINTS)]
    claims = [experiment.claimed(point) for point in points]
    odd: Implied | None = None
    for name in reversed(list(experiment.places)):
        found = _fit_block(experiment, name, pairs, points, claims, rng)
        if len(found) > 1:  # one output's difference, and those of all outputs: of a block that feeds one they agree
            found.sort(key=lambda fit: (not _fits_jointly(experiment, fit, points[0], claims[0], rng), fit.key[1] >= 0))
        if found and found[0].is_usual:  # a mean where a sum belongs, in one block, is no loss of another size
            return found[0]
        odd = odd or (found[0] if found else None)
    return odd


def explains(experiment: Experiment, implied: Implied, rng: np.random.Generator) -> bool:
    """Whether its derivative is what the step applies in all blocks, up to its sign.

    Parameters
    ----------
    experiment : Experiment
    implied : Implied
    rng : numpy.random.Generator
    """
    experiment.restore()
    point = experiment.random_values(rng)
    return _fits_jointly(experiment, implied, point, experiment.claimed(point), rng)


def leaves_out(experiment: Experiment, implied: Implied, rng: np.random.Generator) -> list[str]:
    """Blocks that the step changes and this loss does not depend on: it is of one head of several, or of a baseline.

    Parameters
    ----------
    experiment : Experiment
    implied : Implied
    rng : numpy.random.Generator
    """
    experiment.restore()
    point = experiment.random_values(rng)
    claims = experiment.claimed(point)
    before = experiment.observe(point)
    found = []
    for name, value in point.items():
        if not np.any(claims[name]):
            continue
        # not far: what is drawn by probabilities is another thing at last
        after = experiment.observe({**point, name: value + STEP * rng.standard_normal(value.shape)})
        if not _moves(before, after, implied.key):
            found.append(name)
    experiment.restore()
    return found


def _moves(before: Log, after: Log, key: Key) -> bool:
    old, new = pair_of(before, key), pair_of(after, key)
    return old is not None and new is not None and not all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))


def _fits_jointly(experiment: Experiment, fit: Implied, point: Values, claim: Values, rng: np.random.Generator) -> bool:
    """Whether the derivative of a fitted loss is the claimed gradient in all blocks, up to its sign."""
    direction = {name: rng.standard_normal(value.shape) for name, value in point.items()}
    values = []
    for step in (STEP, -STEP):
        log = experiment.observe({name: value + step * direction[name] for name, value in point.items()})
        pair = pair_of(log, fit.key)
        values.append(float("nan") if pair is None else float(fit.evaluate(*pair)))
    numeric = abs(values[0] - values[1]) / (2 * STEP)
    claimed = abs(dot(claim, direction))
    return abs(numeric - claimed) <= AGREEMENT * max(numeric, claimed)


def has_output(experiment: Experiment, rng: np.random.Generator) -> bool:
    """Whether the step compares something that depends on the parameters with something that does not."""
    return bool(output_pairs(experiment, rng))


def pair_of(log: Log, key: Key) -> tuple[Any, Any] | None:
    """The operands of one difference of a step; all of a place's (occurrence -1), one above the other."""
    if key[1] < 0:
        found = [(left, right) for site, left, right in log.pairs if site == key[0]]
        if len({(np.shape(left), np.shape(right)) for left, right in found}) != 1:
            return None
        return np.stack([left for left, _ in found]), np.stack([right for _, right in found])
    occurrence = 0
    for site, left, right in log.pairs:
        if site == key[0]:
            if occurrence == key[1]:
                return left, right
            occurrence += 1
    return None


def output_pairs(experiment: Experiment, rng: np.random.Generator) -> list[tuple[Key, bool]]:
    """Differences of two arrays of one shape of which exactly one depends on the parameters."""
    experiment.restore()
    points = [experiment.values(), experiment.random_values(rng), experiment.random_values(rng)]
    logs = [experiment.observe(point) for point in points]
    updates = {site for site, target, _ in logs[2].updated if any(_same(target, value) for value in points[2].values())}
    pairs: list[tuple[Key, bool]] = []
    known: list[tuple[Any, Any]] = []
    for key in _keys(logs[0]):
        found = [pair_of(log, key) for log in logs]
        if key[0] in updates or any(pair is None or not _comparable(*pair) for pair in found):
            continue
        if key[1] < 0 and all(pair is not None and _is_repeated(*pair) for pair in found):
            continue
        left_moves = any(not np.array_equal(found[0][0], pair[0]) for pair in found[1:])  # type: ignore[index]
        right_moves = any(not np.array_equal(found[0][1], pair[1]) for pair in found[1:])  # type: ignore[index]
        if left_moves == right_moves or _is_size(experiment.runtime.sites[key[0]].text, left=left_moves):
            continue
        last = found[-1]
        assert last is not None
        pair = last if left_moves else (last[1], last[0])
        if _is_penalty(pair[0], points[2]):
            continue
        if not any(np.array_equal(a, pair[0]) and np.array_equal(b, pair[1]) for a, b in known):
            known.append(pair)
            pairs.append((key, left_moves))
    return pairs


def _is_size(text: str, *, left: bool) -> bool:
    """Whether a side of a difference is a size or a square, as of ``abs(r) - 0.5 * delta``: no output has that form.

    Examples
    --------
    >>> _is_size("abs(r) - 0.5 * d", left=True), _is_size("a - abs(y)", left=True), _is_size("y - z**2", left=False)
    (True, False, True)
    """
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    if not isinstance(node, ast.BinOp):
        return False
    side = node.left if left else node.right
    if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Pow):
        return isinstance(side.right, ast.Constant) and side.right.value in (2, 2.0)
    return isinstance(side, ast.Call) and last_name(side.func) in ("abs", "fabs", "absolute", "square")


def _is_penalty(output: Any, point: Values) -> bool:
    """Whether it is a parameter times a number: ``decay * W - pull`` has the form of a delta, and is a gradient."""
    part = np.asarray(output, dtype=np.float64)
    for value in point.values():
        if value.shape == part.shape and value.size > 1 and np.any(value):  # a number is a multiple of any other
            share = dot({"": part}, {"": value}) / dot({"": value}, {"": value})
            if share != 1.0 and np.allclose(part, share * value, rtol=AGREEMENT, atol=0.0):
                return True
    return False


def _is_repeated(left: Any, right: Any) -> bool:
    """Whether all of a place's differences are one, as of a line search that at rate zero looks where it stands."""
    return all(np.array_equal(part, np.broadcast_to(part[:1], part.shape)) for part in (left, right))


def _keys(log: Log) -> list[Key]:
    counts: dict[int, int] = {}
    keys = []
    for site, _, _ in log.pairs:
        occurrence = counts.get(site, 0)
        counts[site] = occurrence + 1
        if occurrence < OCCURRENCES:
            keys.append((site, occurrence))
    return keys + [(site, -1) for site, count in counts.items() if count > 1]


def _same(target: Any, value: Any) -> bool:
    try:
        return bool(np.array_equal(target, value))
    except ValueError:  # a list of arrays
        return False


def _comparable(left: Any, right: Any) -> bool:
    try:
        a, b = np.asarray(left), np.asarray(right)
    except ValueError:
        return False
    real = a.dtype.kind in "fiu" and b.dtype.kind in "fiu"
    return real and a.size > 0 and a.shape == b.shape


def _fit_block(
    experiment: Experiment,
    name: str,
    pairs: list[tuple[Key, bool]],
    points: list[dict[str, Any]],
    claims: list[dict[str, Any]],
    rng: np.random.Generator,
) -> list[Implied]:
    """The pairs and menu losses whose derivative in this block is one constant multiple of the claimed gradient's."""
    found = []
    ratios: dict[tuple[int, int], list[float]] = {}
    for point, claim in zip(points, claims, strict=True):
        for _ in range(DIRECTIONS):
            direction = rng.standard_normal(point[name].shape)
            claimed = float(np.sum(claim[name] * direction))
            ahead = experiment.observe({**point, name: point[name] + STEP * direction})
            behind = experiment.observe({**point, name: point[name] - STEP * direction})
            for i, (key, output_is_left) in enumerate(pairs):
                for j, numeric in enumerate(
                    _menu_slopes(pair_of(ahead, key), pair_of(behind, key), output_is_left=output_is_left)
                ):
                    ratios.setdefault((i, j), []).append(claimed / numeric if numeric else float("nan"))
    for (i, j), values in ratios.items():
        row = np.array(values)
        if len(row) == POINTS * DIRECTIONS and np.all(np.isfinite(row)) and row[0] != 0.0:
            factor = float(np.median(row))
            if float(np.max(np.abs(row - factor))) <= AGREEMENT * abs(factor):
                key, output_is_left = pairs[i]
                pair = pair_of(experiment.observe(points[0]), key)
                shape = tuple(np.shape(pair[0])) if pair is not None else ()
                line = experiment.runtime.sites[key[0]].line
                if is_plain(factor):
                    found.append(Implied(key, output_is_left, MENU[j], abs(rounded(factor)), shape, line))
    return found


def _menu_slopes(ahead: tuple[Any, Any] | None, behind: tuple[Any, Any] | None, *, output_is_left: bool) -> list[float]:
    """Central differences of all losses of the menu."""
    found = []
    for loss in MENU:
        values = []
        for pair in (ahead, behind):
            if pair is None:
                continue
            output, target = (np.asarray(part, dtype=np.float64) for part in (pair if output_is_left else pair[::-1]))
            if loss.applies(output, target):
                values.append(float(loss.evaluate(output, target)))
        found.append((values[0] - values[1]) / (2 * STEP) if len(values) == 2 else float("nan"))
    return found


def is_plain(factor: float) -> bool:
    """Whether somebody may have written it: a short fraction, or a number of few digits.

    Any difference times a number has the form of a loss's gradient: ``w * phi * (x - centre)`` within a loop over the
    coordinates of one centre. What the number is tells a loss from that.

    Parameters
    ----------
    factor : float

    Examples
    --------
    >>> is_plain(0.50000000002), is_plain(-1 / 70), is_plain(3 / 7), is_plain(0.0035), is_plain(0.004592137)
    (True, True, True, True, False)
    """
    size = abs(factor)
    return _fraction(size) is not None or abs(float(f"{size:.3g}") - size) <= PLAIN * size


def rounded(factor: float) -> float:
    """A measured factor is exact to about 1e-9: what is that close to a short fraction is that fraction.

    Examples
    --------
    >>> rounded(0.50000000002)
    0.5
    """
    fraction = _fraction(factor)
    return factor if fraction is None else fraction


def _fraction(factor: float) -> float | None:
    for denominator in (*range(1, 257), round(1.0 / factor) if factor else 1):
        numerator = round(factor * denominator)
        if numerator and abs(factor * denominator - numerator) <= PLAIN * abs(numerator):
            return float(numerator / denominator)
    return None
