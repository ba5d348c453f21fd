"""Numbers of a step that cannot be its loss, whatever they are called: what it adds to parameters, and plain errors.

With one output and one sample at a time ``error = y - out``, ``delta = error * out * (1 - out)`` and the bias's
gradient are single numbers too, and smooth ones. They have the sign of the error; a loss has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.submissions.losses.implied_loss import output_pairs, pair_of
from gradcheck.submissions.running.runtime import as_number, is_scalar
from gradcheck.submissions.steps.experiment import Experiment, scalars_of
from gradcheck.submissions.text.sites import LOSS_NAME, RATE_NAME, WEAK_RATE_NAME, Site

__all__ = ["absolute_errors", "no_losses"]

Key = tuple[int, int]
POINTS = 4
CONSTANT = 1e-7


def no_losses(experiment: Experiment, keys: list[Key], rng: np.random.Generator) -> set[Key]:
    """Those of some scalars (site, occurrence) that are updates, or multiples of an error or of its delta."""
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    pairs = output_pairs(experiment, rng)
    rows: dict[Key, list[float]] = {key: [] for key in keys}
    factors: list[list[float]] = []
    applied = _rated(experiment.runtime.sites)
    for _ in range(POINTS):
        experiment.restore()
        log = experiment.observe(experiment.random_values(rng))
        held = [place.value for place in experiment.places.values()]
        applied |= {site for site, target, _ in log.updated if any(target is value for value in held)}
        applied |= {site for site, value in log.notes if np.ndim(value) and any(value is kept for kept in held)}
        applied |= {site for site, value in log.notes if np.ndim(value) and _is_buffer(experiment.runtime.sites[site])}
        table = scalars_of(log, kinds)
        for key in keys:
            rows[key].append(table.get(key, float("nan")))
        factors.append([number for key, left in pairs for number in _errors(pair_of(log, key), output_is_left=left)])
    experiment.restore()
    errors = np.array(factors, dtype=np.float64).T if len({len(row) for row in factors}) == 1 else np.zeros((0, POINTS))
    stored = _stored(experiment, keys, rng)
    return {
        key
        for key in keys
        if key[0] in applied or key in stored or any(_is_multiple(np.array(rows[key]), error) for error in errors)
    }


def absolute_errors(experiment: Experiment, keys: list[Key], rng: np.random.Generator) -> set[Key]:
    """Those of some scalars that are the sum or mean of the errors' sizes: usually shown, and seldom descended."""
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    pairs = output_pairs(experiment, rng)
    rows: dict[Key, list[float]] = {key: [] for key in keys}
    sizes: list[list[float]] = []
    for _ in range(POINTS):
        experiment.restore()
        log = experiment.observe(experiment.random_values(rng))
        table = scalars_of(log, kinds)
        for key in keys:
            rows[key].append(table.get(key, float("nan")))
        found = [pair_of(log, key) for key, _ in pairs]
        sizes.append([float("nan") if p is None else float(np.sum(np.abs(np.subtract(*p)))) for p in found])
    experiment.restore()
    errors = np.array(sizes, dtype=np.float64).T if len({len(row) for row in sizes}) == 1 else np.zeros((0, POINTS))
    return {key for key in keys if any(_is_multiple(np.array(rows[key]), error) for error in errors)}


def _stored(experiment: Experiment, keys: list[Key], rng: np.random.Generator) -> set[Key]:
    """What a step with a rate makes parameters of, and the one number that it changes some of them by."""
    rate = experiment.rate
    experiment.restore()
    experiment.put(experiment.random_values(rng))
    before = [place.value for place in experiment.places.values()]
    try:
        log = experiment.run(experiment.items[0], rate=rate)
    except BaseException:  # a broken backward pass
        experiment.restore()
        return set()
    changes = [value for _, target, value in log.updated if any(target is held for held in before)]
    claimed = [abs(float(np.real(as_number(value)))) / rate for value in changes if is_scalar(value)]
    single = [float(np.reshape(v.value, ())) for v in experiment.places.values() if np.size(v.value) == 1]
    sites = set()
    for site, value in log.notes:
        number = float(np.real(np.reshape(value, ())))
        if number in single or any(abs(abs(number) - entry) <= CONSTANT * entry for entry in claimed):
            sites.add(site)
    experiment.restore()
    return {key for key in keys if key[0] in sites}


def _rated(sites: Sequence[Site]) -> set[int]:
    """What is added up times a learning rate is an update, of whatever."""
    rates = [site for site in sites if site.kind == "rate" and site.owner >= 0 and RATE_NAME.search(site.name)]
    return {site.owner for site in rates if not WEAK_RATE_NAME.search(site.name)}


def _is_buffer(site: Site) -> bool:
    """An array of one entry that is stored under no loss's name."""
    return site.kind == "store" and not LOSS_NAME.search(site.name)


def _errors(pair: tuple[Any, Any] | None, *, output_is_left: bool) -> list[float]:
    """The summed error, and for one output its products with the usual derivatives, and the output itself."""
    if pair is None:
        return [float("nan")] * 5
    output, target = (np.asarray(part, dtype=np.float64) for part in (pair if output_is_left else pair[::-1]))
    error = output - target
    if error.size != 1:
        return [float(np.sum(error)), *[float("nan")] * 4]
    with np.errstate(all="ignore"):
        slope = output * (1.0 - output)
        products = (error, error * slope, error / slope, error * (1.0 - output**2), output)
        return [float(np.sum(part)) for part in products]


def _is_multiple(row: Any, error: Any) -> bool:
    with np.errstate(all="ignore"):
        ratios = row / error
    return bool(np.all(np.isfinite(ratios)) and np.ptp(ratios) <= CONSTANT * np.max(np.abs(ratios)))
