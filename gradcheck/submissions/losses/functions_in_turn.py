"""Networks that one step trains in turn, each by a loss function of the file's own that the step does not call."""

from __future__ import annotations

import numpy as np

from gradcheck.submissions.losses.in_turn import leave_out
from gradcheck.submissions.losses.own_function_fit import OwnFunction, functions_of
from gradcheck.submissions.losses.slopes import AGREEMENT, block_ratios
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["leave_to_other_functions"]

# So small a step that what is updated first has hardly moved when the others are; rounding does not tell yet.
RATE = 1e-7


def leave_to_other_functions(experiment: Experiment, function: OwnFunction, rng: np.random.Generator) -> bool:
    """Take from the parameters those that another function of the file trains, if one explains all that this does not.

    Parameters
    ----------
    experiment : Experiment
        Its ``places`` lose them, and what to say of that is noted.
    function : OwnFunction
        Held against.
    rng : numpy.random.Generator
    """
    names = list(experiment.places)
    own = _agreeing(experiment, function, rng)
    later = [name for name in names if name not in own]
    if not own or not later:
        return False
    others = [other for other in functions_of(experiment, rng) if other.function != function.function]
    if not any(_agreeing(experiment, other, rng) == set(later) for other in others):
        return False
    leave_out(experiment, later, function.text)
    return True


def _agreeing(experiment: Experiment, function: OwnFunction, rng: np.random.Generator) -> set[str]:
    """The blocks in which small steps descend a function, or one positive multiple of it."""
    known = block_ratios(experiment, function.loss(experiment), rng, RATE)
    experiment.restore()
    positive = {name: ratio for name, ratio in known.items() if ratio > 0.0}
    groups = [
        {name for name, ratio in positive.items() if abs(other - ratio) <= AGREEMENT * ratio}
        for other in positive.values()
    ]
    return max(groups, key=len, default=set())
