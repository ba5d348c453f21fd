"""What a peer is: a rule that says of a problem whether its gradient passes."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.subject import Subject

__all__ = ["Outcome", "Peer", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A checker, by its own rule and its own defaults.

    Attributes
    ----------
    name : str
    requires : str
        The module it needs; a peer that is not installed is left out.
    judge : callable
        ``judge(subject, seed)`` -> the verdict in its words: ``"pass"``, ``"fail"`` or another word for neither.
    losses_each : float
        Loss evaluations that it spends on every parameter; 0 for those whose cost does not grow with their number.
    says_where : bool
        Whether its answer names the wrong entries.
    """

    name: str
    requires: str
    judge: Callable[[Subject, int], str]
    losses_each: float = 0.0
    says_where: bool = False

    @property
    def installed(self) -> bool:
        """Whether its module can be imported."""
        return importlib.util.find_spec(self.requires) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verdict and what it cost."""

    verdict: str
    losses: int
    gradients: int
    seconds: float


def run(peer: Peer, subject: Subject, seed: int) -> Outcome:
    """Let a peer judge a subject."""
    before = subject.calls.total("loss"), subject.calls.total("gradient")
    start = time.perf_counter()
    verdict = peer.judge(subject, seed)
    seconds = time.perf_counter() - start
    return Outcome(
        verdict=verdict,
        losses=subject.calls.total("loss") - before[0],
        gradients=subject.calls.total("gradient") - before[1],
        seconds=seconds,
    )
