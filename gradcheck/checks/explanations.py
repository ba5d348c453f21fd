"""Disagreements that have a reason of their own: gradients clipped on purpose, losses smoothed by a small constant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.checks.evaluator import Evaluator, Point
from gradcheck.checks.probing import Outcome
from gradcheck.problem import Hints
from gradcheck.records import Finding, Severity

__all__ = ["clipping_finding", "inactive_clipping", "smoothing_finding", "smoothing_note"]

# A clipped norm is the threshold up to the rounding of one division and one product an entry (relative).
SAME_NORM = 1e-9
DIFFERENT = 1e-3


def clipping_finding(first: Point, second: Point, evaluator: Evaluator, hints: Hints) -> Finding | None:
    """Whether the claimed gradient is cut off: one norm at two points, or several entries at exactly one bound."""
    limit = _common_norm(first, second, evaluator)
    if limit is not None and (hints.clips_gradient or _round(limit)):
        how = f"its norm is {limit:.6g} at two different points"
    else:
        limit = _common_bound(first, second, hints)
        if limit is None:
            return None
        how = f"entries stop at exactly +-{limit:.6g}"
    return Finding(
        id="gradient-clipping",
        severity=Severity.ERROR,
        message=f"The gradient is clipped ({how}), so it is not the derivative of the loss here. Check it without the "
        "clipping, and clip in the update.",
    )


def inactive_clipping() -> Finding:
    """The gradient's code clips, and it changed nothing at the points looked at."""
    return Finding(
        id="gradient-clipping",
        severity=Severity.INFO,
        message="The gradient's code names a clipping function; at the points looked at it changed nothing.",
    )


def smoothing_finding(hints: Hints, outcomes: Sequence[Outcome]) -> Finding:
    """The loss adds a constant inside a logarithm, and the gradient is that of the loss without it."""
    gap = max((outcome.probe.relative_error for outcome in outcomes), default=0.0)
    return Finding(
        id="loss-epsilon",
        severity=Severity.WARNING,
        message=f"The loss has a small constant beside its logarithm{_constants(hints)} that the gradient leaves out: "
        f"where outputs saturate the two differ (here by {gap:.1e}); where probabilities are far from 0 and 1 they "
        "agree, and there the gradient was judged.",
    )


def smoothing_note(hints: Hints) -> Finding:
    """The same constant, where it made no visible difference."""
    return Finding(
        id="loss-epsilon",
        severity=Severity.INFO,
        message=f"The loss has a small constant beside its logarithm{_constants(hints)}. If the gradient leaves it out "
        "they differ by about the constant over the probability: nothing here, more where outputs saturate.",
    )


def _constants(hints: Hints) -> str:
    listed = ", ".join(f"{constant:g}" for constant in hints.smoothing)
    return f" ({listed})" if listed else ""


def _common_norm(first: Point, second: Point, evaluator: Evaluator) -> float | None:
    """One norm, of the whole gradient or of every block, at two points with different gradients."""
    a, b = first.claim.values, second.claim.values
    if not _differ(first, second):
        return None
    whole = float(np.linalg.norm(a))
    if whole > 0.0 and abs(whole - float(np.linalg.norm(b))) <= SAME_NORM * whole:
        return whole
    pairs = [
        (float(np.linalg.norm(a[where])), float(np.linalg.norm(b[where])))
        for where in evaluator.slices
        if where.stop - where.start > 1
    ]
    equal = [x for x, y in pairs if x > 0.0 and abs(x - y) <= SAME_NORM * x]
    return max(equal) if len(equal) >= 2 and max(equal) <= min(equal) * (1.0 + SAME_NORM) else None


def _common_bound(first: Point, second: Point, hints: Hints) -> float | None:
    """Several entries at exactly the largest size: at both points, or at one where the code names clipping."""
    sizes = [np.abs(point.claim.values) for point in (first, second)]
    bounds = [float(np.max(size, initial=0.0)) for size in sizes]
    ties = [int(np.count_nonzero(size == bound)) if bound else 0 for size, bound in zip(sizes, bounds, strict=True)]
    written = hints.clips_gradient or _round(bounds[0])  # saturated outputs tie entries too, at no number anyone writes
    if bounds[0] == bounds[1] and sum(ties) >= 2 and written and _differ(first, second):
        return bounds[0]
    if hints.clips_gradient:
        return next((bound for bound, tie in zip(bounds, ties, strict=True) if tie >= 2 or _round(bound)), None)
    return None


def _differ(first: Point, second: Point) -> bool:
    """Whether two gradients point elsewhere: a saturated network has one gradient at many points."""
    a, b = first.claim.values, second.claim.values
    return float(np.linalg.norm(a - b)) > DIFFERENT * float(np.linalg.norm(a))


def _round(bound: float) -> bool:
    """A threshold as people write them: two significant digits, up to the rounding of a norm."""
    return bound > 0.0 and abs(float(f"{bound:.1e}") - bound) <= SAME_NORM * bound
