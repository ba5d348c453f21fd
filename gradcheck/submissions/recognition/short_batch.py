"""A batch of another size in the program's own run, as the last of an epoch is: a gradient may be wrong in it alone.

A number of samples that is written down once for all batches (``/ BATCH``) is right in every full one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses.slopes import AGREEMENT, dot, slope
from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["take_short_batch"]

POINTS = 2
# A batch with one sample less than 1000 is this much off; central differences are good to a tenth of it.
OFF = 1e-3

Shapes = Counter[tuple[int, tuple[int, ...]]]


def take_short_batch(
    experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator, *, implied: bool
) -> list[Finding]:
    """Make a batch of another size the step's, where the gradient is wrong in that alone; what to say of it.

    Parameters
    ----------
    experiment : Experiment
        Its ``items`` are that batch, where there is one.
    loss : callable
        ``loss(step)`` of the experiment's items at the present parameters.
    rng : numpy.random.Generator
    implied : bool
        Whether only the gradient says which loss it is: a division beside the rate is the step's length then.
    """
    if experiment.gain != 1.0 or (implied and any("/" in text for text in _updates(experiment))):
        return []  # what stands beside the rate is known of the first batch alone
    kept = experiment.items
    try:
        item = _short(experiment)
        if not _is_wrong_alone(experiment, loss, item, rng):
            return []
        kept = (item,)
    except Exception:  # nothing of the kind, or a turn that cannot be run out of its place
        return []
    finally:
        experiment.items = kept
        experiment.restore()
    message = tr(
        "The loop's batches are not all of one size. In the first the step descends the loss, in one of another size "
        "it does not: that one was checked. Take the number of samples from the batch at hand, as by len(xb), and not "
        "from a constant."
    )
    return [Finding(id="short-batch", severity=Severity.WARNING, message=message)]


def _short(experiment: Experiment) -> Any:
    """The item of a turn that does the same as the first one, with arrays of other shapes."""
    full = _shapes(experiment, experiment.all_items[0])
    for item in _others(experiment):
        shapes = _shapes(experiment, item)
        if shapes != full and {site for site, _ in shapes} == {site for site, _ in full}:
            return item
    raise LookupError


def _is_wrong_alone(experiment: Experiment, loss: Callable[[Any], Any], item: Any, rng: np.random.Generator) -> bool:
    """Whether a step descends the loss of the first batch, and not that of another one."""
    ratios = []
    for turn in (experiment.all_items[0], item):
        experiment.items = (turn,)
        ratios.append(np.array([_multiple(experiment, loss, rng) for _ in range(POINTS)]))
    right, off = (np.abs(ratio - 1.0) for ratio in ratios)
    return bool(np.all(right <= AGREEMENT) and np.all(off > OFF))


def _others(experiment: Experiment) -> Iterator[Any]:
    yield from experiment.all_items[1:]
    yield experiment.last_item()


def _shapes(experiment: Experiment, item: Any) -> Shapes:
    """Of what a turn subtracts, by where, and how often: a batch may be gone through sample by sample."""
    log: Log = experiment.observe(experiment.values(), item, first=False)
    experiment.restore()
    return Counter((site, np.shape(side)) for site, *sides in log.pairs for side in sides)


def _updates(experiment: Experiment) -> list[str]:
    """The updates that have a rate, as they are written."""
    sites = experiment.runtime.sites
    return [sites[sites[site].owner].text for site in experiment.rates.sites if sites[site].owner >= 0]


def _multiple(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> float:
    """The claimed slope over the loss's own, along one direction."""
    experiment.restore()
    point = experiment.random_values(rng)
    direction = {name: rng.standard_normal(value.shape) for name, value in point.items()}
    gradient = experiment.claimed(point)
    own = slope(experiment, loss, point, direction)
    return dot(gradient, direction) / own
