"""Targets that are made of the network's own outputs and held fixed: a semi-gradient, as temporal differences have.

``target = r + gamma * v(s2)`` depends on the parameters, and by convention no derivative is taken of that: of the loss
with the target as it is at the parameters from which training goes on, the step is an exact gradient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses.own_loss import AGREEMENT, multiples
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["hold_targets"]

# By what the values of what comes next are multiplied; a margin between two outputs has none.
DISCOUNT = re.compile(r"gamma|discount|γ|折扣|disk?ont|descuento|abzins", re.IGNORECASE)


def hold_targets(experiment: Experiment, scalar: Scalar, rng: np.random.Generator) -> bool:
    """Hold a discounted target fixed where the step then descends the loss in all blocks, and not without that.

    Parameters
    ----------
    experiment : Experiment
        What it holds is set, and what to say of that noted.
    scalar : Scalar
        The loss.
    rng : numpy.random.Generator
    """
    experiment.restore()
    log = experiment.observe(experiment.values())
    experiment.restore()
    for site, line, held in _discounted(experiment, log):
        experiment.held = {site: held}
        if abs(multiples(experiment, [scalar], rng)[0] - 1.0) <= AGREEMENT:
            message = tr(
                "The target in line {line} is made of the network's own output. It was held at what it is before the "
                "step, as is usual for temporal differences: loss and gradient were compared with it so.",
                line=line,
            )
            experiment.noted.append(Finding(id="target-held", severity=Severity.INFO, message=message))
            experiment.restore()
            return True
        experiment.held = {}
    experiment.restore()
    return False


def _discounted(experiment: Experiment, log: Log) -> Iterator[tuple[int, int, tuple[bool, Any]]]:
    """Differences that are taken once, one side of which is a sum with discounted values: site, line, that side."""
    sites = experiment.runtime.sites
    sums = {id(result) for site, result, *_ in log.sums if DISCOUNT.search(sites[site].text)}
    times = [site for site, _, _ in log.pairs]
    for site, *sides in log.pairs:
        for is_left, side in zip((True, False), sides, strict=True):
            if times.count(site) == 1 and id(side) in sums:
                yield site, sites[site].line, (is_left, np.array(side, dtype=np.float64) if np.ndim(side) else side)
