"""The file's own loss function, of what the step's own functions are given under the same names.

``net.accumulate(X, label, where)`` trains, ``net.loss(X, label, where)`` is called once an epoch to show it: the step's
own arguments say which data belong to it. What is called several times in a step (parts of a batch) is put together.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from gradcheck.submissions.losses.loss_functions import is_loss_name
from gradcheck.submissions.running.calls import calls_told
from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.running.runtime import is_scalar
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["CalledLoss", "called_losses"]

POINTS = 3
Calls = list[tuple[types.CodeType, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class CalledLoss:
    """A function of the file's, of arguments that one function of the step is given under the same names.

    Attributes
    ----------
    name : str
        What the file calls it.
    method : bool
        Whether it is asked of the object whose method the step calls.
    names : tuple of str
        Of its arguments.
    source : code
        Of the function that is given them.
    function : callable
        It, unbound.
    """

    name: str
    method: bool
    names: tuple[str, ...]
    source: types.CodeType
    function: Callable[..., Any]

    def evaluate(self, experiment: Experiment, item: Any) -> Any:
        """The loss of one step, which is made at rate zero."""
        # By its name: what is traced, or has an edit in it, runs from other code than was found.
        name = self.source.co_qualname
        calls = [given for code, given in _calls(experiment, item, rate=0.0) if code.co_qualname == name]
        given = {name: _together([call[name] for call in calls]) for name in self.names}
        return self.function(_first(self.source, calls[0]), **given) if self.method else self.function(**given)


def called_losses(experiment: Experiment, rng: np.random.Generator) -> list[CalledLoss]:
    """Functions named like a loss that are one number for the data of a step, and another for other parameters.

    Parameters
    ----------
    experiment : Experiment
        With its parameters found.
    rng : numpy.random.Generator
    """
    experiment.restore()
    points = [experiment.values(), *(experiment.random_values(rng) for _ in range(POINTS - 1))]
    runs = []
    for point in points[:2]:
        experiment.restore()
        experiment.put(point)
        runs.append(_calls(experiment, experiment.items[0], rate=0.0))
    found: dict[tuple[float, ...], CalledLoss] = {}
    for loss in _candidates(experiment, runs[0]):
        if all(_is_data(loss, name, runs) for name in loss.names):
            values = tuple(_value(experiment, loss, point) for point in points)
            if all(np.isfinite(values)) and len(set(values)) > 1:
                found.setdefault(tuple(float(f"{value:.10e}") for value in values), loss)
    experiment.restore()
    return list(found.values())


def _candidates(experiment: Experiment, calls: Calls) -> Iterator[CalledLoss]:
    step = cast("types.FunctionType", experiment.step)
    functions = [
        (name, value, False) for name, value in list(step.__globals__.items()) if isinstance(value, types.FunctionType)
    ]
    owners = {type(_first(code, given)): None for code, given in calls}
    for owner in owners:
        if is_own(owner):
            methods = [(name, value) for kind in owner.__mro__[:-1] for name, value in vars(kind).items()]
            functions += [(name, value, True) for name, value in methods if isinstance(value, types.FunctionType)]
    for name, function, method in functions:
        if not is_loss_name(name):
            continue
        for code in dict.fromkeys(code for code, _ in calls):
            given = next(given for other, given in calls if other is code)
            if method and vars(type(_first(code, given))).get(name) is not function:
                continue
            names = _matching(function, given, method=method)
            if names:
                yield CalledLoss(name, method, names, code, function)


def _matching(function: types.FunctionType, given: Mapping[str, Any], *, method: bool) -> tuple[str, ...]:
    """The function's arguments by the names of those given, if all that it needs are among them; else none."""
    parameters = list(inspect.signature(function).parameters.values())[1 if method else 0 :]
    usual = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    if not all(p.name in given for p in parameters if p.default is p.empty) or any(
        p.kind not in usual for p in parameters
    ):
        return ()
    return tuple(p.name for p in parameters if p.name in given)


def _is_data(loss: CalledLoss, name: str, runs: list[Calls]) -> bool:
    """Whether an argument is the same whatever the parameters are, or holds the parameters themselves."""
    before, after = ([given[name] for code, given in calls if code is loss.source] for calls in runs)
    return len(before) == len(after) and all(
        a is b or not isinstance(a, np.ndarray) or np.array_equal(a, b) for a, b in zip(before, after, strict=True)
    )


def _value(experiment: Experiment, loss: CalledLoss, point: Mapping[str, Any]) -> float:
    """At these parameters; NaN where it is no number."""
    experiment.restore()
    experiment.put(point)
    try:
        value = loss.evaluate(experiment, experiment.items[0])
        return float(np.real(np.reshape(value, ()))) if is_scalar(value) else float("nan")
    except Exception:  # of other arguments than these
        return float("nan")


def _calls(experiment: Experiment, item: Any, *, rate: float) -> Calls:
    """Which of the file's functions a step calls, in order, and with what; calls for a loss may be of other data."""
    found: Calls = []
    space = cast("types.FunctionType", experiment.step).__globals__

    def note(frame: types.FrameType) -> None:
        code = frame.f_code
        if not code.co_name.startswith(("__gradcheck", "<")) and not _is_for_a_loss(frame):
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            found.append((code, {name: frame.f_locals[name] for name in names if name in frame.f_locals}))

    with calls_told(space, note):
        experiment.run(item, rate=rate)
    return found


def _is_for_a_loss(frame: types.FrameType) -> bool:
    """Whether a function is one named like a loss, or was called by one."""
    around: types.FrameType | None = frame
    while around is not None and around.f_globals is frame.f_globals:
        if around.f_code.co_name.startswith("__gradcheck"):
            return False
        if is_loss_name(around.f_code.co_name):
            return True
        around = around.f_back
    return False


def _first(code: types.CodeType, given: Mapping[str, Any]) -> Any:
    """What a function was given first: of a method its object."""
    return given.get(code.co_varnames[0]) if code.co_argcount else None


def _together(parts: list[Any]) -> Any:
    """What the calls of one function were given, one after the other; what all were given alike is one."""
    first = parts[0]
    if all(part is first for part in parts):
        return first
    if all(isinstance(part, np.ndarray) and part.ndim for part in parts):
        return np.concatenate(parts)
    if all(isinstance(part, list) for part in parts):
        return [entry for part in parts for entry in part]
    if all(np.ndim(part) == 0 and part == first for part in parts):
        return first
    raise ValueError("the calls of one step were given different things")
