"""Everything that a piece of code can change, remembered and put back: arrays, containers, attributes, generators."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradcheck.problem import reachable
from gradcheck.problem.bindings import Layouts, Snapshot
from gradcheck.problem.reachable import own_packages, user_functions, walk
from gradcheck.problem.snapshots import ArrayState, global_generators, snapshots

__all__ = ["Home", "InnerHome", "StateGuard", "code_objects", "to_the_end", "user_functions", "walk"]

# A restoration that was interrupted is begun again, this often.
ATTEMPTS = 4


class Home:
    """A place that held a certain object when the snapshot was taken."""

    def __init__(self, snapshot: Snapshot, key: Any) -> None:
        self._snapshot, self.key = snapshot, key

    @property
    def container(self) -> Any:
        """The list or dictionary that the place is in; None for attributes and variables."""
        return self._snapshot.container

    def get(self) -> Any:
        """What the place holds now; None if it is gone."""
        try:
            return self._snapshot.get(self.key)
        except LookupError:
            return None

    def put(self, value: Any) -> None:
        """Make the place hold a value, if it is still there."""
        try:  # noqa: SIM105 (done for every parameter of every step: a context manager takes several times as long)
            self._snapshot.put(self.key, value)
        except LookupError:
            pass


class InnerHome:
    """A place inside a list or dictionary that a place held: the code may rebind the whole of it."""

    def __init__(self, outer: Home, container: Any, key: Any) -> None:
        self._outer, self._container, self._key = outer, container, key

    def get(self) -> Any:
        """What is in that place of what is held now; None if it is gone."""
        try:
            return self._outer.get()[self._key]
        except (LookupError, TypeError):
            return None

    def put(self, value: Any) -> None:  # noqa: ARG002 - what was inside is put back there by its own home
        """Hold the container again."""
        self._outer.put(self._container)


class StateGuard:
    """Snapshot of all state reachable from some callables, and of the global random generators.

    Parameters
    ----------
    roots : mapping of label to object
        Usually the loss and the gradient callables.

    Attributes
    ----------
    complete : bool
        False when there was more to reach than the walk looks at: the rest is not put back.
    links : dict
        What each object led to, by its id (``reachable.linked``).
    """

    def __init__(self, roots: dict[str, Any]) -> None:
        layouts = Layouts(own_packages(roots.values()))
        self.links: dict[int, list[Any]] = {}
        found = list(walk(roots, getters=True, links=self.links))
        self.complete = len(found) < reachable.MAX_OBJECTS
        self._cells = [snapshot for path, value in found for snapshot in snapshots(path, value, layouts)]
        self._cells += global_generators()
        self._touched: set[Snapshot] = set()
        self._settled = False

    def changed(self) -> bool:
        """Whether anything differs from the snapshot."""
        return any(cell.changed() for cell in self._cells)

    def settle(self) -> None:
        """Note which parts have changed at any time since the snapshot; ``restore`` then touches only those."""
        self._note()
        self._settled = True

    def restore(self) -> None:
        """Put back the parts known to change (all that have changed before ``settle``)."""
        if not self._settled:
            self._note()
        to_the_end(self._restore, [cell for cell in self._cells if cell in self._touched])

    def restore_all(self) -> None:
        """Put back everything, known to change or not."""
        to_the_end(self._restore, self._cells)

    def written_arrays(self) -> list[tuple[str, np.ndarray[Any, Any]]]:
        """Arrays (path, array) whose content has been changed, up to ``settle`` or, before it, up to now."""
        if not self._settled:
            self._note()
        touched = [cell for cell in self._cells if cell in self._touched]
        return [(cell.path, cell.array) for cell in touched if isinstance(cell, ArrayState)]

    def _note(self) -> None:
        self._touched.update(cell for cell in self._cells if cell not in self._touched and cell.changed())

    def homes(self, wanted: Callable[[Any], bool]) -> list[tuple[Any, Home]]:
        """Pairs (object, place) for the objects that were held when the snapshot was taken and that are wanted."""
        return [(value, Home(cell, key)) for cell in self._cells for key, value in cell.held() if wanted(value)]

    @staticmethod
    def _restore(cells: list[Snapshot]) -> None:
        for cell in reversed(cells):
            cell.restore()


def to_the_end(action: Callable[..., None], *arguments: Any) -> None:
    """Run an action that may be run again to its end, also when a signal interrupts it; then raise what did."""
    interruption: BaseException | None = None
    for _ in range(ATTEMPTS):
        try:
            action(*arguments)
            break
        except BaseException as error:  # KeyboardInterrupt, or what a time limit's handler raises
            interruption = error
    if interruption is not None:
        raise interruption


def code_objects(functions: Iterable[types.FunctionType]) -> list[types.CodeType]:
    """Code of functions, and of what is defined inside them."""
    codes = [function.__code__ for function in functions]
    for code in codes:  # grows as it goes: functions inside functions
        codes.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return codes
