"""Disagreements that have a reason of their own: gradients clipped on purpose, losses smoothed by a small constant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from gradcheck.checks.evaluator import Point
from gradcheck.checks.probing import Outcome
from gradcheck.language import listed, mark, tr
from gradcheck.problem import Hints, OracleUnavailableError
from gradcheck.records import Finding, Severity

__all__ = ["clipping_finding", "inactive_clipping", "smoothing_finding", "smoothing_note"]

Vector = npt.NDArray[np.float64]

# A clipped norm is the threshold up to the rounding of one division and one product an entry (relative).
SAME_NORM = 1e-9
DIFFERENT = 1e-3
CUT = 1e-6
EXACTLY = mark("entries stop at exactly +-{bound:.6g}")


def clipping_finding(
    first: Point,
    second: Point,
    slices: Sequence[slice],
    hints: Hints,
    exact: Callable[[Point], Vector] | None,
) -> Finding | None:
    """Whether the claimed gradient is cut off.

    Parameters
    ----------
    first, second : Point
        Two points at which the gradient disagrees.
    slices : sequence of slice
        Where each block lies.
    hints : Hints
    exact : callable or None
        ``exact(point)`` is the true gradient, shape (parameters,), where trusted: it shows any clipping. Otherwise
        only one that stops at the same number, as people write them, at both points.
    """
    how = None if exact is None else _clipped_from(first, second, exact, slices)
    how = how or _same_norm(first, second, slices)
    if how is None and not _whole(first, second, slices):
        how = _same_bound(first, second, hints)
    if how is None:
        return None
    return Finding(
        id="gradient-clipping",
        severity=Severity.ERROR,
        message=tr(
            "The gradient is clipped ({how}), so it is not the derivative of the loss here. Check it without the "
            "clipping, and clip in the update.",
            how=how,
        ),
    )


def inactive_clipping() -> Finding:
    """The gradient's code clips, and it changed nothing at the points looked at."""
    return Finding(
        id="gradient-clipping",
        severity=Severity.INFO,
        message=tr("The gradient's code names a clipping function; at the points looked at it changed nothing."),
    )


def smoothing_finding(hints: Hints, outcomes: Sequence[Outcome]) -> Finding:
    """The loss adds a constant inside a logarithm, and the gradient is that of the loss without it."""
    gap = max((outcome.probe.relative_error for outcome in outcomes), default=0.0)
    return Finding(
        id="loss-epsilon",
        severity=Severity.WARNING,
        message=tr(
            "The loss has {constant} that the gradient leaves out: where outputs saturate the two differ (here by "
            "{gap:.1e}); where probabilities are far from 0 and 1 they agree, and there the gradient was judged.",
            constant=_constant(hints),
            gap=gap,
        ),
    )


def smoothing_note(hints: Hints) -> Finding:
    """The same constant, where it made no visible difference."""
    return Finding(
        id="loss-epsilon",
        severity=Severity.INFO,
        message=tr(
            "The loss has {constant}. If the gradient leaves it out they differ by about the constant over the "
            "probability: nothing here, more where outputs saturate.",
            constant=_constant(hints),
        ),
    )


def _constant(hints: Hints) -> str:
    if not hints.smoothing:
        return tr("a small constant beside its logarithm")
    return tr(
        "a small constant beside its logarithm ({values})", values=listed(f"{size:g}" for size in hints.smoothing)
    )


def _clipped_from(first: Point, second: Point, exact: Callable[[Point], Vector], slices: Sequence[slice]) -> str | None:
    """How the claim comes from the true gradient by clipping, if it does so at both points with the same bound."""
    try:
        pairs = [(point.claim.values, exact(point)) for point in (first, second)]
    except OracleUnavailableError:
        return None
    claim, truth = pairs[0]
    bound = float(np.max(np.abs(claim), initial=0.0))
    if 0.0 < bound < float(np.max(np.abs(truth), initial=0.0)) * (1.0 - CUT) and all(
        _close(a, np.clip(n, -bound, bound)) for a, n in pairs
    ):
        return tr("entries stop at +-{bound:.6g}", bound=bound)
    told = (mark("its norm stops at {limit:.6g}"), mark("the norm of each block stops at {limit:.6g}"))
    for parts, how in zip(([slice(0, claim.size)], slices), told, strict=True):
        norms = [(float(np.linalg.norm(claim[part])), float(np.linalg.norm(truth[part]))) for part in parts]
        limit = max((a for a, n in norms if a < n * (1.0 - CUT)), default=0.0)
        if _written(limit) and all(_close(a, _shrunk(n, parts, limit)) for a, n in pairs):
            return tr(how, limit=limit)
    return None


def _shrunk(truth: Vector, parts: Sequence[slice], limit: float) -> Vector:
    """A gradient with the norm of each part cut off at a limit."""
    return np.concatenate(
        [truth[part] * min(1.0, limit / (float(np.linalg.norm(truth[part])) or limit)) for part in parts]
    )


def _close(a: Vector, b: Vector) -> bool:
    return float(np.linalg.norm(a - b)) <= CUT * float(np.linalg.norm(a))


def _same_norm(first: Point, second: Point, slices: Sequence[slice]) -> str | None:
    """One norm as people write it, of the gradient or of several blocks, at two points with different gradients."""
    a, b = first.claim.values, second.claim.values
    if not _differ(first, second):
        return None
    whole = float(np.linalg.norm(a))
    if _written(whole) and abs(whole - float(np.linalg.norm(b))) <= SAME_NORM * whole:
        return tr("its norm is {norm:.6g} at two different points", norm=whole)
    pairs = [(float(np.linalg.norm(a[part])), float(np.linalg.norm(b[part]))) for part in slices]
    equal = [x for x, y in pairs if _written(x) and abs(x - y) <= SAME_NORM * x]
    if len(equal) >= 2 and max(equal) <= min(equal) * (1.0 + SAME_NORM):
        return tr("several blocks have the norm {norm:.6g} at two different points", norm=max(equal))
    return None


def _same_bound(first: Point, second: Point, hints: Hints) -> str | None:
    """Several entries at exactly one bound as people write it, at both points (one, where the code names clipping)."""
    sizes = [np.abs(point.claim.values) for point in (first, second)]
    bounds = [float(np.max(size, initial=0.0)) for size in sizes]
    ties = [int(np.count_nonzero(size == bound)) for size, bound in zip(sizes, bounds, strict=True)]
    if bounds[0] == bounds[1] and sum(ties) >= 2 and _written(bounds[0]) and _differ(first, second):
        return tr(EXACTLY, bound=bounds[0])
    for bound, tie in zip(bounds, ties, strict=True):
        if hints.clips_gradient and tie >= 2 and _written(bound):
            return tr(EXACTLY, bound=bound)
    return None


def _whole(first: Point, second: Point, slices: Sequence[slice]) -> bool:
    """Whether the blocks with the largest entries hold whole numbers only: cut to those, not to a bound."""
    for point in (first, second):
        size = np.abs(point.claim.values)
        largest = float(np.max(size, initial=0.0))
        reaching = [size[part] for part in slices if largest and np.any(size[part] == largest)]
        if not reaching or any(np.any(block != np.round(block)) for block in reaching):
            return False
    return True


def _differ(first: Point, second: Point) -> bool:
    """Whether two gradients point elsewhere: a saturated network has one gradient at many points."""
    a, b = first.claim.values, second.claim.values
    return float(np.linalg.norm(a - b)) > DIFFERENT * float(np.linalg.norm(a))


def _written(bound: float) -> bool:
    """A threshold as people write them: two significant digits, up to the rounding of a norm."""
    return bound > 0.0 and abs(float(f"{bound:.1e}") - bound) <= SAME_NORM * bound
