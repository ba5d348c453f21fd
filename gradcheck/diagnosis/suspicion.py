"""Which lines are suspected: the adjoint trace where it can be had, else the pattern of wrong blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.diagnosis.observing import Look
from gradcheck.diagnosis.program import SourceText

__all__ = ["Suspicion", "suspicion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Lines, most suspected first, and what is said about how they were found."""

    lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def suspicion(looks: Sequence[Look], blocks: Sequence[str], source: SourceText | None) -> Suspicion:  # noqa: ARG001
    """Lines that could be wrong.

    Parameters
    ----------
    looks : sequence of Look
        With traces, at different points of the same program.
    blocks : sequence of str
    source : SourceText or None
    """
    return Suspicion()
