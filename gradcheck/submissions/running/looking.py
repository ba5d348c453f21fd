"""Loops that may train: what is known of one when it is about to run, and what comes of a look at it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gradcheck.submissions.text.sites import Loop

__all__ = ["Capture", "Looked", "Step", "Ticket"]

Step = Callable[[Any], Any]


class Looked(enum.Enum):
    """What comes of a look.

    ``CAPTURED``: it is a training loop, and has been driven; ``REFUSED``: it seems to be one, and no loss of it is
    known; ``PASSED``: it is none.
    """

    CAPTURED = enum.auto()
    REFUSED = enum.auto()
    PASSED = enum.auto()


@dataclass(frozen=True, slots=True)
class Capture:
    """A loop about to train: its step, the first items that it would run over, those after, and where in the file.

    ``whole`` is what the loop runs over, None for a ``while`` loop.
    """

    loop: Loop
    number: int
    step: Step
    items: tuple[Any, ...]
    rest: Iterator[Any] = field(default_factory=lambda: iter(()), compare=False)
    whole: Iterable[Any] | None = field(default=None, compare=False)


@dataclass(slots=True)
class Ticket:
    """The state of one entered ``while`` loop."""

    number: int
    step: Step
    captured_before: int
    turns: int = 0
