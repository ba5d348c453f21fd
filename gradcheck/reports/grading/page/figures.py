"""The histogram of marks as numbers of a drawing."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.reports.grading.page.tally import Distribution
from gradcheck.reports.grading.words import as_points

__all__ = ["Bar", "Histogram", "histogram"]

# User units; about pixels on a phone of 360 pixels, so that its letters stay legible there.
WIDTH, HEIGHT = 340.0, 210.0
LEFT, RIGHT, TOP, BASE = 10.0, 10.0, 18.0, 150.0
GAP = 3.0
STRIP = 190.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step: where its bar is, how many marks it holds, from what to what."""

    x: float
    y: float
    width: float
    height: float
    count: int
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Bars over an axis, and under it a strip with extremes, quartiles and median.

    Attributes
    ----------
    bars : tuple of Bar
    ticks : tuple of (float, str)
        Along the axis.
    low, lower, median, upper, high : float
        Places of the strip.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    low: float
    lower: float
    median: float
    upper: float
    high: float
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    base: float = BASE
    strip: float = STRIP


def histogram(marks: Distribution) -> Histogram:
    """The drawing of a distribution.

    Parameters
    ----------
    marks : Distribution
    """
    top = marks.edges[-1]
    tallest = max(marks.counts) or 1
    wide = (WIDTH - LEFT - RIGHT) / len(marks.counts)

    def place(mark: float) -> float:
        # An override may lie below nothing.
        return round(LEFT + max(0.0, mark) / top * (WIDTH - LEFT - RIGHT), 1)

    bars = []
    for step, count in enumerate(marks.counts):
        height = round(count / tallest * (BASE - TOP), 1)
        bars.append(
            Bar(
                x=round(LEFT + step * wide + GAP / 2, 1),
                y=round(BASE - height, 1),
                width=round(wide - GAP, 1),
                height=height,
                count=count,
                start=as_points(marks.edges[step]),
                end=as_points(marks.edges[step + 1]),
            )
        )
    lower, median, upper = marks.quartiles
    return Histogram(
        bars=tuple(bars),
        ticks=tuple((place(edge), as_points(edge)) for edge in marks.edges[::2]),
        low=place(marks.low),
        lower=place(lower),
        median=place(median),
        upper=place(upper),
        high=place(marks.high),
    )
