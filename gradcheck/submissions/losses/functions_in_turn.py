"""Networks that one step trains in turn, each by a loss function of the file's own that the step does not call."""

from __future__ import annotations

import numpy as np

from gradcheck.submissions.losses.in_turn import leave_out
from gradcheck.submissions.losses.own_function_fit import AGREEMENT, OwnFunction, functions_of, slope
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["leave_to_other_functions"]

POINTS = 2
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
    loss = function.loss(experiment)
    rows: dict[str, list[float]] = {}
    for _ in range(POINTS):
        experiment.restore()
        point = experiment.random_values(rng)
        gradient = experiment.claimed(point, RATE)
        for name, value in point.items():
            along = rng.standard_normal(value.shape)
            numeric = slope(experiment, loss, point, {name: along})
            claimed = float(np.sum(gradient[name] * along))
            rows.setdefault(name, []).append(claimed / numeric if numeric else float("nan"))
    experiment.restore()
    with np.errstate(all="ignore"):
        steady = {name: row[0] for name, row in rows.items() if min(row) > 0.0 and _is_one(row)}
    groups = [{name for name, ratio in steady.items() if _is_one([ratio, other])} for other in steady.values()]
    return max(groups, key=len, default=set())


def _is_one(ratios: list[float]) -> bool:
    return bool(np.all(np.isfinite(ratios))) and float(np.ptp(ratios)) <= AGREEMENT * abs(ratios[0])
