"""What a step that raises is held against, where it computes no loss: a loss of the output delta that it came to.

A step whose backward pass raises applies no gradient: no loss can be told by what it descends. That it raises is a
fault of the gradient all the same, once the forward pass is over: the output delta is there.
"""

from __future__ import annotations

import numpy as np

from gradcheck.errors import GradcheckError
from gradcheck.submissions.losses.implied_loss import Implied, output_pairs, pair_of
from gradcheck.submissions.losses.losses import MENU
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["delta_of_broken"]


def delta_of_broken(experiment: Experiment, rng: np.random.Generator) -> Implied | None:
    """The squared error at the last output delta before a step raises.

    Parameters
    ----------
    experiment : Experiment
        Whose step raises.
    rng : numpy.random.Generator

    Returns
    -------
    Implied or None
        None where the step raises before it has a delta, which is in its forward pass; or after it has changed all
        parameters, which is after its backward pass; or not at all.

    Notes
    -----
    Which loss was meant does not matter: it stands in for the one that would have shown whether the gradient is right.
    """
    if not _raises_on_its_way(experiment):
        return None
    try:
        pairs = output_pairs(experiment, rng)
        if not pairs:
            return None
        key, output_is_left = pairs[-1]
        pair = pair_of(experiment.observe(experiment.values()), key)
    except Exception:  # it raises at other points before it has a delta
        return None
    finally:
        experiment.restore()
    if pair is None:
        return None
    line, shape = experiment.runtime.sites[key[0]].line, tuple(np.shape(pair[0]))
    return Implied(key=key, output_is_left=output_is_left, loss=MENU[0], factor=0.5, shape=shape, line=line)


def _raises_on_its_way(experiment: Experiment) -> bool:
    """Whether a step of the code's own raises before every parameter has been changed."""
    before = experiment.values()
    try:
        experiment.run(experiment.items[0])
    except GradcheckError:
        return False
    except Exception:
        return any(np.array_equal(before[name], place.value) for name, place in experiment.places.items())
    finally:
        experiment.restore()
    return False
