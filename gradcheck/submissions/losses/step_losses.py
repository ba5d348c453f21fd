"""What a step's loss is at any parameters: a scalar that it computes, or one of what it subtracts or is given."""

from __future__ import annotations

import linecache
import re
import types
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from gradcheck.oracles.autodiff.protocol import is_box, unboxed
from gradcheck.submissions.losses import implied_loss
from gradcheck.submissions.losses.called_loss import CalledLoss
from gradcheck.submissions.losses.loss_functions import LossFunction
from gradcheck.submissions.losses.reported_loss import ReportedLoss
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.running.runtime import Log, StopStep, as_number, is_scalar
from gradcheck.submissions.steps.experiment import Experiment, scalars_of
from gradcheck.submissions.text.decay import decays_apart
from gradcheck.submissions.text.reports import parsed

__all__ = [
    "decays_beside",
    "is_watched",
    "leaves_decay_out",
    "of_call",
    "of_pair",
    "of_scalar",
    "read_pair",
    "read_scalar",
]

# What the strength of a penalty is called.
PENALTY = re.compile(r"lam|λ|reg|l2|decay|penal", re.IGNORECASE)


def of_scalar(experiment: Experiment, scalar: Scalar) -> Callable[[Any], Any]:
    """The code's own loss: a step at rate zero, stopped once the loss is known."""
    terms = [scalar.key, *(other.key for other in scalar.others)]
    needed = {site: max(occurrence for other, occurrence in terms if other == site) for site, _ in terms}
    entire = any(occurrence < 0 for _, occurrence in terms)

    def loss(_step: Any) -> Any:
        total: list[Any] = []
        for item in experiment.items:
            seen: dict[int, list[Any]] = {site: [] for site in needed}
            last = _last_terms(experiment, item, list(needed)) if entire else needed

            def watch(
                site: int, value: Any, right: Any, seen: dict[int, list[Any]] = seen, last: dict[int, int] = last
            ) -> None:
                if site in seen and right is None and is_scalar(value):  # an object's constructor is given arrays, too
                    seen[site].append(value)
                    if last and all(len(seen[each]) > least for each, least in last.items()):
                        raise StopStep

            with experiment.variables_kept():
                experiment.run(item, rate=0.0, wanted=watch)
            total += [_sum(seen[site]) if at < 0 else as_number(seen[site][at]) for site, at in terms]
        return _sum(total) if scalar.factor == 1.0 else scalar.factor * _sum(total)

    return loss


def _last_terms(experiment: Experiment, item: Any, sites: list[int]) -> dict[int, int]:
    """Which term of each site is the last of a traced step, as it is of the same step with plain numbers.

    A traced step is not followed into its update, where arrays of another kind are written. Of a plain step nothing is
    said: it is run to its end.
    """
    places = list(experiment.places.values())
    held = [place.value for place in places]
    if not any(is_box(value) for value in held):
        return {}
    counts = dict.fromkeys(sites, 0)

    def count(site: int, value: Any, right: Any) -> None:
        if site in counts and right is None and is_scalar(value):
            counts[site] += 1

    for place, value in zip(places, held, strict=True):
        place.value = np.array(unboxed(value))
    try:
        with experiment.variables_kept():
            experiment.run(item, rate=0.0, wanted=count)
    finally:
        for place, value in zip(places, held, strict=True):
            place.value = value
    return {site: number - 1 for site, number in counts.items()}


def leaves_decay_out(experiment: Experiment, scalar: Scalar) -> bool:
    """Whether the file shrinks parameters in a statement of its own, and the loss has no penalty: neither is an error.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar
    """
    return not any(PENALTY.search(site.text) for site in scalar.sites) and decays_beside(experiment)


def decays_beside(experiment: Experiment) -> bool:
    """Whether the file shrinks parameters in a statement of its own.

    Parameters
    ----------
    experiment : Experiment
    """
    step = cast("types.FunctionType", experiment.step)
    tree = parsed("".join(linecache.getlines(step.__code__.co_filename)))
    return tree is not None and decays_apart(tree)


def is_watched(experiment: Experiment, scalar: Scalar) -> bool:
    """Whether a step computes it only when the parameters are changed already: to look at it, not to go by it.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar

    Notes
    -----
    With a penalty of its own it says which one is meant, whenever it is computed.
    """
    if any(PENALTY.search(site.text) for site in scalar.sites):
        return False
    start = experiment.values()
    changed: list[bool] = []

    def watch(site: int, _value: Any, right: Any) -> None:
        if site == scalar.key[0] and right is None and not changed:
            now = {name: place.value for name, place in experiment.places.items()}
            changed.append(any(not np.array_equal(now[name], value) for name, value in start.items()))

    try:
        experiment.run(experiment.items[0], wanted=watch)
    except Exception:  # a step that is broken behind its loss
        return False
    finally:
        experiment.restore()
    return changed == [True]


def of_pair(experiment: Experiment, implied: implied_loss.Implied | LossFunction) -> Callable[[Any], Any]:
    """A loss that the step does not compute, of the output and the targets that it subtracts."""

    def loss(_step: Any) -> Any:
        total: list[Any] = []
        for item in experiment.items:
            seen: list[Any] = []

            def watch(site: int, left: Any, right: Any, seen: list[Any] = seen) -> None:
                if site == implied.key[0] and right is not None:
                    seen.append((left, right))
                    if len(seen) == implied.key[1] + 1:
                        raise StopStep

            with experiment.variables_kept():
                experiment.run(item, rate=0.0, wanted=watch)
            chosen = seen if implied.key[1] < 0 else seen[implied.key[1] :]
            meant = implied.sized(chosen) if isinstance(implied, implied_loss.Implied) else implied
            total.extend(meant.evaluate(*pair) for pair in chosen)
        return _sum(total)

    return loss


def of_call(experiment: Experiment, called: CalledLoss | ReportedLoss) -> Callable[[Any], Any]:
    """A loss that the step does not compute, of what its functions are given."""

    def loss(_step: Any) -> Any:
        total = []
        for item in experiment.items:
            with experiment.variables_kept():
                total.append(called.evaluate(experiment, item))
        return _sum(total)

    return loss


def read_scalar(experiment: Experiment, scalar: Scalar, log: Log) -> float | None:
    """The code's own loss, in what one step reported; None for a step that did not compute it."""
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    told = [scalars_of(log, kinds).get(part.key) for part in (scalar, *scalar.others)]
    known = [number for number in told if number is not None]
    return scalar.factor * sum(known) if len(known) == len(told) else None


def read_pair(implied: implied_loss.Implied | LossFunction, log: Log) -> float | None:
    """A loss that the step does not compute, in what one step reported."""
    pair = implied_loss.pair_of(log, implied.key)
    if pair is None:
        return None
    stacked = list(zip(*pair, strict=True)) if implied.key[1] < 0 else [pair]
    meant = implied.sized(stacked) if isinstance(implied, implied_loss.Implied) else implied
    return float(np.real(meant.evaluate(*pair)))


def _sum(values: list[Any]) -> Any:
    total = as_number(values[0])
    for value in values[1:]:
        total = total + as_number(value)
    return total
