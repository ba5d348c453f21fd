"""Numbers that are kept and are a function of the loss that is descended: its root, its exponential, a share of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.submissions.losses import implied_loss, step_losses
from gradcheck.submissions.losses.own_loss import DECLARED
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.slopes import AGREEMENT, common_ratios, dot, slope
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["is_function_of_the_loss", "is_score"]

# A step across the gradient, and what a function of the loss changes by between the two sides: the step's third power,
# and the rounding of two slopes; anything else changes by about the step.
ACROSS, LEVEL = 1e-3, 1e-5
# What only a number for readers is called, also in a list of losses.
SCORE = re.compile(r"rms|root|perplex|ppl|(^|[^a-z])r_?2|norm|psnr|db$", re.IGNORECASE)


def is_score(experiment: Experiment, scalar: Scalar, rng: np.random.Generator) -> bool:
    """Whether a number is a function of the loss that the step's output delta implies, and is not called a loss.

    Parameters
    ----------
    experiment : Experiment
    scalar : Scalar
        What was taken for the loss.
    rng : numpy.random.Generator
    """
    called_a_loss = any(map(DECLARED.search, scalar.names)) and not any(map(SCORE.search, scalar.names))
    if called_a_loss or not is_function_of_the_loss(experiment, step_losses.of_scalar(experiment, scalar), rng):
        return False
    implied = implied_loss.infer(experiment, rng)
    return implied is not None and implied.is_usual and implied_loss.explains(experiment, implied, rng)


def is_function_of_the_loss(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> bool:
    """Whether a step goes along a number's gradient, by another part of it at each place, or against a share of it.

    Of one sample's single output, and of one number, every function has such a gradient, a wrong one, too: of that
    nothing is said.

    Parameters
    ----------
    experiment : Experiment
    loss : callable
        ``loss(step)`` at the present parameters.
    rng : numpy.random.Generator
    """
    log = experiment.observe(experiment.values())
    pairs = [implied_loss.pair_of(log, key) for key, _ in implied_loss.output_pairs(experiment, rng)]
    entries = sum(np.size(place.value) for place in experiment.places.values())
    if entries == 1 or not any(pair is not None and np.size(pair[0]) > 1 for pair in pairs):
        return False
    ratios = common_ratios(experiment, loss, rng)
    if ratios is None:
        return False
    if np.ptp(ratios) <= AGREEMENT * abs(ratios[0]):
        return ratios[0] < 0.0 and abs(ratios[0] + 1.0) > AGREEMENT
    return _is_level(experiment, loss, rng)


def _is_level(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> bool:
    """Whether the part is the same where the number is the same, as far as a small step across the gradient goes.

    A root's factor is a function of the root. What a delta is multiplied by for no reason is none of the loss's value.
    """
    experiment.restore()
    point = experiment.random_values(rng)
    claim = experiment.claimed(point)
    across = {name: rng.standard_normal(value.shape) for name, value in point.items()}
    share = dot(across, claim) / dot(claim, claim)
    parts = []
    for step in (ACROSS, -ACROSS):
        at = {name: value + step * (across[name] - share * claim[name]) for name, value in point.items()}
        there = experiment.claimed(at)
        parts.append(dot(there, there) / slope(experiment, loss, at, there))
    return bool(abs(parts[0] - parts[1]) <= LEVEL * abs(parts[0]))
