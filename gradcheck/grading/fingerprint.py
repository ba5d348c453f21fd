"""A number for each wrong gradient: equal for submissions that share a bug, whatever their layout and spelling.

The gradient is looked at where the assignment alone says, the same for everybody, in canonical form and divided by the
constant that the loss is of the one meant. It is rounded to one part in a million of its block: two ways of writing one
formula differ by a thousandth of a millionth of that.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from gradcheck.grading.reference.points import Array
from gradcheck.grading.subject.replies import Reply

__all__ = ["fingerprint"]

STEPS = 1e6


def fingerprint(replies: Sequence[Reply], constant: float = 1.0, also: Sequence[float] = ()) -> str:
    """Hexadecimal digits.

    Parameters
    ----------
    replies : sequence of Reply
        Gradients at the assignment's own points.
    constant : float
        What the code's loss is of the one meant.
    also : sequence of float
        Further numbers that tell bugs apart: a loss that is another one than meant.

    Examples
    --------
    >>> import numpy as np
    >>> one = Reply(values={"dW1": np.array([[1.0, 3.0]])})
    >>> same = Reply(values={"dW1": np.array([[1.0 + 1e-13, 3.0]])})
    >>> fingerprint([one]) == fingerprint([same])
    True
    """
    found = hashlib.sha256()
    for reply in replies:
        if reply.fault is not None:
            found.update(f"raises {reply.fault.kind};".encode())
            continue
        for role, misfit in sorted(reply.wrong.items()):
            found.update(f"{role} {misfit.template} {misfit.values};".encode())
        for role, array in sorted(reply.values.items()):
            found.update(f"{role} {_rounded(array / constant)};".encode())
    for value in also:
        found.update(f"{_number(value)};".encode())
    return found.hexdigest()[:16]


def _rounded(array: Array) -> str:
    """Entries as parts of the largest, and that one by its logarithm."""
    finite = np.abs(array[np.isfinite(array)])
    scale = float(np.max(finite, initial=0.0))
    if scale == 0.0:
        return f"{array.shape} zero" if np.all(np.isfinite(array)) else f"{array.shape} not a number"
    steps = ["n" if not math.isfinite(value) else str(round(value / scale * STEPS)) for value in array.ravel().tolist()]
    return f"{_number(scale)} {','.join(steps)}"


def _number(value: float) -> str:
    return f"{value:.6e}" if math.isfinite(value) else "n"
