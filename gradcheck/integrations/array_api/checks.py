"""``check_function`` of a forward and a backward pass over arrays of one namespace."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.checks import CheckConfig, check
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.functions import AS_GIVEN
from gradcheck.problem import Problem
from gradcheck.records import CheckReport

__all__ = ["check_function"]


def check_function(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    *,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    reset: Callable[[], Any] | None = None,
) -> CheckReport:
    """Whether a backward pass over arrays of another library belongs to its forward pass.

    Parameters
    ----------
    forward, backward : callable
        As for ``Problem.from_vjp``, of arrays of the inputs' library: they take and return such arrays only.
    inputs : sequence or mapping
        Arrays with ``__array_namespace__`` (the array API standard), and whatever else the functions take. Arrays of
        floating-point numbers are differentiated; integers and booleans are held fixed.
    rng, rtol, atol, config, reset : optional
        As for ``gradcheck.check`` and ``Problem``; by default it looks at the inputs as given and close by.

    Returns
    -------
    CheckReport

    Raises
    ------
    InvalidArgumentError
        If no input is such an array, they are of several libraries, one is complex, or forward fails.
    """
    named = isinstance(inputs, Mapping)
    values = list(inputs.values()) if named else list(inputs if isinstance(inputs, (list, tuple)) else [inputs])
    library = _Library(values)
    plain = [library.numpy(value) for value in values]
    given = dict(zip(inputs, plain, strict=True)) if named else plain
    problem = Problem.from_vjp(library.wrapped(forward), library.wrapped(backward), given, rng=rng, reset=reset)
    report = check(problem, rng=rng, rtol=rtol, atol=atol, config=config or AS_GIVEN)
    return dataclasses.replace(report, interface="array-api")


class _Library:
    """One namespace and device, to and from NumPy with the dtype kept."""

    def __init__(self, values: Sequence[Any]) -> None:
        arrays = [value for value in values if hasattr(value, "__array_namespace__")]
        spaces = {array.__array_namespace__().__name__: array.__array_namespace__() for array in arrays}
        if len(spaces) != 1:
            raise InvalidArgumentError(
                f"the inputs are arrays of {', '.join(spaces) or 'no library'} with __array_namespace__; expected one. "
                "Pass each array as an input of its own: those inside lists and mappings are not looked for."
            )
        self._space = next(iter(spaces.values()))
        self._device = arrays[0].device

    def wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function of NumPy arrays, with the same signature."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = function(
                *(self._array(value) for value in args), **{name: self._array(value) for name, value in kwargs.items()}
            )
            return self.numpy(result)

        return call

    def numpy(self, value: Any) -> Any:
        """Arrays of the library, also in tuples, lists and mappings, as NumPy arrays; anything else as it is."""
        if isinstance(value, Mapping):
            return {name: self.numpy(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return _like(value, [self.numpy(item) for item in value])
        return _copied(value) if hasattr(value, "__array_namespace__") else value

    def _array(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return _like(value, [self._array(item) for item in value])
        if not isinstance(value, np.ndarray):
            return value
        dtype = getattr(self._space, value.dtype.name)
        return self._space.asarray(value, dtype=dtype, device=self._device, copy=True)


def _like(value: Any, items: list[Any]) -> Any:
    """A list or tuple of the same kind; a named tuple takes its fields one by one."""
    return value._make(items) if hasattr(value, "_make") else type(value)(items)


def _copied(array: Any) -> npt.NDArray[Any]:
    try:
        return np.array(np.from_dlpack(array))
    except (BufferError, RuntimeError, TypeError, AttributeError):  # other devices, or no such protocol
        return np.array(array)
