"""Steps of Adam, RMSprop, AdaGrad and their like: the gradient is what they square and add up.

What it needs: a line that adds a square to an average or a sum (``v = beta * v + (1 - beta) * g ** 2``,
``s += g * g``), for every parameter. What is squared there is the gradient, whatever it is called; which parameter it
belongs to is told by its shape and by its signs, which are against those of the step at several points. What has the
shape of a row (``s[i] += g * g``) belongs to the row that the step moves. A step that is a multiple of what is squared
is no adaptive one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.language import mark
from gradcheck.records import Finding, Severity
from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.numbers import copied_if_there
from gradcheck.submissions.steps.places import Place

__all__ = ["ADAPTIVE", "Keys", "gradient_of", "squared_gradients"]

Array = npt.NDArray[Any]
Key = tuple[int, int]
Keys = dict[str, Key]
# Points at which signs are compared: a wrong match of one number passes them all once in 64 times.
POINTS = 6
# Ratios of a step to what was squared differ by this in an adaptive step, relative to their size.
SPREAD = 1e-6

ADAPTIVE = Finding(
    id="adaptive-step",
    severity=Severity.INFO,
    message=mark(
        "The step is adaptive (like Adam's or RMSprop's): the gradient was read where the code squares it, and not "
        "off the step."
    ),
)


def squared_gradients(experiment: Experiment, rng: np.random.Generator) -> Keys | None:
    """Which square belongs to which parameter; None where the step is not adaptive, or that cannot be told.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    rng : numpy.random.Generator
    """
    if experiment.tolerant or not _squares(experiment.observe(experiment.values())):
        return None
    state = _state(experiment)
    seen = [_point(experiment, experiment.random_values(rng), state) for _ in range(POINTS)]
    experiment.restore()
    summed = _summed(experiment, seen[0][1])
    found: Keys = {}
    for name in experiment.places:
        fitting = [key for key in seen[0][1] if all(_against(steps[name], squares.get(key)) for steps, squares in seen)]
        free = [key for key in fitting if key not in found.values()]
        free = [key for key in free if key in summed] or free  # ``s[i] += g * g``, and not ``cost += 0.5 * r ** 2``
        if not free or not all(np.array_equal(squares[key], squares[free[0]]) for _, squares in seen for key in free):
            return None
        found[name] = free[0]
    adaptive = any(
        not _is_multiple(steps[name], squares[key]) for steps, squares in seen for name, key in found.items()
    )
    return found if adaptive else None


def gradient_of(keys: Keys) -> Callable[[Experiment], dict[str, Array]]:
    """The gradient that a step squares, with the parameters as they stand; over several samples their sum.

    Parameters
    ----------
    keys : Keys
        Of ``squared_gradients``.
    """

    def gradient(experiment: Experiment) -> dict[str, Array]:
        total: dict[str, Array] = {}
        start = {name: np.array(place.value, dtype=np.float64) for name, place in experiment.places.items()}
        for item in experiment.items:
            experiment.put(start)
            with experiment.variables_kept():
                squares = _squares(experiment.run(item, rate=0.0))
            whole = all(squares[key].shape == start[name].shape for name, key in keys.items())
            moved = {} if whole else _moved(experiment, item, start)
            for name, key in keys.items():
                part = squares[key] if whole else _spread(moved[name], squares[key])
                if part is not None:
                    total[name] = total.get(name, np.zeros(start[name].shape)) + part
        experiment.put(start)
        return total

    return gradient


def _moved(experiment: Experiment, item: Any, start: dict[str, Array]) -> dict[str, Array]:
    """What a step at the program's own rate adds to each parameter."""
    experiment.put(start)
    with experiment.variables_kept():
        experiment.run(item)
    return {name: np.array(place.value, dtype=np.float64) - start[name] for name, place in experiment.places.items()}


def _spread(step: Array, squared: Array) -> Array | None:
    """What was squared in the shape of a step: in the one row that the step moves, if it has the shape of a row."""
    rows = step.ndim - squared.ndim
    if rows < 0 or step.shape[rows:] != squared.shape:
        return None
    if rows == 0:
        return squared
    moving = {index[:rows] for index in zip(*np.nonzero(step), strict=True)}
    spread = np.zeros(step.shape)
    if len(moving) > 1:
        return None
    for index in moving:
        spread[index] = squared
    return spread


def _state(experiment: Experiment) -> list[Place]:
    """Averages that the step keeps: arrays of a parameter's shape that it changes, and that are no parameters."""
    experiment.restore()
    everything = experiment.in_reach()
    own = {id(place.value) for place in experiment.places.values()}
    shapes = {np.shape(place.value) for place in experiment.places.values()}
    before = [(place, place.value) for place in everything]
    kept = [
        (place, np.array(value)) for place, value in before if isinstance(value, np.ndarray) and id(value) not in own
    ]
    experiment.run(experiment.items[0])
    changed = [place for place, value in kept if value.shape in shapes and not _is_still(place, value)]
    experiment.restore()
    return changed


def _is_still(place: Place, value: Array) -> bool:
    now = copied_if_there(place)
    return isinstance(now, np.ndarray) and np.array_equal(now, value)


def _point(
    experiment: Experiment, values: dict[str, Array], state: list[Place]
) -> tuple[dict[str, Array], dict[Key, Array]]:
    """What a step adds to each parameter, and everything that it squares meanwhile, from the first step's state."""
    experiment.restore()
    for place in state:
        place.value = np.zeros(np.shape(place.value))
    experiment.put(values)
    squares = _squares(experiment.run(experiment.items[0]))
    after = {name: np.array(place.value, dtype=np.float64) for name, place in experiment.places.items()}
    return {name: after[name] - values[name] for name in values}, squares


def _squares(log: Log) -> dict[Key, Array]:
    counts: dict[int, int] = {}
    found: dict[Key, Array] = {}
    for site, value in log.squares:
        occurrence = counts[site] = counts.get(site, -1) + 1
        found[site, occurrence] = value
    return found


def _summed(experiment: Experiment, keys: Iterable[Key]) -> set[Key]:
    """What is squared and, as it is, added to something, as the text has it."""
    sites = experiment.runtime.sites
    added = [(site.line, re.sub(r"\s", "", site.text)) for site in sites if site.kind == "accumulate"]
    found = set()
    for key in keys:
        own = re.escape(re.sub(r"\s", "", sites[key[0]].text))
        square = re.compile(
            rf"{own}\*\*2|{own}\*{own}|(\w+\.)?(square\({own}\)|power\({own},2\)|multiply\({own},{own}\))"
        )
        if any(line == sites[key[0]].line and square.fullmatch(text) for line, text in added):
            found.add(key)
    return found


def _against(step: Array, squared: Array | None) -> bool:
    spread = None if squared is None else _spread(step, squared)
    if spread is None:
        return False
    telling = np.abs(spread) > 1e-9 * np.max(np.abs(spread), initial=0.0)
    return bool(np.all(np.sign(step[telling]) == -np.sign(spread[telling]))) and bool(np.all(np.isfinite(spread)))


def _is_multiple(step: Array, squared: Array) -> bool:
    spread = _spread(step, squared)
    assert spread is not None  # it was told to be against the step
    telling = np.abs(spread) > 1e-9 * np.max(np.abs(spread), initial=0.0)
    ratios = step[telling] / spread[telling]
    return ratios.size < 2 or float(np.ptp(ratios)) <= SPREAD * float(np.max(np.abs(ratios)))
