"""Which of the losses that a file shows of other data a step descends, of the step's own data."""

from __future__ import annotations

import numpy as np

from gradcheck.submissions.losses.own_function_fit import OwnFunction, most_blocks, some_blocks, whole_gradient
from gradcheck.submissions.losses.reported_loss import ReportedLoss, reported_losses
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["shown_beside", "shown_elsewhere"]


def shown_elsewhere(experiment: Experiment, rng: np.random.Generator, *, whole: bool) -> OwnFunction | None:
    """What the file shows of other data, of the step's own: what the step descends in all blocks, or in most.

    Of what is only shown the step may descend a usual multiple; a multiple that no convention explains is an error.

    Parameters
    ----------
    experiment : Experiment
    rng : numpy.random.Generator
    whole : bool
        Whether nothing will do but all blocks.
    """
    pool = [OwnFunction(loss) for loss in reported_losses(experiment, rng)]
    found = whole_gradient(experiment, pool, rng) or (None if whole else most_blocks(experiment, pool, rng))
    if found is None or not isinstance(found.function, ReportedLoss) or found.function.is_convention(found.factor):
        return found
    return None if whole else OwnFunction(found.function)


def shown_beside(experiment: Experiment, rng: np.random.Generator) -> OwnFunction | None:
    """What the step descends in some blocks as it is shown, beside a loss of its output delta that leaves others wrong.

    Parameters
    ----------
    experiment : Experiment
    rng : numpy.random.Generator
    """
    pool = [OwnFunction(loss) for loss in reported_losses(experiment, rng)]
    found = some_blocks(experiment, pool, rng)
    return None if found is None or found.factor != 1.0 else found
