"""One parameter as an array: what is taken, what is refused, and with which cure; and when two arrays are the same.

Kinds that would have to be guessed at (sparse, masked, complex, objects, tensors of other libraries) are refused here.
"""

from __future__ import annotations

import sys
from numbers import Number
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import tr

__all__ = ["Array", "as_block_array", "same_bits"]

Array = npt.NDArray[Any]

# Bytes up to which copies are faster than what NumPy does before it compares.
SMALL = 1 << 12
_OTHER_LIBRARIES = ("torch", "jax", "jaxlib", "tensorflow", "cupy", "mxnet")


def as_block_array(value: Any, name: str) -> Array:
    """A leaf as a NumPy array, or a clear refusal.

    Parameters
    ----------
    value : ndarray, number, or (nested) list of numbers
    name : str
        Its path, for the message.

    Returns
    -------
    ndarray
        The very array, without its subclass; a new one for numbers and lists.

    Raises
    ------
    InvalidArgumentError
        If the value is sparse, masked, complex, of objects, of another library, or not numbers at all.
    """
    if type(value) is np.ndarray and value.dtype.kind in "fiub":
        return value
    label = name or "params"
    _refuse_foreign(value, label)
    try:
        array = np.asarray(value)
    except ValueError as error:  # ragged nested lists
        raise InvalidArgumentError(
            tr(
                "{label} is not a regular array of numbers ({error}); expected rows of one length. "
                "Pass ragged rows as a list of arrays.",
                label=label,
                error=error,
            )
        ) from None
    if array.dtype.kind == "c":
        raise InvalidArgumentError(
            tr(
                "{label} is complex (dtype={dtype}); expected real numbers. Split it into real and imaginary parts, "
                "since the derivative of a real loss with respect to a complex array depends on the convention.",
                label=label,
                dtype=array.dtype,
            )
        )
    if array.dtype.kind == "O":
        raise InvalidArgumentError(
            tr(
                "{label} has dtype=object ({type}); expected real numbers. "
                "Pass an array of objects as a list of its elements, other numbers with .astype(float).",
                label=label,
                type=type(value).__name__,
            )
        )
    if array.dtype.kind not in "fiub":
        raise InvalidArgumentError(
            tr(
                "{label} has dtype={dtype} ({type}); expected real numbers in an array, "
                "a mapping or sequence of arrays, or a number. Leave it out of the parameters.",
                label=label,
                dtype=array.dtype,
                type=type(value).__name__,
            )
        )
    return array


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays hold the same bits in the same shape and dtype (NaN equals itself; -0.0 is not 0.0)."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.nbytes > SMALL and a.dtype.itemsize == 8 and not a.dtype.hasobject:  # one pass, no temporaries
        return bool(np.array_equal(a.view(np.int64), b.view(np.int64)))
    return a.tobytes() == b.tobytes()


def _refuse_foreign(value: Any, label: str) -> None:
    """Refuse what NumPy would convert, or fail to, without the code's knowledge."""
    kind = type(value)
    package = str(kind.__module__).split(".")[0]
    masked = sys.modules.get("numpy.ma")  # where nobody has loaded it nobody has a masked array; it takes milliseconds
    if masked is not None and isinstance(value, masked.MaskedArray):
        raise InvalidArgumentError(
            tr(
                "{label} is a masked array; expected a plain one: which entries count is not for gradcheck to guess. "
                "Pass its .filled(0.0), or only the unmasked entries.",
                label=label,
            )
        )
    if str(kind.__module__).startswith("scipy.sparse"):
        raise InvalidArgumentError(
            tr(
                "{label} is a SciPy sparse array; expected a dense one. Pass its stored values (.data), or .toarray().",
                label=label,
            )
        )
    if package in _OTHER_LIBRARIES:
        raise InvalidArgumentError(
            tr(
                "{label} is a {package} array; expected NumPy. "
                "Wrap the functions so that they take and return NumPy arrays.",
                label=label,
                package=package,
            )
        )
    if not isinstance(value, (np.ndarray, np.generic, Number, list)):
        told = tr(
            "{label} is a {type}; expected an array, a number, a list of numbers, or a mapping or sequence of those.",
            label=label,
            type=kind.__name__,
        )
        if value is None:
            raise InvalidArgumentError(tr("{told} Leave it out.", told=told))
        raise InvalidArgumentError(tr("{told} Convert it (np.asarray) where that says the same.", told=told))
