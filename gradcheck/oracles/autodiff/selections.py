"""Functions whose result is nothing but entries of their arguments, in another place: one rule for all of them.

The function is run once more on the *numbers* of the entries instead of their values; the numbers that come out say
where each entry of the result came from, and the adjoint goes back there. 0 stands for entries that came from elsewhere
(the zeros of ``np.pad`` or ``np.tril``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["origins", "pull_selected", "selected_arguments"]

# Function -> positions of the arguments whose entries it moves; the others (axes, counts, conditions) steer.
SELECTIONS: dict[Any, tuple[int, ...]] = {
    **dict.fromkeys(
        (
            np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray,
            np.transpose, np.reshape, np.ravel, np.squeeze, np.expand_dims, np.swapaxes, np.moveaxis, np.rollaxis,
            np.broadcast_to, np.flip, np.fliplr, np.flipud, np.rot90, np.roll, np.tile, np.repeat, np.delete,
            np.resize, np.take, np.diagonal, np.take_along_axis, np.diag, np.diagflat, np.tril, np.triu,
            np.pad, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.concatenate, np.stack, np.vstack, np.hstack,
            np.dstack, np.column_stack, np.block, np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit,
            sliding_window_view, np.c_.__getitem__, np.r_.__getitem__,
        ),
        (0,),
    ),
    np.append: (0, 1),
    np.insert: (0, 2),
    np.where: (1, 2),
    np.select: (1, 2),
    np.choose: (1,),
    np.compress: (1,),
    np.extract: (1,),
}  # fmt: skip

_MOVING_PADS = ("constant", "edge", "reflect", "symmetric", "wrap", "empty")


def selected_arguments(function: Any, args: Sequence[Any]) -> tuple[int, ...]:
    """Positions of the arguments whose entries this call moves; empty if it does more than moving entries."""
    if function is np.pad and len(args) > 2 and args[2] not in _MOVING_PADS:
        return ()
    return SELECTIONS.get(function, ())


def origins(call: Callable[[Sequence[Any]], Any], shapes: Sequence[tuple[int, ...]]) -> npt.NDArray[np.int64]:
    """Which entry of the traced arguments each entry of a selection is, counted from 1; 0 for what is from elsewhere.

    Parameters
    ----------
    call, shapes
        As for ``pull_selected``.
    """
    sizes = [int(np.prod(shape)) for shape in shapes]
    starts = np.cumsum([1, *sizes])
    numbered = [np.arange(a, a + n).reshape(shape) for a, n, shape in zip(starts, sizes, shapes, strict=False)]
    return np.asarray(call(numbered)).astype(np.int64)


def pull_selected(
    call: Callable[[Sequence[Any]], Any], shapes: Sequence[tuple[int, ...]]
) -> Callable[[Any], list[Any]]:
    """The pull-back of a selection.

    Parameters
    ----------
    call : callable
        Runs the function, given for each traced argument an integer array of entry numbers; untraced ones are zeros.
    shapes : sequence of tuple of int
        Of the traced arguments.

    Returns
    -------
    callable
        Adjoint of the result -> adjoint of each traced argument: at each entry, the sum over where it went.
    """

    def pull(adjoint: Any) -> list[Any]:
        sizes = [int(np.prod(shape)) for shape in shapes]
        starts = np.cumsum([1, *sizes])
        back = np.bincount(origins(call, shapes).ravel(), weights=np.ravel(adjoint), minlength=int(starts[-1]))
        return [back[a : a + n].reshape(shape) for a, n, shape in zip(starts, sizes, shapes, strict=False)]

    return pull
