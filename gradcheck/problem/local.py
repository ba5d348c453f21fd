"""What drivers that run code in this process share: state, side effects, hints."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.problem.driver import Hints
from gradcheck.problem.state import StateGuard, code_objects, user_functions
from gradcheck.problem.structure import Array, Block, same_bits
from gradcheck.records import Finding

__all__ = ["LocalDriver"]

# Constants that learners put beside a logarithm lie between these (dimensionless); larger ones are rates or slopes.
SMOOTHING_RANGE = (1e-20, 1e-3)


class LocalDriver:
    """Base of the drivers that call the user's functions directly; subclasses say how arrays reach the code."""

    def __init__(self, callables: dict[str, Callable[..., Any]], blocks: Sequence[Block], values: Sequence[Array]) -> None:
        self._callables = callables
        self._blocks = tuple(blocks)
        self._values = [np.array(value, copy=True) for value in values]
        self._guard: StateGuard | None = None
        self._written_parameters: set[str] = set()
        self._watching = False

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""
        return self._blocks

    def values(self) -> list[Array]:
        """Copies of the parameters as given."""
        return [value.copy() for value in self._values]

    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss as the code returns it."""
        raise NotImplementedError

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient, one leaf a block."""
        raise NotImplementedError

    def traced_loss(self, values: Sequence[Any]) -> Any:
        """The loss with the blocks replaced by values of another kind (traced boxes, complex or wider arrays)."""
        raise NotImplementedError

    def gradient_error(self) -> tuple[float, ...]:
        """Error of each entry that recovering the gradient has cost: none here."""
        return (0.0,) * len(self._blocks)

    def begin(self) -> None:
        """Remember all reachable state, random generators included."""
        self._guard = StateGuard(dict(self._callables))
        self._written_parameters.clear()
        self._watching = True

    def restore(self) -> None:
        """Put back what has changed since ``begin``."""
        if self._guard is not None:
            self._guard.restore()

    def end(self) -> None:
        """Put everything back and forget it."""
        if self._guard is not None:
            self._guard.restore_all()
            self._guard = None
        self._watching = False

    def changed(self) -> bool:
        """Whether any reachable state, or a parameter handed over, differs from what it was at ``begin``."""
        return bool(self._written_parameters) or (self._guard is not None and self._guard.changed())

    def mutated(self) -> tuple[str, ...]:
        """Arrays that the code has written into and whose old content it uses (a work buffer is not one of them)."""
        self._watching = False
        names = sorted(self._written_parameters)
        if self._guard is None:
            return tuple(names)
        self._guard.settle()
        written = self._guard.written_arrays()
        names += [path for path, array in written if self._depends_on(array)]
        return tuple(dict.fromkeys(names))

    def _depends_on(self, array: Array) -> bool:
        """Whether loss or gradient change when this array starts with other content."""
        assert self._guard is not None
        outcomes = []
        for spoil in (False, True):
            self._guard.restore_all()
            if spoil:
                _spoil(array)
            try:
                outcomes.append(self._outcome())
            except Exception:  # it cannot even run with other content: it depends on it
                outcomes.append(repr(spoil))
        self._guard.restore_all()
        return outcomes[0] != outcomes[1]

    def _outcome(self) -> str:
        loss = self.loss(self.values())
        gradient = [None if leaf is None else np.asarray(leaf).tolist() for leaf in self.gradient(self.values())]
        return repr((np.asarray(loss).tolist(), gradient))

    def hints(self) -> Hints:
        """What the code's text suggests: gradient clipping, a constant inside a logarithm."""
        loss_names = {name for code in code_objects(self._callables["loss"]) for name in code.co_names}
        other_names = {
            name
            for label, function in self._callables.items()
            if label != "loss"
            for code in code_objects(function)
            for name in (*code.co_names, code.co_name)
        }
        with_log = [f for f in user_functions(self._callables["loss"]) if _names_logarithm(f.__code__)]
        smoothing = {constant for function in with_log for constant in _small_constants(function)}
        clips = any("clip" in name.lower() for name in other_names - loss_names)
        return Hints(clips_gradient=clips, logarithm=bool(with_log), smoothing=tuple(sorted(smoothing)))

    def findings(self) -> tuple[Finding, ...]:
        """What driving the code has shown so far: nothing here."""
        return ()

    def _note_written(self, names: Sequence[str], given: Sequence[Array], now: Sequence[Any]) -> None:
        """Remember parameters that a call has overwritten in place."""
        for name, before, after in zip(names, given, now, strict=True):
            if isinstance(after, np.ndarray) and not same_bits(before, after):
                self._written_parameters.add(name)


def _names_logarithm(code: types.CodeType) -> bool:
    inner = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return any("log" in name.lower() for name in code.co_names) or any(map(_names_logarithm, inner))


def _small_constants(function: types.FunctionType) -> set[float]:
    """Constants of a smoothing's size in a function's code, defaults, closure, and the globals that it names."""
    values = [*function.__code__.co_consts, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    values += [function.__globals__.get(name) for name in function.__code__.co_names]
    values += [cell.cell_contents for cell in function.__closure__ or () if cell != types.CellType()]
    low, high = SMOOTHING_RANGE
    return {float(value) for value in values if isinstance(value, float) and low <= value <= high}


def _spoil(array: Array) -> None:
    """Other, finite, content of the same kind."""
    if array.dtype.kind in "fc":
        array[...] = array * 1.37 + 0.61
    elif array.dtype.kind in "iu":
        array[...] = array + 1
    elif array.dtype.kind == "b":
        array[...] = ~array
