"""One network of a submission: the problem that is checked, and how to speak of it in the file's own names."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.problem import Problem
from gradcheck.records import Finding

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
    held_against : str
        What the reason must add on that loss, where the training itself uses none.
    own_loss : bool
        Whether the file itself computes that loss.
    own_use : bool
        Whether data and sizes are those that the file itself trains with.
    function : str
        The function or method whose loop it is trained in.
    updates : bool
        Whether the parameters are meant to be changed by what is called: that is no mutation of inputs then.
    """

    problem: Problem
    interface: str
    name: str
    loss: str | None = None
    held_against: str = ""
    own_loss: bool = False
    own_use: bool = True
    function: str = ""
    updates: bool = False
    findings: tuple[Finding, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised:
    """Why a part of a submission that looks like a network could not be driven."""

    where: str
    lacks: str
