"""Attributes of one of several objects of a class: what a method finds in the object that it was called of."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.diagnosis.programs.program import Array

__all__ = ["kept_for"]


def kept_for(kept: Sequence[tuple[int, Array]], calls: Sequence[int], moment: int | None) -> Array | None:
    """What a backward method finds that a forward method has put away, layer by layer: the way back is the reverse.

    Parameters
    ----------
    kept : sequence of (order, value)
        When the attribute was bound, in objects of the class, and to what.
    calls : sequence of int
        When calls of the method began.
    moment : int or None
        In the call that is meant; None for the last one.

    Returns
    -------
    ndarray or None
        None where there is one object only, or more calls than values.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = np.ones(2), np.zeros(3)
    >>> kept_for([(1, first), (2, second)], [5, 8], moment=9) is first
    True
    """
    if len(kept) < 2 or not calls:
        return None
    wanted = max((call for call in calls if moment is None or call <= moment), default=None)
    waiting: list[Array] = []
    for order, value in sorted([*kept, *((call, None) for call in calls)], key=lambda item: item[0]):
        if value is not None:
            waiting.append(value)
        elif not waiting:
            return None
        else:
            found = waiting.pop()
            if order == wanted:
                return found
    return None
