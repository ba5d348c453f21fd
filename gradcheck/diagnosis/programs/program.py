"""What a diagnosis may ask of the code behind a problem, whoever runs that code: this process or another one.

Everything that comes back is numbers, names and line numbers. A question that this code cannot answer raises
``UnavailableError``; the diagnosis goes on without it and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gradcheck.oracles.autodiff.forward import Forward, Intermediate
from gradcheck.problem import Problem
from gradcheck.records import CheckReport

__all__ = [
    "Array",
    "Event",
    "Forward",
    "Intermediate",
    "Program",
    "SourceText",
    "Trace",
    "TrainingRun",
    "Trial",
    "UnavailableError",
    "Variation",
]

Array = npt.NDArray[np.float64]


class UnavailableError(Exception):
    """A question that cannot be answered for this code; the message says why, in words for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """The text that a diagnosis reads, quotes and repairs: one file.

    Attributes
    ----------
    name : str
        As diffs and messages call it.
    text : str
    file : str or None
        Its path, where what was diagnosed is no file: a reader of line numbers does not know yet which one is meant.
    """

    name: str
    text: str
    file: str | None = None

    def line(self, number: int) -> str:
        """One line (counted from 1), stripped; empty when there is none."""
        lines = self.text.split("\n")
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An array (or number) that a line of the user's code has bound, changed in place, or returned.

    Attributes
    ----------
    order : int
        Position in the run: events of one line share it.
    line, function : int, str
    call : int
        Which activation of the function, counted over the run.
    turn : int
        How often this line had run before in this activation: iterations of a loop are told apart.
    name : str
        As the code would write it: ``dZ1``, ``grads['W1']``, ``self.deltas[0]``; ``return`` for what is returned.
    value : ndarray
        As it was right after the line.
    """

    order: int
    line: int
    function: str
    call: int
    turn: int
    name: str
    value: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One run of the gradient's code (its forward pass included), line by line.

    ``lines`` are all (function, line) that ran, in order of first execution; ``complete`` is false when the run was too
    long to keep every event. ``given`` is what functions were called with and what of the module and of ``self`` they
    found, as events at the function's own line.
    """

    events: tuple[Event, ...]
    lines: tuple[tuple[str, int], ...]
    complete: bool = True
    given: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the code does with its text replaced: the claimed gradient, a block each, and the loss.

    ``error`` says what it raised, with the gradient empty then.
    """

    gradient: tuple[Array, ...] = ()
    loss: float = float("nan")
    trace: Trace | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """The same problem otherwise: only what is not None differs.

    ``rows`` keeps the first so many samples; ``learning_rate``, ``input_scale`` and ``regularisation`` multiply what
    the code has; ``permute_targets`` shuffles targets against inputs; ``batch``, ``outputs``, ``features``, ``hidden``
    are sizes for code that can be built at other sizes; ``seed`` draws its data and weights anew.
    """

    rows: int | None = None
    learning_rate: float | None = None
    input_scale: float | None = None
    regularisation: float | None = None
    permute_targets: bool | None = None
    batch: int | None = None
    outputs: int | None = None
    features: int | None = None
    hidden: int | None = None
    seed: int | None = None

    def given(self) -> dict[str, Any]:
        """Only what differs."""
        pairs = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """A short supervised run of the code's own training: one entry a step.

    ``parameters`` holds the parameters after the first and after the last step; ``outputs`` what each layer's
    activation was at the start and the end, by the name that the code has for it; ``learning_rate`` is the code's own.
    """

    losses: tuple[float, ...]
    parameters: tuple[tuple[Array, ...], ...]
    learning_rate: float | None = None
    error: str | None = None


class Program(Protocol):
    """The code behind a problem, as far as a diagnosis may look into it.

    ``arrays`` is one array a block, in the order of ``problem.driver.blocks``.
    """

    @property
    def problem(self) -> Problem:
        """What was checked."""

    @property
    def source(self) -> SourceText | None:
        """The text that a repair may change; None where there is none."""

    @property
    def sizes(self) -> Mapping[str, float]:
        """The problem's own sizes and rates, where known.

        ``batch``, ``outputs``, ``features``, ``learning_rate``, ``regularisation``.
        """

    def forward(self, arrays: Sequence[Array]) -> Forward:
        """The forward computation with true adjoints."""

    def trace(self, arrays: Sequence[Array]) -> Trace:
        """One run of the code that computes the gradient, line by line."""

    def trial(self, text: str, arrays: Sequence[Array], *, traced: bool = False) -> Trial:
        """The claimed gradient with the source replaced by ``text``: quick, for searching, in the running program.

        Raises ``UnavailableError`` where the changed part of the text does not run again in the standing program.
        """

    def verify(self, text: str) -> CheckReport:
        """The whole check of another text, from the start: fresh process, points and seeds."""

    def vary(self, variation: Variation) -> Program:
        """The same code at other sizes, rates or data."""

    def train(self, steps: int) -> TrainingRun:
        """A short run of the code's own training."""
