"""Results of declared calls: what they hold, and what two declarations of one function want together."""

from __future__ import annotations

from gradcheck.grading.self_test.body import UnwritableError
from gradcheck.submissions.declared.interface import Pattern

__all__ = ["flat", "merged"]


def merged(one: Pattern, other: Pattern, name: str) -> Pattern:
    """What two declarations of one function want of its result together."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return tuple(merged(a, b, name) for a, b in zip(one, other, strict=True))
    if one == other:
        return one
    raise UnwritableError(f"{name} is declared with results of several kinds")


def flat(pattern: Pattern) -> tuple[str, ...]:
    """The roles of a result, in their order."""
    if pattern is None:
        return ()
    if isinstance(pattern, tuple):
        return tuple(role for part in pattern for role in flat(part))
    return (pattern,)
