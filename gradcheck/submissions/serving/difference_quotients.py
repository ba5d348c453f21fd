"""Sees, in the child, whether a gradient is a difference quotient: parameters with one entry moved, one after another.

What is looked at are the arrays that the file's own code holds, line by line, while it computes a gradient. Copies of a
parameter that differ from it in one entry, now in this and now in that, are no part of a walk back through layers; nor
are directions with a one in a single entry. Functions of libraries that differentiate are seen by their names.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import CodeType, FrameType
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.programs.frames import variables
from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.text.conduct import ASKED, LIBRARIES

__all__ = ["Quotients"]

Array = npt.NDArray[Any]

# Times that a line is looked at: a loop over entries moves another one each time that it comes round.
LOOKS = 16
# Of those so many whatever it is; then those of a line that comes round again in the same run of the code.
ANYWAY = 4
# Lines in all: then it is let go, as what a gradient costs is no business of this.
MAX_LINES = 20_000
# Arrays compared in one look, how deep they are looked for in containers, and entries in each.
MAX_ARRAYS = 200
DEPTH = 3
MAX_ENTRIES = 100_000
# Arrays that are remembered, so that they are compared once however often they are met, and entries in each.
MAX_MET = 1000
REMEMBERED = 4096
# Different entries of one parameter that must have been moved: code that updates entry by entry moves one alone, too.
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
        known = [array.copy() for array in flat if array.size <= MAX_ENTRIES]
        if len(flat) > 1 and sum(array.size for array in flat) <= MAX_ENTRIES:
            known.append(np.concatenate([array.ravel() for array in flat]))
        # Beside a bias of zeros, a delta with one unit alive would be a bias with one entry moved.
        self._known = [array for array in known if np.unique(array).size >= min(ENOUGH, max(array.size, 2))]
        self._sizes = {array.size for array in self._known}
        self._shapes = {array.shape for array in self._known}
        self._met: set[tuple[str, tuple[int, ...], bytes]] = set()
        self._lines = 0
        self._comings: Counter[tuple[CodeType, int | None]] = Counter()
        self._this_run: Counter[tuple[CodeType, int | None]] = Counter()
        self.moved: set[tuple[int, int]] = set()
        self._library: str | None = None
        self._switched_off = False

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """While its code runs, as often as that is; another tracer goes first."""
        if sys.gettrace() is not None or not self._known or self._is_over:
            yield
            return
        self._this_run.clear()
        on_call = self._on_call
        threading.settrace(on_call)  # of those that it starts
        sys.settrace(on_call)
        try:
            yield
        finally:
            self._switched_off |= sys.gettrace() is not on_call and not self._is_over
            sys.settrace(None)
            threading.settrace(None)  # as the library itself begins

    def findings(self) -> list[Finding]:
        """``numerical-gradient``, ``autograd-used`` or ``looks-at-checker``, as far as they were seen."""
        told = []
        if self._seen:
            message = tr(
                "The gradient is computed from losses with one entry of a parameter moved at a time (a difference "
                "quotient), not by back-propagation."
            )
            told.append(("numerical-gradient", message))
        if self._library is not None:
            message = tr("A library ({name}) differentiates while the gradient is computed.", name=self._library)
            told.append(("autograd-used", message))
        if self._switched_off:
            message = tr("While its gradient is computed, it switches off what looks at how.")
            told.append(("looks-at-checker", message))
        return [Finding(id=name, severity=Severity.WARNING, message=message) for name, message in told]

    @property
    def _is_over(self) -> bool:
        """Whether it is not looked at any more."""
        return self._lines > MAX_LINES or self._seen

    @property
    def _seen(self) -> bool:
        per_array = Counter(number for number, _ in self.moved)
        return any(count >= min(ENOUGH, self._known[number].size) for number, count in per_array.items())

    def _on_call(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if frame.f_code.co_filename == self._filename:
            return self._on_line if self._lines <= MAX_LINES else None
        if frame.f_code.co_name in ASKED:
            library = str(frame.f_globals.get("__name__")).partition(".")[0]
            self._library = library if library in LIBRARIES else self._library
        return None

    def _on_line(self, frame: FrameType, event: str, _argument: object) -> Any:
        self._lines += 1
        if self._is_over:
            sys.settrace(None)
            return None
        place = (frame.f_code, frame.f_lineno if event == "line" else None)
        self._comings[place] += 1
        self._this_run[place] += 1
        # What a line does that runs once is still there when its function returns.
        first = 1 if event == "return" else 2
        if first <= self._comings[place] <= (LOOKS if self._this_run[place] > 1 else ANYWAY):
            with contextlib.suppress(Exception):
                self._look(frame)
        return self._on_line

    def _look(self, frame: FrameType) -> None:
        own = variables(frame)
        values = [*own.values()]
        if frame.f_globals is not own:
            values += [value for value in frame.f_globals.values() if _is_array(value)]
        for array in itertools.islice(_arrays_in(values, DEPTH), MAX_ARRAYS):
            if (array.size in self._sizes or array.shape[1:] in self._shapes) and self._is_new(array):
                self._compare(array)

    def _is_new(self, array: Array) -> bool:
        """Whether no array with these entries was compared before."""
        if array.size > REMEMBERED:
            return True
        met = (array.dtype.str, array.shape, array.tobytes())
        if met in self._met:
            return False
        if len(self._met) < MAX_MET:
            self._met.add(met)
        return True

    def _compare(self, array: Array) -> None:
        for number, known in enumerate(self._known):
            if array.size == known.size:
                self.moved |= {(number, place) for place in _moved_in_any_shape(array, known)}
            elif array.shape[1:] == known.shape and array.size <= MAX_ENTRIES:
                self.moved |= {(number, place) for place in _moved(array, known)}


def _is_array(value: Any) -> bool:
    """Also where the class of an object says otherwise."""
    return issubclass(type(value), np.ndarray)


def _arrays_in(values: Iterable[Any], depth: int) -> Iterator[Array]:
    """Arrays of numbers among values, and in containers and objects of the file's own among them."""
    for value in values:
        kind = type(value)  # also where the class of an object says otherwise
        if issubclass(kind, np.ndarray):
            if value.dtype.kind in "fc":
                yield np.asarray(value)
            continue
        held: Iterable[Any] = ()
        if kind is dict:
            held = [*value.values()]
        elif kind is tuple or kind is list:
            numbers = _numbers(value)
            if numbers is not None:
                yield numbers
                continue
            held = value
        elif kind.__module__ == "__main__":
            held = [*getattr(value, "__dict__", {}).values()]
        if depth and held:
            yield from _arrays_in(held, depth - 1)


def _numbers(value: Any) -> Array | None:
    """A list of floats, or of rows of them, as an array."""
    first = value[0] if value else None
    if type(first) in (list, tuple) and first:
        first = first[0]
    if type(first) not in (float, complex):
        return None
    try:
        return np.array(value, dtype=type(first))
    except (TypeError, ValueError):
        return None


def _moved_in_any_shape(array: Array, known: Array) -> list[int]:
    """As ``_moved`` of one copy, which may lie otherwise: in a row, turned, or beside zeros as a direction."""
    found = _moved_once(array, known)
    if array.shape == known.shape:
        return found or (_direction(array) if min(known.shape, default=0) > 1 else [])
    return found or (_moved_once(array, known.T) if array.shape == known.T.shape else [])


def _moved_once(array: Array, known: Array) -> list[int]:
    """The place of the single entry in which two arrays of one size differ; none where it is another number of them."""
    row, before = array.ravel(), known.ravel()
    if np.count_nonzero(row != before) != 1:
        return []
    return _moved(row[None], before)


def _direction(array: Array) -> list[int]:
    """The place of the one in an array of zeros."""
    places = np.flatnonzero(array)
    return [int(places[0])] if places.size == 1 and array.flat[places[0]] == 1.0 else []


def _moved(stack: Array, known: Array) -> list[int]:
    """Where copies of an array, shape ``(n, *known.shape)``, differ from it in a single entry, by a step."""
    differs = (stack != known).reshape(len(stack), -1)
    alone = np.flatnonzero(differs.sum(axis=1) == 1)
    places = differs[alone].argmax(axis=1)
    step = np.abs(stack.reshape(len(stack), -1)[alone, places] - known.ravel()[places])
    small = (step > 0.0) & (step <= STEP * np.maximum(1.0, np.abs(known.ravel()[places])))
    return [int(place) for place in places[small]]
