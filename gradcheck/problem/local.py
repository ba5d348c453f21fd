"""What drivers that run code in this process share: state, side effects, hints."""

from __future__ import annotations

import abc
import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.problem.driver import Hints
from gradcheck.problem.hints import find_hints
from gradcheck.problem.state import StateGuard
from gradcheck.problem.structure import Array, Block, same_bits
from gradcheck.records import Finding, Severity

__all__ = ["LocalDriver", "silent"]

# Outcomes that differ by less than this part of their size are the same: the order of a threaded sum.
SAME = 1e-9


class LocalDriver(abc.ABC):
    """Base of the drivers that call the user's functions directly; subclasses say how arrays reach the code.

    Parameters
    ----------
    callables : dict of label to callable
        The user's functions; ``"loss"`` is one of them.
    blocks : sequence of Block
    values : sequence of ndarray
        The parameters, one array a block.
    """

    def __init__(
        self, callables: dict[str, Callable[..., Any]], blocks: Sequence[Block], values: Sequence[Array]
    ) -> None:
        self._callables = callables
        self._blocks = tuple(blocks)
        self._values = list(values)  # copies already: drivers take the parameters apart before they come here
        self._guard: StateGuard | None = None
        self._written_parameters: set[str] = set()
        self._watching = False
        self._complete = True

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""
        return self._blocks

    def values(self) -> list[Array]:
        """Copies of the parameters as given."""
        return [value.copy() for value in self._values]

    @abc.abstractmethod
    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss as the code returns it."""

    @abc.abstractmethod
    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient, one leaf a block."""

    @abc.abstractmethod
    def traced_loss(self, values: Sequence[Any]) -> Any:
        """The loss with the blocks replaced by values of another kind (traced boxes, complex or wider arrays)."""

    def gradient_error(self) -> tuple[float, ...]:
        """Error of each entry that recovering the gradient has cost: none here."""
        return (0.0,) * len(self._blocks)

    def begin(self) -> None:
        """Remember all reachable state, random generators included."""
        self._guard = StateGuard(dict(self._callables))
        self._complete = self._guard.complete
        self._written_parameters.clear()
        self._watching = True

    def restore(self) -> None:
        """Put back what has changed since ``begin``."""
        if self._guard is not None:
            self._guard.restore()

    def end(self) -> None:
        """Put everything back and forget it."""
        self._watching = False
        if self._guard is not None:
            self._guard.restore_all()
            self._guard = None

    def changed(self) -> bool:
        """Whether any reachable state, or a parameter handed over, differs from what it was at ``begin``."""
        return bool(self._written_parameters) or (self._guard is not None and self._guard.changed())

    def mutated(self) -> tuple[str, ...]:
        """Arrays that the code has written into and whose old content it uses (a work buffer is not one of them)."""
        self._watching = False
        names = sorted(self._written_parameters)
        if self._guard is not None:
            self._guard.settle()
            names += self._depended_on(self._guard, self._guard.written_arrays())
        return tuple(dict.fromkeys(names))

    def hints(self) -> Hints:
        """What the code's text suggests: gradient clipping, a constant inside a logarithm."""
        return find_hints(self._callables, None if self._guard is None else self._guard.links)

    def findings(self) -> tuple[Finding, ...]:
        """What driving the code has shown so far: whether all of its state could be put back."""
        if self._complete:
            return ()
        return (
            Finding(
                id="state-not-guarded",
                severity=Severity.WARNING,
                message=tr(
                    "The code reaches more objects than gradcheck looks at: what it changes in the rest of them is "
                    "neither seen nor put back. Pass functions that hold less data."
                ),
            ),
        )

    def _depended_on(self, guard: StateGuard, written: list[tuple[str, Array]]) -> list[str]:
        """Names of those arrays without whose content loss or gradient come out otherwise."""
        if not written:
            return []
        with silent():
            usual = self._outcome(guard, [])
            if _alike(usual, self._outcome(guard, [array for _, array in written])):
                return []
            needed = [(path, array) for path, array in written if not _alike(usual, self._outcome(guard, [array]))]
            if needed and not _alike(usual, self._outcome(guard, [])):
                return []  # it never repeats: nothing can be told from that
        names: list[str] = []
        seen: list[Array] = []
        for path, array in needed:  # nearest first; another view of the same memory is no other cause
            if not any(np.may_share_memory(array, other) for other in seen):
                names.append(path)
            seen.append(array)
        return names

    def _outcome(self, guard: StateGuard, spoiled: Sequence[Array]) -> list[Array] | None:
        """Loss and gradient where these arrays start with other content; None if the code cannot run with it."""
        guard.restore_all()
        for array in spoiled:
            _spoil(array)
        try:
            loss = self.loss(self.values())
            leaves = [loss, *self.gradient(self.values())]
            return [np.empty(0) if leaf is None else np.array(leaf, dtype=np.float64) for leaf in leaves]
        except Exception:
            return None
        finally:
            guard.restore_all()

    def _note_written(self, names: Sequence[str], given: Sequence[Array], now: Sequence[Any]) -> None:
        """Remember parameters that a call has overwritten in place."""
        for name, before, after in zip(names, given, now, strict=True):
            if isinstance(after, np.ndarray) and not same_bits(before, after):
                self._written_parameters.add(name)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Without the warnings of code that is run at values of our choosing."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _alike(a: list[Array] | None, b: list[Array] | None) -> bool:
    if a is None or b is None:
        return a is b
    sizes = [SAME * float(np.max(np.abs(x), initial=0.0)) for x in a]
    return all(
        x.shape == y.shape and np.allclose(x, y, rtol=0.0, atol=size, equal_nan=True)
        for x, y, size in zip(a, b, sizes, strict=True)
    )


def _spoil(array: Array) -> None:
    """Other, finite, content of the same kind."""
    if array.dtype.kind in "fc":
        array[...] = array * 1.37 + 0.61
    elif array.dtype.kind in "iu":
        array[...] = array + 1
    elif array.dtype.kind == "b":
        array[...] = ~array
