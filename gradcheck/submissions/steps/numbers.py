"""Parameters as arrays, in whatever kind the code keeps them: copied, compared, and put back in that kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.oracles.autodiff.protocol import is_box
from gradcheck.submissions.steps.places import Place

__all__ = [
    "copied",
    "copied_if_there",
    "digest",
    "is_number",
    "is_real",
    "like",
    "moved",
    "only_grew",
    "rms",
    "uneven",
]

Array = npt.NDArray[Any]


def rms(array: Array) -> float:
    """Root of the mean square; 0 for nothing."""
    return float(np.sqrt(np.mean(array**2))) if array.size else 0.0


def copied(value: Any) -> Any:
    """A copy, as an array."""
    return np.array(value, copy=True)


def copied_if_there(place: Place) -> Any:
    """A copy of what a place holds now, or None."""
    try:
        return np.array(place.value, copy=True)
    except Exception:  # gone, or of ragged shape now: moved all the same
        return None


def is_real(value: Any) -> bool:
    """Whether a copied value holds real numbers."""
    return value is not None and value.dtype.kind in "fiu"


def moved(before: Any, after: Any) -> bool:
    """Whether numbers, shape or kind have changed."""
    if after is None or before.dtype.kind not in "fiu" or after.dtype.kind not in "fiu" or before.shape != after.shape:
        return True
    return not np.array_equal(before, after, equal_nan=True)


def only_grew(before: Any, after: Any) -> bool:
    """A gradient of too large a shape, subtracted, broadcasts the parameter: at rate zero the numbers are the same."""
    if after is None or after.dtype.kind != "f" or before.size >= after.size:
        return False
    try:
        return bool(np.array_equal(np.broadcast_to(before, after.shape), after))
    except ValueError:
        return False


def is_number(value: Any) -> bool:
    """Whether a target is one number, and no array, nor a list of whatever (``tape[-1] += [h, y]``)."""
    return not isinstance(value, (list, tuple)) and np.ndim(value) == 0


def like(old: Any, new: Array, *, wide: bool = False) -> Any:
    """A value of the kind that the code keeps: array of the same dtype (``wide``: float64), number, or list."""
    if isinstance(old, np.ndarray):
        array = new.astype(old.dtype if old.dtype.kind == "f" and not wide else np.float64).reshape(old.shape)
        return array if type(old) is np.ndarray or is_box(old) else _as_kind(array, old)
    if isinstance(old, list):
        return new.tolist()
    return float(np.reshape(new, ())) if not isinstance(old, np.generic) else old.dtype.type(new)


def _as_kind(array: Array, old: Array) -> Array:
    """A matrix, or an array of the program's own kind, with what hangs on it: ``W.grad``."""
    viewed = np.asarray(array).view(type(old))  # of a number, too
    if hasattr(old, "__dict__"):
        vars(viewed).update(vars(old))
    return viewed


def uneven(shape: tuple[int, ...]) -> Array:
    """Numbers that no sum, mean or softmax cancels: all different, of size up to 1."""
    return np.cos(np.arange(int(np.prod(shape)), dtype=np.float64)).reshape(shape)


def digest(pair: tuple[int, Any, Any]) -> list[float]:
    """A number for each operand of a difference that changes when any entry does."""
    return [
        float(np.sum(np.asarray(part) * uneven(part.shape)))
        if isinstance(part, np.ndarray) and part.dtype.kind in "fiu"
        else 0.0
        for part in pair[1:]
    ]
