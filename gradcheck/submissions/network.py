"""One network of a submission: the problem that is checked, and how to speak of it in the file's own names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.problem import Problem
from gradcheck.records import Finding
from gradcheck.submissions.running.runtime import Log
from gradcheck.submissions.steps.experiment import Experiment

__all__ = ["Network", "Unrecognised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A recognised network.

    Attributes
    ----------
    problem : Problem
    interface : str
        ``params-dict``, ``layer-dicts``, ``updating-class``, ``weights-lists``, ``training-loop``, ``adapter``,
        ``problem-function``.
    name : str
        The function, class or variable that the file itself would call it by.
    loss : str or None
        Which loss was taken.
    loss_names : tuple of str
        What the file calls it.
    held_against : str
        What the reason must add on that loss, where the training itself uses none.
    no_gradient : str
        Why the step need not descend it, and what helps; empty where only an error explains that it does not.
    own_loss : bool
        Whether the file itself computes that loss, and before it updates.
    own_use : bool
        Whether data and sizes are those that the file itself trains with.
    function : str
        The function or method whose loop it is trained in.
    updates : bool
        Whether the parameters are meant to be changed by what is called: that is no mutation of inputs then.
    experiment : Experiment or None
        The captured step, where the network is driven by one.
    pose : callable or None
        ``pose(experiment)`` is the same problem over another state of that step.
    loss_of : callable or None
        ``loss_of(log)`` is the loss that one step reported; None where it computed none (every tenth step does).
    implied : bool
        Whether the loss is one of the menu, for the sizes that the code has.
    build : callable or None
        ``build(**keywords)`` is what somebody wrote down, at other sizes; its signature is that of a family.
    required : frozenset of str
        Keywords that it must be given.
    runs : mapping of str to callable
        Single calls of the code, by name: ``run(values)`` reads and adds to a dictionary of values by role.
    """

    problem: Problem
    interface: str
    name: str
    loss: str | None = None
    loss_names: tuple[str, ...] = ()
    held_against: str = ""
    no_gradient: str = ""
    own_loss: bool = False
    own_use: bool = True
    function: str = ""
    updates: bool = False
    findings: tuple[Finding, ...] = field(default=())
    experiment: Experiment | None = field(default=None, repr=False)
    pose: Callable[[Experiment], Problem] | None = field(default=None, repr=False)
    loss_of: Callable[[Log], float | None] | None = field(default=None, repr=False)
    implied: bool = False
    build: Callable[..., Problem] | None = field(default=None, repr=False)
    required: frozenset[str] = frozenset()
    runs: Mapping[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """Why a part of a submission that looks like a network could not be driven; of a gradient's shape, or else.

    ``unsure`` says that it may be no network: something else that a loop changes.
    """

    where: str
    lacks: str
    wrong_shape: bool = False
    unsure: bool = False
