"""Sees, in the child, whether a gradient is a difference quotient: forward runs with one entry of a parameter moved.

What is counted are calls of the file's own functions, made while it computes a gradient, that see the parameters with
exactly one entry changed. Two such calls at different entries, and nobody walks through the network backwards.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.language import tr
from gradcheck.records import Finding, Severity

__all__ = ["Quotients"]

Array = npt.NDArray[Any]

# Calls that are looked at, and entries that are compared in each: then it is let go.
MAX_CALLS = 3000
MAX_ENTRIES = 100_000
# Different entries that must have been moved.
ENOUGH = 3
# Relative size of a change that still is a step of a difference quotient.
STEP = 0.1


class Quotients:
    """Watches one computation of a gradient.

    Parameters
    ----------
    filename : str
        Of the submission's code.
    arrays : sequence of ndarray
        The parameters that the gradient is asked for at.
    """

    def __init__(self, filename: str, arrays: Sequence[Array]) -> None:
        self._filename = filename
        flat = [np.asarray(array) for array in arrays if np.asarray(array).dtype.kind in "fc"]
        self._known = [array.copy() for array in flat if 1 < array.size <= MAX_ENTRIES]
        total = sum(array.size for array in flat)
        if len(flat) > 1 and total <= MAX_ENTRIES:
            self._known.append(np.concatenate([array.ravel() for array in flat]))
        self._calls = 0
        self.moved: set[tuple[int, int]] = set()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """While the gradient is computed; another profiler goes first."""
        if sys.getprofile() is not None or not self._known:
            yield
            return
        sys.setprofile(self._on_event)
        try:
            yield
        finally:
            sys.setprofile(None)

    def finding(self) -> Finding | None:
        """``numerical-gradient``, if that is what was seen."""
        if len(self.moved) < min(ENOUGH, max((array.size for array in self._known), default=0)):
            return None
        message = tr(
            "The gradient is computed from losses with one entry of a parameter moved at a time (a difference "
            "quotient), not by back-propagation."
        )
        return Finding(id="numerical-gradient", severity=Severity.WARNING, message=message)

    def _on_event(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or frame.f_code.co_filename != self._filename:
            return
        self._calls += 1
        if self._calls > MAX_CALLS or len(self.moved) >= ENOUGH:
            sys.setprofile(None)
            return
        with contextlib.suppress(Exception):
            self._look(frame)

    def _look(self, frame: FrameType) -> None:
        changed: set[tuple[int, int]] = set()
        for array in _arrays_of(frame):
            for number, known in enumerate(self._known):
                if array.shape != known.shape:
                    continue
                places = np.flatnonzero((array != known).ravel())
                if places.size > 1:
                    continue
                if places.size == 1 and _is_step(array.ravel()[places[0]], known.ravel()[places[0]]):
                    changed.add((number, int(places[0])))
                break
        if len(changed) == 1:
            self.moved |= changed


def _arrays_of(frame: FrameType) -> Iterator[Array]:
    """What a function is called with and what its module holds: arrays, one level deep."""
    given = list(frame.f_locals.values())
    for value in (*given, *list(frame.f_globals.values())):
        if type(value) is np.ndarray:
            yield value
    for value in given:
        held: Any = ()
        if type(value) is dict:
            held = list(value.values())
        elif type(value) in (list, tuple) and len(value) < 100:
            held = value
        elif type(value).__module__ == "__main__":
            held = list(getattr(value, "__dict__", {}).values())
            held = [
                item for entry in held for item in (entry if type(entry) is list and len(entry) < 100 else (entry,))
            ]
        yield from (item for item in held if type(item) is np.ndarray)


def _is_step(moved: Any, known: Any) -> bool:
    step = abs(moved - known)
    return bool(0.0 < step <= STEP * max(1.0, abs(known)))
