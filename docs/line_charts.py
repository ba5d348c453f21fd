"""Charts of errors over steps, both on logarithmic scales, as SVG text that follows the page's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["COLOURS", "Line", "chart", "framed"]

# Told apart by those who see few colours, and on light and on dark ground (Okabe and Ito's palette, darkened a little).
COLOURS = {"blue": "#2f7ed8", "orange": "#d97706", "green": "#0f9d76", "pink": "#c2559d", "grey": "#8a919c"}
LEFT, TOP, WIDTH, HEIGHT = 62, 14, 430, 250
ROW = 18  # pixels between the lines of the legend


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve: its name, its points, its colour, and whether it is dashed (a model) or drawn through dots."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    dashed: bool = False


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    x: str,
    y: str,
    decades: tuple[tuple[int, int], tuple[int, int]],
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Curves over logarithmic axes, as SVG.

    Parameters
    ----------
    title : str
        For those who cannot see it.
    lines : sequence of Line
        Values of 0 are drawn at the lower edge, and values beyond the scale at its edges.
    x, y : str
        What the axes are, with their units.
    decades : pair of pairs of int
        First and last power of ten of both scales.
    marks : sequence of (float, str)
        Upright lines at a step, with what to write beside each.
    """
    (first, last), (low, high) = decades

    def across(value: float) -> float:
        return LEFT + WIDTH * (_log(value, first, last) - first) / (last - first)

    def down(value: float) -> float:
        return TOP + HEIGHT * (high - _log(value, low, high)) / (high - low)

    parts = [*_grid(first, last, low, high), _text(LEFT + WIDTH / 2, TOP + HEIGHT + 36, x, "middle")]
    middle = TOP + HEIGHT / 2
    parts.append(f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, y, "middle")}</g>')
    for value, words in marks:
        place = across(value)
        parts.append(f'<path d="M{place:.1f} {TOP}V{TOP + HEIGHT}" stroke="currentColor" stroke-dasharray="2 3"/>')
        parts.append(_text(place + 4, TOP + 12, words))
    for line in lines:
        points = [(across(each), down(value)) for each, value in zip(line.x, line.y, strict=True)]
        parts.append(_curve(points, line))
    for number, line in enumerate(lines):
        top = TOP + HEIGHT + 58 + ROW * number
        parts.append(_curve([(LEFT, top - 4), (LEFT + 30, top - 4)], line))
        parts.append(_text(LEFT + 40, top, line.name))
    height = TOP + HEIGHT + 62 + ROW * len(lines)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 12} {height}" role="img" class="chart">'
    )
    return framed("\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"]))


def framed(figure: str) -> str:
    """A figure that keeps its size on a phone, where letters would shrink with it: its frame scrolls, also by key."""
    return f'<div class="wide" tabindex="0">\n{figure}\n</div>\n'


def _log(value: float, low: int, high: int) -> float:
    return min(max(math.log10(value), low), high) if value > 0 and math.isfinite(value) else float(low)


def _grid(first: int, last: int, low: int, high: int) -> list[str]:
    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor"/>']
    every = 2 if last - first <= 14 else 4
    for power in range(first, last + 1, every):
        place = LEFT + WIDTH * (power - first) / (last - first)
        parts.append(_rule(f"M{place:.1f} {TOP}V{TOP + HEIGHT}"))
        parts.append(_text(place, TOP + HEIGHT + 17, f"1e{power}", "middle"))
    for power in range(low, high + 1, 4):
        place = TOP + HEIGHT * (high - power) / (high - low)
        parts.append(_rule(f"M{LEFT} {place:.1f}H{LEFT + WIDTH}"))
        parts.append(_text(LEFT - 6, place + 4, f"1e{power}", "end"))
    return parts


def _rule(path: str) -> str:
    return f'<path d="{path}" stroke="currentColor" stroke-opacity="0.18"/>'


def _curve(points: Sequence[tuple[float, float]], line: Line) -> str:
    shape = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    style = ' stroke-dasharray="6 4"' if line.dashed else ""
    drawn = f'<polyline points="{shape}" fill="none" stroke="{COLOURS[line.colour]}" stroke-width="1.6"{style}/>'
    if line.dashed:
        return drawn
    dots = "".join(
        f'<circle cx="{across:.1f}" cy="{down:.1f}" r="1.9" fill="{COLOURS[line.colour]}"/>' for across, down in points
    )
    return drawn + dots


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="currentColor" font-family="sans-serif" font-size="12">{escape(words)}</text>'
