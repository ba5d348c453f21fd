"""Where the expected values come from."""

from __future__ import annotations

from typing import Protocol

from gradcheck.grading.reference.network import Expected
from gradcheck.grading.reference.points import Array, Point

__all__ = ["Reference"]


class Reference(Protocol):
    """Knows what is right."""

    def __hash__(self) -> int:
        """By identity: what it has said of a point may be kept."""

    def expected(self, point: Point) -> Expected:
        """Everything that is right at a point."""

    def loss(self, point: Point) -> float:
        """The loss alone."""

    def output(self, point: Point) -> Array:
        """The outputs alone, of shape (batch, outputs)."""
