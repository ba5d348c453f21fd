"""Steps along the solution of a linear system, as Newton's method takes them: what they apply is no gradient."""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, cast

import numpy as np

from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["follows_a_solution"]

LIBRARIES = ("numpy.linalg", "scipy.linalg")
SOLVERS = ("solve", "inv", "pinv", "lstsq", "cho_solve", "solve_triangular")
# Solutions are made longer by this part of themselves, to see what depends on them.
LONGER = 0.01


def follows_a_solution(experiment: Experiment) -> bool:
    """Whether how far a step goes depends on what a system's solution is, and what it compares does not.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    """
    try:
        plain, calls = _step(experiment, 0.0)
        if not calls:
            return False
        longer, _ = _step(experiment, LONGER)
        return not _alike(plain.values(), longer.values()) and _alike(
            _compared(experiment, 0.0), _compared(experiment, LONGER)
        )
    except Exception:  # as of a step whose shapes do not fit
        return False
    finally:
        experiment.restore()


def _step(experiment: Experiment, part: float) -> tuple[dict[str, Any], int]:
    """The parameters after a step, and how often something was solved in it."""
    experiment.restore()
    with _stretched(experiment, part) as calls:
        experiment.run(experiment.items[0])
    return {name: np.array(place.value, dtype=np.float64) for name, place in experiment.places.items()}, len(calls)


def _compared(experiment: Experiment, part: float) -> list[Any]:
    """What a step at rate zero subtracts."""
    with _stretched(experiment, part):
        log: Log = experiment.observe(experiment.values())
    return [side for _, *sides in log.pairs for side in sides if isinstance(side, np.ndarray)]


def _alike(one: Any, other: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@contextlib.contextmanager
def _stretched(experiment: Experiment, part: float) -> Iterator[list[str]]:
    """Inside, what is solved is longer by a part, by whatever name the file calls it; who was called is handed out."""
    calls: list[str] = []
    spaces: list[MutableMapping[str, Any]] = [cast("types.FunctionType", experiment.step).__globals__]
    spaces += [vars(sys.modules[library]) for library in LIBRARIES if library in sys.modules]
    solvers = {id(space[name]): space[name] for space in spaces[1:] for name in SOLVERS if name in space}
    changed = [(space, name, value) for space in spaces for name, value in list(space.items()) if id(value) in solvers]
    for space, name, value in changed:
        space[name] = functools.partial(_longer, value, part, calls)
    try:
        yield calls
    finally:
        for space, name, value in changed:
            space[name] = value


def _longer(solver: Callable[..., Any], part: float, calls: list[str], *args: Any, **options: Any) -> Any:
    calls.append(solver.__name__)
    solution = solver(*args, **options)
    if isinstance(solution, tuple):
        return ((1.0 + part) * solution[0], *solution[1:])
    return (1.0 + part) * solution
