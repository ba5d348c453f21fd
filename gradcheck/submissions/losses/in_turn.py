"""Networks that one step trains in turn, each by a loss of its own: a discriminator, then a generator.

What reads parameters is called for the loss, and once more after the first updates, computes something anew: what is
updated after that belongs to another loss than what was updated before. A backward pass that only reads what it has
already updated calls no function of the forward pass but activations, which read no parameters.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import cast

import numpy as np

from gradcheck.language import listed, tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.several import agreement
from gradcheck.submissions.running.calls import calls_told
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["leave_out", "leave_to_another_loss"]


def leave_to_another_loss(experiment: Experiment, chosen: Scalar, rng: np.random.Generator) -> bool:
    """Take from the parameters those that another loss trains, if the others are trained by the chosen one.

    Parameters
    ----------
    experiment : Experiment
        Its ``places`` lose them, and what to say of that is noted.
    chosen : Scalar
    rng : numpy.random.Generator
    """
    first = _before_anew(experiment, chosen)
    later = [name for name in experiment.places if name not in first]
    if not first or not later:
        return False
    agrees = dict(zip(experiment.places, agreement(experiment, [chosen], rng)((0,)), strict=True))
    if not all(agrees[name] for name in first) or any(agrees[name] for name in later):
        return False
    leave_out(experiment, later, chosen.text)
    return True


def leave_out(experiment: Experiment, later: Sequence[str], loss: str) -> None:
    """Take these from the parameters, and note it.

    Parameters
    ----------
    experiment : Experiment
    later : sequence of str
    loss : str
        What the others are trained by.
    """
    experiment.restore()
    for name in later:  # every step begins from where they are
        place = experiment.places.pop(name)
        experiment.carried.append((place, np.array(place.value)))
    message = tr(
        "Nothing is said about {names}: a step trains them after the others, by another loss than {loss}. Let each "
        "network compute its loss in a step of its own, or use an adapter.",
        names=listed(later),
        loss=loss,
    )
    experiment.noted.append(Finding(id="not-compared", severity=Severity.WARNING, message=message))


def _before_anew(experiment: Experiment, loss: Scalar) -> set[str]:
    """The parameters that are updated before a step computes something anew, if others are updated after that."""
    experiment.restore()
    space = cast("types.FunctionType", experiment.step).__globals__
    held = [(name, place.value) for name, place in experiment.places.items()]
    updates = {experiment.runtime.sites[rate].owner for rate in experiment.rates.sites}
    words = {part for place in experiment.places.values() for part in (place.root, *place.parts)}
    called: set[types.CodeType] = set()
    first: set[str] = set()
    updated: set[str] = set()
    known = False
    seen = [0, 0]  # how much of what was reported has been looked at

    def note(frame: types.FrameType) -> None:
        nonlocal known
        log = experiment.runtime.log
        if log is None or first:
            return
        targets = [target for site, target, _ in log.updated[seen[0] :] if site in updates]
        updated.update(name for name, value in held if any(target is value for target in targets))
        known = known or any(site == loss.key[0] for site, _ in log.notes[seen[1] :])
        seen[:] = len(log.updated), len(log.notes)
        if not updated:
            if not known and words.intersection((*frame.f_code.co_names, *frame.f_code.co_varnames)):
                called.add(frame.f_code)
        elif frame.f_code in called:
            first.update(updated)

    with calls_told(space, note):
        experiment.run(experiment.items[0])
    experiment.restore()
    return first
