"""The figures of a sheet as numbers of a drawing: how the loss fell, and a claimed gradient beside the derivative."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Curve", "Dumbbell", "GradientPicture", "curve", "gradient_picture"]

# User units of the drawings; they are as wide as the page lets them.
WIDTH, HEIGHT = 560.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 12.0, 34.0
ROW = 22.0
NAMES = 150.0
MOST_ROWS = 20
# A loss that falls by more than this is drawn on a logarithmic scale, on which its end can be seen.
DECADES = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve over steps.

    Attributes
    ----------
    name : str
    points : str
        Of an SVG polyline.
    width, height : float
    ticks : tuple of (float, str)
        Heights of horizontal lines, with what they stand for.
    first, last : float
        The values at both ends; the alternative in words.
    logarithmic : bool
    broken : bool
        Whether some values were not finite, and are left out.
    """

    name: str
    points: str
    width: float = WIDTH
    height: float = HEIGHT
    ticks: tuple[tuple[float, str], ...]
    first: float
    last: float
    logarithmic: bool
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumbbell:
    """One entry of a gradient: where the claimed and the true value are, in units of the drawing, and the numbers."""

    name: str
    y: float
    claimed_at: float
    true_at: float
    claimed: float
    true: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientPicture:
    """The entries that are furthest off; zero is at `zero_at`."""

    rows: tuple[Dumbbell, ...]
    width: float
    height: float
    zero_at: float
    low: float
    high: float
    left: float = NAMES
    right: float = WIDTH - RIGHT


def curve(name: str, values: Sequence[float | None]) -> Curve | None:
    """A curve; None where there are fewer than two values to draw.

    Parameters
    ----------
    name : str
    values : sequence of float
        By step.
    """
    known = [(step, float(value)) for step, value in enumerate(values) if value is not None and math.isfinite(value)]
    if len(known) < 2:
        return None
    low, high = min(value for _, value in known), max(value for _, value in known)
    logarithmic = low > 0 and high > DECADES * low
    bottom, top = (math.log10(low), math.log10(high)) if logarithmic else (low, high)
    span = (top - bottom) or 1.0

    def place(value: float) -> float:
        share = ((math.log10(value) if logarithmic else value) - bottom) / span
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    wide = (WIDTH - LEFT - RIGHT) / (len(values) - 1)
    marks = [bottom + span * share for share in (0.0, 0.5, 1.0)]
    numbers = [math.pow(10.0, mark) for mark in marks] if logarithmic else marks
    return Curve(
        name=name,
        points=" ".join(f"{LEFT + step * wide:.1f},{place(value):.1f}" for step, value in known),
        ticks=tuple((round(place(number), 1), f"{number:.3g}") for number in numbers),
        first=known[0][1],
        last=known[-1][1],
        logarithmic=logarithmic,
        broken=len(known) < len(values),
    )


def gradient_picture(blocks: Sequence[Mapping[str, Any]]) -> GradientPicture | None:
    """The worst entries of the wrong blocks of a record; None where there are none.

    Parameters
    ----------
    blocks : sequence of mapping
        A record's ``blocks`` in JSON form.
    """
    entries = [
        (f"{block['name']}[{', '.join(map(str, entry['index']))}]", entry["analytic"], entry["numeric"])
        for block in blocks
        for entry in block["worst"]
        if all(isinstance(entry[side], (int, float)) and math.isfinite(entry[side]) for side in ("analytic", "numeric"))
    ][:MOST_ROWS]
    if not entries:
        return None
    numbers: list[float] = [0.0, *(value for entry in entries for value in entry[1:])]
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(NAMES + 8.0 + (value - low) / span * (WIDTH - NAMES - RIGHT - 16.0), 1)

    rows = tuple(
        Dumbbell(
            name=name,
            y=TOP + ROW * (row + 0.5),
            claimed_at=place(claimed),
            true_at=place(true),
            claimed=claimed,
            true=true,
        )
        for row, (name, claimed, true) in enumerate(entries)
    )
    return GradientPicture(
        rows=rows, width=WIDTH, height=TOP + ROW * len(rows) + BOTTOM, zero_at=place(0.0), low=low, high=high
    )
