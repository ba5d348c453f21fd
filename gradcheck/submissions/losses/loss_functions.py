"""The file's own loss function, where a step computes no loss itself: ``loss(P, Y)`` of what the step compares.

Many files compute their loss once an epoch, to show it, and descend batches. Their function of outputs and targets says
which loss is meant where the output delta is the derivative of no usual one.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from gradcheck.submissions.losses.implied_loss import output_pairs, pair_of
from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.running.runtime import is_scalar
from gradcheck.submissions.running.synthesis import role_of
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.places import roots_of
from gradcheck.submissions.text.sites import ACCURACY_NAME, LOSS_NAME

__all__ = ["LossFunction", "is_loss_name", "own_functions"]

Key = tuple[int, int]
POINTS = 3


@dataclass(frozen=True, slots=True)
class LossFunction:
    """A function of the file's, of the operands of one difference of the step."""

    key: Key
    function: Callable[..., Any]
    output_is_left: bool
    targets_first: bool

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.function.__name__

    def evaluate(self, left: Any, right: Any) -> Any:
        """The loss of the two operands."""
        output, target = (left, right) if self.output_is_left else (right, left)
        return self.function(target, output) if self.targets_first else self.function(output, target)


def own_functions(experiment: Experiment, rng: np.random.Generator) -> list[LossFunction]:
    """The functions of outputs and targets that are named like a loss; equal ones are one.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    rng : numpy.random.Generator
    """
    functions = list(_loss_functions(experiment))
    if not functions:
        return []
    pairs = output_pairs(experiment, rng)
    logs = [experiment.observe(experiment.random_values(rng)) for _ in range(POINTS)]
    experiment.restore()
    found: dict[tuple[float, ...], LossFunction] = {}
    for key, output_is_left in pairs:
        operands = [pair_of(log, key) for log in logs]
        for function in functions:
            loss = LossFunction(key, function, output_is_left, _takes_targets_first(function))
            values = tuple(_value(loss, pair) for pair in operands)
            if all(np.isfinite(values)) and len(set(values)) > 1:
                found.setdefault(tuple(float(f"{value:.10e}") for value in values), loss)
    return list(found.values())


def _loss_functions(experiment: Experiment) -> Iterator[Callable[..., Any]]:
    """Functions of two arguments that the file has, and such methods of its objects."""
    step = cast("types.FunctionType", experiment.step)
    for name, value in list(step.__globals__.items()):
        if isinstance(value, types.FunctionType) and is_loss_name(name) and len(_needed(value)) == 2:
            yield value
    seen: set[type] = set()
    for _, get, _ in roots_of(step):
        try:
            owner = get()
        except (ValueError, KeyError):  # not bound yet
            continue
        if not is_own(type(owner)) or type(owner) in seen:
            continue
        seen.add(type(owner))
        for name, method in vars(type(owner)).items():
            if isinstance(method, types.FunctionType) and is_loss_name(name) and len(_needed(method)) == 3:
                yield getattr(owner, name)
            elif isinstance(method, staticmethod) and is_loss_name(name) and len(_needed(method.__func__)) == 2:
                yield method.__func__


def is_loss_name(name: str) -> bool:
    """Whether a function's name says that it is a loss: no metric's, and no derivative's.

    Parameters
    ----------
    name : str
    """
    return bool(LOSS_NAME.search(name)) and not ACCURACY_NAME.search(name) and role_of(name) != "grads"


def _needed(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def _takes_targets_first(function: Callable[..., Any]) -> bool:
    roles = [role_of(name) for name in _needed(function)][-2:]
    return roles[0] == "targets" or roles[1] == "output"


def _value(loss: LossFunction, pair: tuple[Any, Any] | None) -> float:
    """Of copies; NaN where it is no number."""
    if pair is None:
        return float("nan")
    try:
        # a number stays one: an array of one number has sums that it has not
        value = loss.evaluate(*(p if isinstance(p, float) else np.array(p, dtype=np.float64) for p in pair))
        return float(np.real(np.reshape(value, ()))) if is_scalar(value) else float("nan")
    except Exception:  # of other arguments than these
        return float("nan")
