"""Where the wrong entries of a block lie, in the words that name a unit, a row or a layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gradcheck.language import listed, tr, trn
from gradcheck.problem import Block
from gradcheck.records import Pattern

__all__ = ["block_pattern", "line_pattern", "pattern_of", "pattern_of_places", "wrong_entries"]

# An entry is wrong when it is off by more than the tolerance of its own size and by this part of the largest: an entry
# that is zero in truth carries round-off of that order.
ENTRY_FLOOR = 1e-9
# A row or column counts as wrong as a whole when this part of its entries that matter is wrong.
WHOLE = 0.8
MAX_LISTED = 64
MAX_NAMED = 4  # entries, in words


def pattern_of(
    block: Block, analytic: npt.NDArray[np.float64], numeric: npt.NDArray[np.float64], rtol: float
) -> Pattern | None:
    """The smallest description of which entries are wrong; ``None`` when none stands out.

    Parameters
    ----------
    block : Block
    analytic, numeric : ndarray, shape of the block
    rtol : float
        Relative tolerance of an entry (dimensionless).
    """
    wrong, matters = wrong_entries(analytic, numeric, rtol)
    count = int(np.count_nonzero(wrong))
    if count == 0:
        return None
    if count >= WHOLE * max(int(np.count_nonzero(matters)), 1) and (count > 1 or block.size == 1):
        return block_pattern(block, whole=count == int(np.count_nonzero(matters)))
    return _of_mask(block, wrong, matters)


def wrong_entries(
    analytic: npt.NDArray[np.float64], numeric: npt.NDArray[np.float64], rtol: float
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which entries are wrong, and which are large enough beside the others to matter."""
    sizes = np.maximum(np.abs(analytic), np.abs(numeric))
    floor = ENTRY_FLOOR * float(np.max(sizes, initial=0.0))
    return np.abs(analytic - numeric) > rtol * sizes + floor, sizes > floor


def pattern_of_places(block: Block, positions: list[int]) -> Pattern:
    """The same for wrong entries known by their flat positions; all entries matter."""
    wrong = np.zeros(block.shape, dtype=bool)
    wrong.ravel()[positions] = True
    return _of_mask(block, wrong, np.ones(block.shape, dtype=bool))


def block_pattern(block: Block, *, whole: bool) -> Pattern:
    """All of a block, or most of it."""
    message = tr("all of {block}", block=block.name) if whole else tr("most of {block}", block=block.name)
    return Pattern(kind="block", indices=(), message=message)


def line_pattern(block: Block, kind: str, lines: list[int]) -> Pattern:
    """Whole rows or columns (``kind``)."""
    told = {"lines": listed(lines, most=6), "block": block.name}
    if kind == "rows":
        message = trn("row {lines} of {block}", "rows {lines} of {block}", len(lines), **told)
    else:
        message = trn("column {lines} of {block}", "columns {lines} of {block}", len(lines), **told)
    return Pattern(kind=kind, indices=tuple((line,) for line in lines[:MAX_LISTED]), message=message)


def _of_mask(block: Block, wrong: npt.NDArray[np.bool_], matters: npt.NDArray[np.bool_]) -> Pattern:
    if len(block.shape) == 2 and min(block.shape) > 1:
        for axis, kind in ((1, "rows"), (0, "columns")):
            lines = _whole_lines(wrong, matters, axis)
            if lines is not None and len(lines) < block.shape[1 - axis]:
                return line_pattern(block, kind, lines)
    count = int(np.count_nonzero(wrong))
    places = [tuple(int(i) for i in place) for place in np.argwhere(wrong)[:MAX_LISTED]]
    told = {"places": listed(places, most=MAX_NAMED), "block": block.name}
    if count > MAX_NAMED:
        message = tr("{count} entries: {places} of {block}", count=count, **told)
    else:
        message = trn("entry {places} of {block}", "entries {places} of {block}", count, **told)
    return Pattern(kind="entries", indices=tuple(places), message=message)


def _whole_lines(wrong: npt.NDArray[np.bool_], matters: npt.NDArray[np.bool_], axis: int) -> list[int] | None:
    """Rows (axis=1) or columns (axis=0) that hold all wrong entries and are wrong as a whole."""
    bad = np.count_nonzero(wrong, axis=axis)
    relevant = np.count_nonzero(matters | wrong, axis=axis)
    touched = np.flatnonzero(bad)
    if np.all(bad[touched] >= WHOLE * relevant[touched]) and np.all(relevant[touched] > 1):
        return [int(line) for line in touched]
    return None
