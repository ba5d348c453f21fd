"""Figures of a check: gradient against numeric, error by entry, differences over steps, Taylor remainders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from gradcheck.checks.study import BlockEntries, Entries, StepLadder
from gradcheck.records import OrderTest, Verdict
from gradcheck.reports.figures_canvas import COLOURS, INK, Picture, dress, line_key
from gradcheck.reports.numbers import dimensions
from gradcheck.reports.unicode import printable

__all__ = ["draw_error", "draw_gradient", "draw_remainders", "draw_steps"]

Array = npt.NDArray[np.float64]

# Entries of one block that are drawn as points; more only make the picture slow.
MOST_POINTS = 5000
# Blocks that are told apart by colour, or have axes of their own; the others are named below.
MOST_BLOCKS = 12
# Errors from full agreement in float64 to a sign the wrong way: decimal logarithms.
DECADES = (-12, 0)
# An entry's error is relative to at least this part of the block's largest: round-off of a small one is no error of it.
FLOOR = 1e-3
# A range of sizes beyond which linear axes show only the largest block.
WIDE = 100.0
LETTERS = 24  # of a block's name
MOST_TICKS = {"x": 2, "y": 4}  # on either side of zero, where both are logarithms
SEEN = 1e-9  # relative errors up to this are agreement: differences and round-off alone make as much
BESIDE = 0.4  # guides of a slope lie below the remainders, which would hide the one that they follow
MARKERS = "osD^vP*X"


def draw_gradient(entries: Entries) -> Picture:
    """Claimed derivatives over numeric ones, a point an entry: those that agree lie on the diagonal.

    Parameters
    ----------
    entries : Entries

    Returns
    -------
    matplotlib.figure.Figure
    """
    picture = Picture(5.6, 4.6)
    ax = picture.add_subplot()
    shown = _shown(entries.blocks)
    for number, block in enumerate(shown):
        numeric, analytic = _thinned(block.numeric.ravel(), block.analytic.ravel())
        turn, place = divmod(number, len(COLOURS))
        colour, marker = COLOURS[place], MARKERS[(place + turn) % len(MARKERS)]
        ax.scatter(numeric, analytic, s=18, color=colour, marker=marker, alpha=0.8, linewidths=0, label=_name(block))
    _scale_alike(ax, shown)
    ax.axline((0, 0), (1, 1), color=INK, linewidth=1, linestyle="--", zorder=0, label="agreement")
    total = sum(block.analytic.size for block in entries.blocks)
    told = f"{entries.measured:,} of {total:,} entries of {_blocks(len(entries.blocks))}"
    title = f"Claimed against numeric derivative ({entries.oracle})\n{told}{_left_out(entries)}"
    unit = "(loss per unit of the parameter)"
    dress(ax, title, f"numeric derivative {unit}", f"claimed derivative {unit}")
    line_key(ax, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
    return picture


def draw_error(entries: Entries) -> Picture:
    """The error of every entry as a colour, one map a block.

    Parameters
    ----------
    entries : Entries

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = _shown(entries.blocks)
    columns = min(len(shown), 4)
    rows = math.ceil(len(shown) / columns)
    picture = Picture(max(2.0 * columns + 1.4, 4.8), 2.1 * rows + 0.9)
    scale = Normalize(*DECADES)
    for number, block in enumerate(shown, start=1):
        ax = picture.add_subplot(rows, columns, number)
        _draw_map(ax, block, scale)
    bar = picture.colorbar(ScalarMappable(scale, "viridis"), ax=picture.axes, shrink=0.9, extend="both")
    bar.set_label("relative error (dimensionless)", color=INK)
    bar.ax.tick_params(colors=INK)
    bar.set_ticks([*range(DECADES[0], DECADES[1] + 1, 3)])
    bar.ax.set_yticklabels([f"$10^{{{exponent}}}$" for exponent in range(DECADES[0], DECADES[1] + 1, 3)])
    picture.suptitle(
        f"Error of every entry ({entries.oracle}); passes below {entries.rtol:.0e}{_left_out(entries)}",
        color=INK,
        fontsize="medium",
    )
    return picture


def draw_steps(ladder: StepLadder) -> Picture:
    """The error of a difference over its step, with both branches that bound it and the step that a check takes.

    Parameters
    ----------
    ladder : StepLadder

    Returns
    -------
    matplotlib.figure.Figure
    """
    picture = Picture()
    ax = picture.add_subplot()
    ax.loglog(ladder.steps, ladder.round_off, color=COLOURS[1], linestyle="--", label="round-off, at most (~ 1/h)")
    if ladder.truncation is not None:
        branch = ladder.truncation * ladder.steps**2
        kept = branch >= np.min(ladder.round_off) / 10.0
        ax.loglog(ladder.steps[kept], branch[kept], color=COLOURS[2], linestyle="-.", label="truncation (~ h²)")
    # A difference that is right to the last digit has no place on an axis of logarithms.
    ax.loglog(
        ladder.steps, _positive(ladder.gaps), "x", color=COLOURS[4], markersize=4, label="from the claimed derivative"
    )
    ax.loglog(
        ladder.steps,
        _positive(ladder.errors),
        "o",
        color=COLOURS[0],
        fillstyle="none",
        label="from the numeric derivative",
    )
    ax.axhline(ladder.tolerance, color=INK, linewidth=1, linestyle=":", label="tolerance of the check")
    if ladder.chosen > 0.0:
        ax.axvline(ladder.chosen, color=COLOURS[3], linewidth=1.2, label=f"step chosen, {ladder.chosen:.1e}")
    title = f"Central differences along the check's direction\nnumeric derivative: {ladder.oracle}"
    dress(ax, title, "step h relative to the parameters (dimensionless)", "relative error (dimensionless)")
    line_key(ax, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return picture


def draw_remainders(test: OrderTest) -> Picture:
    """Taylor remainders over the step: with a right gradient the first-order one falls with the square of the step.

    Parameters
    ----------
    test : OrderTest

    Returns
    -------
    matplotlib.figure.Figure
    """
    picture = Picture()
    ax = picture.add_subplot()
    steps, zeroth, first = (np.array(values) for values in (test.steps, test.zeroth, test.first))
    usable = np.array(test.usable, dtype=bool)
    ax.loglog(
        steps, _positive(zeroth), "s-", color=COLOURS[1], markersize=4, label="without a gradient, |f(x + hv) - f(x)|"
    )
    ax.loglog(
        steps,
        _positive(first),
        "o-",
        color=COLOURS[0],
        markersize=5,
        label="with the claimed one, |f(x + hv) - f(x) - h<g, v>|",
    )
    if not usable.all():
        noisy = np.where(usable, np.nan, _positive(first))
        ax.loglog(steps, noisy, "o", color=INK, markersize=9, fillstyle="none", label="lost in round-off")
    if usable.any():
        last = int(np.flatnonzero(usable)[-1])  # the smallest step: kinks are crossed by larger ones
        limits = ax.get_ylim()
        for order, style in ((1, ":"), (2, "--")):
            guide = BESIDE * first[last] * (steps / steps[last]) ** order
            ax.loglog(steps, guide, color=INK, linewidth=1, linestyle=style, label=f"slope {order}", zorder=1)
        ax.set_ylim(*limits)
    dress(
        ax, f"Taylor remainders\n{_order(test)}", "step h (units of the direction v)", "remainder (units of the loss)"
    )
    line_key(ax, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return picture


def _order(test: OrderTest) -> str:
    if test.rate is None:
        vanished = test.verdict is Verdict.PASS
        return "nothing remains: the loss is linear along v" if vanished else "no remainder stands clear of round-off"
    said = {Verdict.PASS: "right, 2 is expected", Verdict.FAIL: "wrong, 2 is expected"}.get(test.verdict, "undecided")
    return f"observed order {test.rate:.2f} (dimensionless): {said}"


def _shown(blocks: Sequence[BlockEntries]) -> list[BlockEntries]:
    """The blocks that there is room for, in their order: those with the largest errors, and of no error the first."""
    filled = [block for block in blocks if block.analytic.size]
    errors = [float(np.nanmax(_relative_error(block), initial=0.0)) for block in filled]
    chosen = sorted(range(len(filled)), key=lambda number: (errors[number] <= SEEN, number))
    return [filled[number] for number in sorted(chosen[:MOST_BLOCKS])]


def _draw_map(ax: Axes, block: BlockEntries, scale: Normalize) -> None:
    error = np.atleast_2d(_relative_error(block))
    error = error.reshape(error.shape[0], -1)
    with np.errstate(divide="ignore"):
        logarithms = np.log10(error)
    ax.imshow(np.ma.masked_invalid(np.maximum(logarithms, DECADES[0])), cmap="viridis", norm=scale, aspect="auto")
    dress(ax, f"{_name(block)}\n{dimensions(block.analytic.shape)}", "", "")
    ax.title.set_fontsize("small")
    ax.set_xlabel(_worst(error), color=INK, fontsize="small")
    ax.grid(visible=False)
    ax.set_xticks(_ends(error.shape[1]))
    ax.set_yticks(_ends(error.shape[0]) if block.analytic.ndim > 1 else [])


def _worst(error: Array) -> str:
    if np.isnan(error).all():
        return "not measured"
    worst = float(np.nanmax(error))
    return f"worst {worst:.0e}" if worst > 0.0 else "no error"


def _relative_error(block: BlockEntries) -> Array:
    sizes = np.maximum(np.abs(block.analytic), np.abs(block.numeric))
    largest = float(np.nanmax(sizes, initial=0.0))
    gap = np.abs(block.analytic - block.numeric)
    error: Array = gap / np.maximum(sizes, FLOOR * largest) if largest > 0.0 else gap
    return error


def _ends(size: int) -> list[int]:
    return [*range(size)] if size <= 4 else [0, size - 1]


def _thinned(*values: Array) -> list[Array]:
    step = max(1, math.ceil(values[0].size / MOST_POINTS))
    return [value[::step] for value in values]


def _scale_alike(ax: Axes, blocks: Sequence[BlockEntries]) -> None:
    """The same scale for both axes: linear, or by logarithms of both signs where sizes differ much."""
    both = np.abs(np.concatenate([part.ravel() for block in blocks for part in (block.analytic, block.numeric)]))
    both = both[np.isfinite(both) & (both > 0.0)]
    if not both.size:
        return
    largest, middle = float(both.max()), float(np.median(both))
    if largest > WIDE * middle:
        near = max(float(np.quantile(both, 0.05)), largest * 1e-8)
        for axis in ("x", "y"):
            getattr(ax, f"set_{axis}scale")("symlog", linthresh=near)
            getattr(ax, f"set_{axis}ticks")(_powers(near, largest, MOST_TICKS[axis]))
    ax.set_xlim(-1.15 * largest, 1.15 * largest)
    ax.set_ylim(-1.15 * largest, 1.15 * largest)


def _powers(near: float, largest: float, most: int) -> list[float]:
    """Ticks of an axis that is linear up to ``near``: zero, and at most so many powers of ten a side, clear of it."""
    top, bottom = math.floor(math.log10(largest)), math.ceil(math.log10(near)) + 1
    powers = [10.0**exponent for exponent in range(top, bottom - 1, -max(1, math.ceil((top - bottom + 1) / most)))]
    return sorted([-power for power in powers] + [0.0] + powers)


def _positive(values: Array) -> Array:
    return np.where(values > 0.0, values, np.nan)


def _name(block: BlockEntries) -> str:
    name = printable(block.name).replace("$", r"\$")
    if len(name) <= LETTERS:
        return name
    head = LETTERS // 2
    return f"{name[:head]}…{name[head + 1 - LETTERS :]}"  # both ends: names of one network often begin alike


def _blocks(number: int) -> str:
    return f"{number:,} block{'' if number == 1 else 's'}"


def _left_out(entries: Entries) -> str:
    more = len(entries.blocks) - MOST_BLOCKS
    return f"; {_blocks(more)} more not drawn" if more > 0 else ""
