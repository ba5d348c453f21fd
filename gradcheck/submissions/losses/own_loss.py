"""Which scalar of a training step is the loss that the code trains by.

A scalar that the code records (appends, stores, accumulates, returns, stops by, or gets from a function of its own
that is named like a loss) is a candidate; one that is only shown is not. Among several, names decide first, and the one
that the step does descend settles what names leave open. The sum of the errors' sizes is the loss only if it is that
one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.submissions.losses import residuals
from gradcheck.submissions.losses.parts import is_part, meant, whole
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.slopes import dot
from gradcheck.submissions.steps.experiment import SCALE, TOTAL, Experiment, Values, scalars_of
from gradcheck.submissions.steps.numbers import rms
from gradcheck.submissions.text.sites import Site

__all__ = ["choose", "depends_on", "is_descended", "multiples", "of_one_sign", "scalars", "slopes"]

Key = tuple[int, int]
STEP = 1e-5
# What a function is called whose result is meant to be made small.
DECLARED = re.compile(r"loss|cost|objective|criterion|verlust|kosten|perte|co[uû]t|损失|代价", re.IGNORECASE)
# Central differences with this step are this good; so are ratios of two of them.
AGREEMENT, POINTS = 1e-4, 2
# A mean and the sum of its parts differ by rounding.
EXACT = 1e-9
# One number that was read twice.
IDENTICAL = 1e-13
# Points at which signs are looked at: an error that is as often above zero as below keeps its sign once in 128 times.
SIGNS = 8


def scalars(experiment: Experiment, rng: np.random.Generator) -> list[Scalar]:
    """Every scalar of a step that depends smoothly on the parameters; equal ones are one."""
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    start = experiment.values()
    direction = {name: rng.standard_normal(value.shape) for name, value in start.items()}
    point = experiment.random_values(rng)
    near = [_along(point, direction, STEP), _along(point, direction, 2 * STEP)]
    stations: list[Values] = [start, point, *near, experiment.random_values(rng)]
    seen = [scalars_of(experiment.observe(values), kinds) for values in stations]
    groups: dict[tuple[float, ...], list[Key]] = {}
    for key in seen[0]:
        if key[1] == TOTAL or not all(key in table for table in seen):
            continue
        row = tuple(table[key] for table in seen)
        if np.all(np.isfinite(row)) and _is_smooth(row[: 2 + len(near)]):
            groups.setdefault(_rounded(row), []).append(key)
    entries = np.column_stack([np.concatenate([np.ravel(station[name]) for name in start]) for station in stations])
    groups = {row: keys for row, keys in groups.items() if not _is_multiple_of_one(row, entries)}
    sites = experiment.runtime.sites
    return [
        *_unusable(seen, sites),
        *(Scalar(_steadiest(keys, sites), tuple(sites[site] for site, _ in keys)) for keys in groups.values()),
    ]


def _steadiest(keys: list[Key], sites: Sequence[Site]) -> Key:
    """The first; of a name that is given values in several places what is kept: of two branches each runs at times."""
    first = sites[keys[0][0]]
    given = [site for site in sites if (site.kind, site.function, site.name) == ("assign", first.function, first.name)]
    kept = [key for key in keys if sites[key[0]].kind in ("accumulate", "append", "store", "return")]
    return kept[0] if kept and len(given) > 1 else keys[0]


def _is_multiple_of_one(row: tuple[float, ...], entries: npt.NDArray[np.float64]) -> bool:
    """Whether a scalar is one entry of a parameter, read or stored under another name, or a share of one.

    The second and the last of the stations are as far apart as parameters are, so that no loss looks so by chance.
    """
    values = np.array(row)
    if np.any(np.all(np.abs(entries - values) <= IDENTICAL * np.abs(values), axis=1)):
        return True
    told = entries[entries[:, 1] != 0.0]
    gaps = np.abs(told * values[1] - told[:, 1:2] * values)
    return bool(values[1] != 0.0 and np.any(np.all(gaps <= EXACT * np.abs(told[:, 1:2] * values), axis=1)))


def _unusable(seen: list[dict[Key, float]], sites: Sequence[Site]) -> list[Scalar]:
    """What is recorded as the loss by its name and is a number nowhere: it is the loss all the same."""
    nowhere = [
        key for key in seen[0] if key[1] != TOTAL and not any(np.isfinite(table.get(key, np.nan)) for table in seen)
    ]
    found = [Scalar(key, (sites[key[0]],)) for key in nowhere]
    return [scalar for scalar in found if scalar.recorded and scalar.named and not scalar.is_metric][:1]


def choose(experiment: Experiment, found: list[Scalar], rng: np.random.Generator) -> Scalar | None:
    """The loss among the recorded scalars, or None when none is recorded."""
    sites = experiment.runtime.sites
    recorded = [scalar for scalar in found if scalar.recorded]
    if recorded:
        steps = residuals.no_losses(experiment, [scalar.key for scalar in recorded], rng)
        recorded = [scalar for scalar in recorded if scalar.key not in steps and not is_part(scalar, sites)]
    named = [scalar for scalar in recorded if scalar.named and not scalar.is_metric]
    times = Counter(scalar.key[0] for scalar in found)  # ``g[j] = ...``: an entry of something, each time another one
    pool = named or [
        scalar
        for scalar in recorded
        if not (scalar.is_metric or scalar.is_gradient)
        and _is_kept(scalar)
        and (times[scalar.key[0]] == 1 or scalar.key[1] < 0)
    ]
    pool = list(dict.fromkeys(whole(scalar, found) for scalar in pool))
    bare = {scalar: meant(scalar, found) for scalar in pool}
    pool = list(dict.fromkeys(each for scalar in pool for each in (bare[scalar], scalar)))
    if pool and not named:
        pool = _like_losses(experiment, pool, rng)
    if not pool:  # what is named like a metric may be the loss all the same: if the step descends it
        shown = [scalar for scalar in recorded if scalar.is_metric and _is_kept(scalar)]
        descended = _descended(experiment, shown, rng) if shown else []
        return next((scalar for scalar, agrees in zip(shown, descended, strict=True) if agrees), None)
    plain = residuals.absolute_errors(experiment, [scalar.key for scalar in pool if not _is_declared(scalar)], rng)
    kept = [s for s in recorded if s not in pool and not s.is_metric and whole(s, found) is s]
    if len(pool) <= 1 and not plain and not kept:
        return pool[0]
    agreeing = [scalar for scalar, agrees in zip(pool, _descended(experiment, pool, rng), strict=True) if agrees]
    rest = [scalar for scalar in pool if bare.get(scalar, scalar) is scalar]
    # a sample's or a part's cost is named, their mean is not: it is the loss if it is what the step descends
    kept += [scalar for scalar in pool if scalar not in rest and scalar.recorded]
    if kept and not agreeing:
        agreeing = [scalar for scalar, agrees in zip(kept, _descended(experiment, kept, rng), strict=True) if agrees]
    if agreeing:
        return agreeing[0]
    pool = rest
    if len(pool) <= 1 and not plain:
        return pool[0]
    wholes = _wholes(experiment, pool, kept, rng)
    together = None if wholes else _of_most_blocks(experiment, _totals(experiment, pool), rng)
    if together is not None:
        return together
    pool = wholes or pool
    if len(pool) > 1:  # a gradient that is one multiple of the true one still tells whose it is
        pool = _proportional(experiment, pool, rng) or of_one_sign(experiment, pool, rng) or pool
    return max((scalar for scalar in pool if scalar.key not in plain), key=_preference, default=None)


def slopes(experiment: Experiment, keys: list[Key], point: Values, direction: Values) -> list[float]:
    """Central differences of several scalars along one direction."""
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    ahead = scalars_of(experiment.observe(_along(point, direction, STEP)), kinds)
    behind = scalars_of(experiment.observe(_along(point, direction, -STEP)), kinds)
    nan = float("nan")
    return [(ahead.get(key, nan) - behind.get(key, nan)) / (2 * STEP) for key in keys]


def depends_on(experiment: Experiment, scalar: Scalar, names: Sequence[str], rng: np.random.Generator) -> bool:
    """Whether a scalar is of all of these blocks: the loss of one head is not of another's.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar
    names : sequence of str
    rng : numpy.random.Generator
    """
    experiment.restore()
    point = experiment.random_values(rng)
    along = {name: np.zeros(np.shape(value)) for name, value in point.items()}
    alone = [{**along, name: rng.standard_normal(point[name].shape)} for name in names]
    return all(slopes(experiment, [scalar.key], point, direction)[0] != 0.0 for direction in alone)


def multiples(
    experiment: Experiment, pool: list[Scalar], rng: np.random.Generator, *, either_sign: bool = False
) -> list[float]:
    """The claimed slope over each scalar's own, where that is one positive number at several points, else NaN.

    Of a gradient that is right it is 1, of one that is half of the true one 0.5; with ``either_sign`` of a step that
    climbs it -1.
    """
    ratios = []
    experiment.restore()
    for _ in range(POINTS):
        point = experiment.random_values(rng)
        direction = {name: rng.standard_normal(value.shape) for name, value in point.items()}
        gradient = experiment.claimed(point)
        claimed = dot(gradient, direction)
        with np.errstate(all="ignore"):
            ratios.append(claimed / _own_slopes(experiment, pool, point, direction))
    found = np.median(ratios, axis=0)
    with np.errstate(all="ignore"):
        steady = np.all(np.abs(np.array(ratios) - found) <= AGREEMENT * np.abs(found), axis=0)
        steady &= (found != 0.0) if either_sign else (found > 0.0)
    return [float(value) for value in np.where(steady, found, np.nan)]


def is_descended(experiment: Experiment, scalar: Scalar, rng: np.random.Generator) -> bool:
    """Whether the step descends it, or a positive multiple of it.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar
    rng : numpy.random.Generator
    """
    return bool(np.isfinite(multiples(experiment, [scalar], rng)[0]))


def _own_slopes(experiment: Experiment, pool: list[Scalar], point: Values, direction: Values) -> npt.NDArray[Any]:
    found = slopes(experiment, [scalar.key for scalar in pool], point, direction)
    return np.array([slope * scalar.factor for slope, scalar in zip(found, pool, strict=True)])


def _totals(experiment: Experiment, pool: list[Scalar]) -> list[Scalar]:
    """The sums and means of what one place computes several times in a step, as for every part of the data."""
    log = experiment.observe(experiment.values())
    counts = Counter(site for site, _ in log.notes)
    sites = experiment.runtime.sites
    first = {
        scalar.key[0]: scalar
        for scalar in reversed(pool)
        if scalar.key[1] >= 0 and counts[scalar.key[0]] > 1 and not _is_running(sites[scalar.key[0]], sites)
    }
    return [
        Scalar((site, TOTAL), scalar.sites, factor)
        for site, scalar in first.items()
        for factor in (1.0, 1.0 / counts[site])
    ]


def _of_most_blocks(experiment: Experiment, pool: list[Scalar], rng: np.random.Generator) -> Scalar | None:
    """The one that the step descends in most blocks, and most entries; None where it descends none of them in any."""
    if not pool:
        return None
    agreeing = np.zeros(len(pool))
    point = experiment.random_values(rng)
    gradient = experiment.claimed(point)
    entries = sum(value.size for value in point.values())
    for name, value in point.items():
        direction = {other: np.zeros(np.shape(start)) for other, start in point.items()}
        direction[name] = rng.standard_normal(value.shape)
        claimed = float(np.sum(gradient[name] * direction[name]))
        with np.errstate(all="ignore"):
            ratios = claimed / _own_slopes(experiment, pool, point, direction)
        agreeing += (np.abs(ratios - 1.0) <= AGREEMENT) * (1.0 + 0.5 * value.size / entries)
    experiment.restore()
    return pool[int(np.argmax(agreeing))] if np.max(agreeing) > 0 else None


def _descended(experiment: Experiment, pool: list[Scalar], rng: np.random.Generator) -> list[bool]:
    return [abs(ratio - 1.0) <= AGREEMENT for ratio in multiples(experiment, pool, rng)]


def _proportional(experiment: Experiment, pool: list[Scalar], rng: np.random.Generator) -> list[Scalar]:
    ratios = multiples(experiment, pool, rng)
    return [scalar for scalar, ratio in zip(pool, ratios, strict=True) if np.isfinite(ratio)]


def of_one_sign(experiment: Experiment, pool: list[Scalar], rng: np.random.Generator) -> list[Scalar]:
    """Those that keep their sign: an error of a hidden unit, or an output, has either, a usual loss has not.

    Parameters
    ----------
    experiment : Experiment
    pool : list of Scalar
    rng : numpy.random.Generator
    """
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    signs: dict[Key, set[float]] = {}
    around = experiment.values()
    for _ in range(SIGNS):
        anywhere = {name: max(rms(a), SCALE) * rng.standard_normal(a.shape) for name, a in around.items()}
        table = scalars_of(experiment.observe(anywhere), kinds)
        for scalar in pool:
            value = table.get(scalar.key, float("nan"))
            if np.isfinite(value):  # far away a simulation may end nowhere
                signs.setdefault(scalar.key, set()).add(float(np.sign(value)))
    experiment.restore()
    return [scalar for scalar in pool if len(signs.get(scalar.key, ())) == 1]


def _like_losses(experiment: Experiment, pool: list[Scalar], rng: np.random.Generator) -> list[Scalar]:
    """Without those of either sign that no step goes along: what a way back adds up in numbers has no name either."""
    kept = of_one_sign(experiment, pool, rng)
    ratios = multiples(experiment, pool, rng, either_sign=True)
    return [scalar for scalar, ratio in zip(pool, ratios, strict=True) if scalar in kept or np.isfinite(ratio)]


def _is_declared(scalar: Scalar) -> bool:
    """Whether the file has a function of its own for it that is called the loss, and not an error that is watched."""
    returning = [site.function.rpartition(".")[2] for site in scalar.sites if site.kind == "return"]
    return any(DECLARED.search(name) for name in returning)


def _wholes(
    experiment: Experiment, parts: list[Scalar], others: list[Scalar], rng: np.random.Generator
) -> list[Scalar]:
    """What is the sum or mean of all that one place computes in a step, one for each part of the data; else nothing."""
    keys = [scalar.key for scalar in parts]
    if len(keys) < 2 or len({site for site, _ in keys}) > 1 or min(number for _, number in keys) < 0 or not others:
        return []
    kinds = {number: site.kind for number, site in enumerate(experiment.runtime.sites)}
    ratios = []
    for _ in range(POINTS + 1):
        table = scalars_of(experiment.observe(experiment.random_values(rng)), kinds)
        total = sum(table.get(key, float("nan")) for key in keys)
        ratios.append([table.get(scalar.key, float("nan")) / total for scalar in others])
    experiment.restore()
    spread = np.ptp(np.array(ratios), axis=0)
    return [
        scalar for scalar, width, ratio in zip(others, spread, ratios[0], strict=True) if width <= EXACT * abs(ratio)
    ]


def _is_running(site: Site, sites: Sequence[Site]) -> bool:
    """Whether what it holds each time is what ``loss += part`` has come to so far, and no part of its own."""
    place = (site.function, site.name, site.line)
    return any(other.kind == "accumulate" and place == (other.function, other.name, other.line) for other in sites)


def _is_kept(scalar: Scalar) -> bool:
    """Without a name like a loss only what is appended, stored or added up counts, not any helper's number.

    What is added to an entry of an array, or put at a place that is a number (``g[2] += ...``, ``g[3] = ...``), is an
    entry of something, and no loss: a record's place is the turn's number.
    """
    entry = {"accumulate": r"\]$", "store": r"\[-?\d+\]$"}
    return any(
        site.kind == "append" or (site.kind in entry and not re.search(entry[site.kind], site.name))
        for site in scalar.sites
    )


def _preference(scalar: Scalar) -> tuple[bool, bool, int]:
    kinds = {site.kind for site in scalar.sites}
    explicit = any("loss" in site.name.lower() or "cost" in site.name.lower() for site in scalar.sites)
    return ("append" in kinds or "store" in kinds, explicit, max(site.line for site in scalar.sites))


def _rounded(row: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(float(f"{value:.13e}") for value in row)


def _along(point: Values, direction: Values, step: float) -> dict[str, np.ndarray]:
    return {name: value + step * direction[name] for name, value in point.items()}


def _is_smooth(row: tuple[float, ...]) -> bool:
    """Two equal steps change it by about the same, and by something."""
    one, two = row[2] - row[1], row[3] - row[1]
    noise = 1e-13 * max(abs(value) for value in row)
    return abs(one) > noise and abs(two - 2 * one) <= 0.2 * abs(two) + 4 * noise
