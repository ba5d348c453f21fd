"""Figures of bugs, as SVG text: the claimed gradient over the true one, entry by entry.

Drawn from what each entry of the catalogue says that it does to a network; of bugs that no network shows, from a check
of the entry's example; of trouble elsewhere, from its training. The same input gives the same text.
"""

from __future__ import annotations

import contextlib
import functools
import io
import math
import tempfile
import warnings
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from bug_networks import networks

from gradcheck import BlockReport, CheckReport, Verdict, check_file
from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.catalogue import Bug

__all__ = ["check_figure", "gradient_figure", "training_figure"]

SIDE = 7  # of the square of an entry, in pixels
LABEL, GAP, TOP = 235, 16, 62
BAR = 330  # of a relative error of 1, in pixels
ROUND_OFF = -16.0  # decade of the left end of a bar
RIGHT, SMALL, LARGE, NEGATIVE = "#b9bec6", "#2f7ed8", "#e8890c", "#c62828"


def gradient_figure(bugs: Sequence[Bug], title: str) -> str:
    """One row a bug, one column a block, one square an entry; bugs that change no gradient are left out."""
    rows = [(bug.id, found) for bug in bugs if (found := _ratios(bug)) is not None]
    if not rows:
        return ""
    parts = _legend()
    top, width = TOP, 0
    for name, blocks in rows:
        parts.append(_text(0, top + 12, name))
        left = LABEL
        for block, ratios in blocks.items():
            parts.append(_text(left, top - 3, block, size=9))
            parts += _entries(ratios, left, top)
            left += max(ratios.shape[1] * SIDE, 14) + GAP
        width = max(width, left)
        top += max(ratios.shape[0] for ratios in blocks.values()) * SIDE + 20
    return _svg(width, top, f"{title}: the claimed gradient over the true one", parts)


def training_figure(bugs: Sequence[Bug], title: str) -> str:
    """The loss by step of each bug's example, wrong and right."""
    parts: list[str] = []
    for number, bug in enumerate(bugs):
        left, top = (number % 3) * 190, (number // 3) * 130
        parts.append(_text(left + 4, top + 14, bug.id))
        example = bug.example
        if example is None:
            continue
        curves = [_losses(example.right), _losses(example.wrong)]
        highest = max(float(np.max(curve)) for curve in curves)
        for curve, colour in zip(curves, (SMALL, NEGATIVE), strict=True):
            parts.append(_curve(curve, highest, left + 4, top + 22, colour))
    height = (len(bugs) + 2) // 3 * 130 + 20
    parts.append(_text(4, height - 6, "loss by step, from zero up:"))
    parts.append(_text(150, height - 6, "with the trouble", fill=NEGATIVE))
    parts.append(_text(250, height - 6, "without it", fill=SMALL))
    return _svg(570, height, f"{title}: the loss by step", parts)


def check_figure(bug: Bug) -> str:
    """How far off a check finds each block of the bug's example, on a logarithmic scale."""
    report = _checked(bug)
    parts = [_text(0, 12, "a check of the example: relative error of each block, from 1e-16 to 1")]
    top = 30
    for block in report.blocks:
        parts += _bar(block, top)
        top += 22
    parts.append(_text(0, top + 12, f"verdict: {report.verdict.name}"))
    return _svg(620, top + 22, f"{bug.id}: what a check says of the example", parts)


@functools.cache
def _checked(bug: Bug) -> CheckReport:
    """The report of a check of the wrong form of a bug's example."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "example.py"
        file.write_text(bug.example.wrong, encoding="utf-8")
        report = check_file(file, rng=0)
    assert isinstance(report, CheckReport)
    return report


def _bar(block: BlockReport, top: int) -> list[str]:
    colour = {Verdict.PASS: RIGHT, Verdict.FAIL: NEGATIVE}.get(block.verdict, LARGE)
    parts = [_text(0, top + 12, block.name)]
    error = block.relative_error
    if error is None:
        words = "no number" if block.verdict is Verdict.FAIL else "nothing to compare"
        return [*parts, _text(60, top + 12, words, fill=colour)]
    decade = math.log10(error) if error > 0 else ROUND_OFF
    length = max(2.0, BAR * min(1.0, 1 - decade / ROUND_OFF))
    said = "right" if block.verdict is Verdict.PASS else "wrong"
    parts.append(f'<rect x="60" y="{top + 2}" width="{length:.0f}" height="12" fill="{colour}"/>')
    return [*parts, _text(70 + BAR, top + 12, f"{error:.0e}, {said}")]


def _ratios(bug: Bug) -> dict[str, Any] | None:
    """Claimed over true a block, in the first network that the bug changes, where it reaches most blocks."""
    if bug.deviations is None:
        return None
    for network in networks():
        true = backward(network)
        found = []
        for deviation in bug.deviations(network):
            try:
                claimed = backward(network, deviation)
            except (ValueError, IndexError):  # it does not fit these shapes
                continue
            found.append({name: np.atleast_2d(_quotient(claimed[name], true[name])) for name in network.shapes})
        if found and max(map(_reached, found)):
            return max(found, key=_reached)
    return None


def _reached(ratios: dict[str, Any]) -> int:
    """How many blocks are wrong."""
    return sum(bool(np.any(ratio != 1)) for ratio in ratios.values())


def _quotient(claimed: Any, true: Any) -> Any:
    """Claimed over true, 1 where both are zero, infinite where only the true one is."""
    same = np.isclose(claimed, true, rtol=1e-6, atol=1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(same, 1.0, np.divide(claimed, true))


def _colour(ratio: float) -> tuple[str, float]:
    """A colour, and how strong: grey for 1, blue below, orange above, red for another sign."""
    if abs(ratio - 1) < 1e-6:
        return RIGHT, 1.0
    if ratio == 0:
        return "none", 1.0
    distance = 1.0 if math.isinf(ratio) else min(abs(math.log10(abs(ratio))), 1.0)
    strength = round(0.35 + 0.65 * distance, 2)
    if ratio < 0:
        return NEGATIVE, strength
    return (LARGE if ratio > 1 else SMALL), strength


def _entries(ratios: Any, left: int, top: int) -> list[str]:
    squares = []
    for row, column in np.ndindex(ratios.shape):
        fill, strength = _colour(float(ratios[row, column]))
        squares.append(_square(left + column * SIDE, top + row * SIDE, fill, strength))
    return squares


def _square(x: int, y: int, fill: str, strength: float = 1.0) -> str:
    border = ' stroke="currentColor" stroke-width="0.4"' if fill == "none" else ""
    side = SIDE - 1
    return f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="{fill}" fill-opacity="{strength}"{border}/>'


def _legend() -> list[str]:
    said = (("right", RIGHT), ("too small", SMALL), ("too large", LARGE), ("other sign", NEGATIVE), ("zero", "none"))
    parts = [_text(0, 12, "claimed gradient over the true one, a square an entry:")]
    for number, (words, fill) in enumerate(said):
        parts += [_square(number * 82, 22, fill), _text(number * 82 + 12, 30, words)]
    return parts


def _losses(program: str) -> Any:
    """The losses that a program has recorded."""
    names: dict[str, Any] = {}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        exec(compile(program, "<example>", "exec"), names)  # noqa: S102 - the catalogue's own text
    return np.asarray(names["losses"], dtype=float)


def _curve(losses: Any, highest: float, left: int, top: int, colour: str) -> str:
    steps = np.linspace(0, len(losses) - 1, 80).astype(int)
    points = " ".join(
        f"{left + 165 * place / 79:.1f},{top + 85 - 80 * losses[step] / highest:.1f}"
        for place, step in enumerate(steps)
    )
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _text(x: int, y: int, words: str, *, size: int = 11, fill: str = "currentColor") -> str:
    return f'<text x="{x}" y="{y}" fill="{fill}" font-family="sans-serif" font-size="{size}">{escape(words)}</text>'


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"]) + "\n"
