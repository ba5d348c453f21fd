"""What is looked at for trouble besides the gradient, and what such a trouble is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.origins import Origins
from gradcheck.diagnosis.programs.program import Trace, TrainingRun
from gradcheck.records import CheckReport

__all__ = ["FEWEST", "Seen", "Trouble"]

LEARNED = 0.1  # a loss that has lost nine tenths: whatever its weights look like, the network learns
LEARNS = 0.5  # a loss that has halved, and still falls, is learning: its rate and its start are good enough
STALLED = 0.02  # over the second half of the run; healthy training at the usual rates loses more in ten steps
JUMP = 10.0  # times the first loss: a step that long has left the region that the gradient spoke of
FROZEN = 1e-9  # of the loss, over the second half of the run: nothing moves, as nothing has a gradient any more
FEWEST = 6  # losses: fewer say nothing about a trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What besides the gradient keeps a network from learning.

    Attributes
    ----------
    bug : str
        Catalogue id.
    confidence : float
        In [0, 1], dimensionless.
    evidence : tuple of str
        The numbers that say so.
    lines : tuple of int
        Of the text, where they are known: where weights start, targets are made, or the rate is set.
    """

    bug: str
    confidence: float
    evidence: tuple[str, ...]
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the rules look at; ``losses`` are empty without a run, and ``origins`` know nothing without a text."""

    report: CheckReport
    network: Network | None
    run: TrainingRun | None
    losses: Array
    origins: Origins = field(default_factory=lambda: Origins(""))
    trace: Trace | None = None

    def named(self, value: Array) -> tuple[str, ...]:
        """How the code calls an array, or its transpose, in the order of the run."""
        events = () if self.trace is None else (*self.trace.given, *self.trace.events)
        shapes = {value.shape, value.T.shape, (value.size,)}
        return tuple(
            dict.fromkeys(
                event.name
                for event in events
                if event.value.shape in shapes
                and any(np.array_equal(event.value.ravel(), other.ravel()) for other in (value, value.T))
            )
        )

    def made(self, value: Array) -> tuple[int, ...]:
        """The line that gives an array its last value before training."""
        lines = (self.origins.last(name) for name in self.named(value))
        return tuple(line for line in lines if line is not None)[:1]

    @property
    def learned(self) -> bool:
        """Whether the run has lowered the loss nearly to nothing."""
        return self._fallen_to(LEARNED) and not self.stranded

    @property
    def stranded(self) -> bool:
        """Whether the loss has jumped far up and then stands still, above zero: the units were switched off."""
        if len(self.losses) < FEWEST or not np.all(np.isfinite(self.losses)) or self.losses[0] <= 0:
            return False
        tail = self.losses[len(self.losses) // 2 :]
        still = float(np.ptp(tail)) <= FROZEN * float(tail[-1])
        return bool(still and tail[-1] > 0 and np.max(self.losses) > JUMP * self.losses[0])

    @property
    def learns(self) -> bool:
        """Whether the run lowers the loss well."""
        return self.learned or (self._fallen_to(LEARNS) and not self.stalled)

    @property
    def stalled(self) -> bool:
        """Whether the loss hardly falls any more, far above zero."""
        if len(self.losses) < FEWEST or not np.all(np.isfinite(self.losses)):
            return False
        half = self.losses[len(self.losses) // 2 :]
        return bool(half[0] - half[-1] <= STALLED * abs(half[0])) and not self.learned

    def _fallen_to(self, share: float) -> bool:
        """Whether the last fifth of the losses is below a share of the first; a loss may be negative throughout."""
        if len(self.losses) < 2 or not np.all(np.isfinite(self.losses)) or self.losses[0] <= 0:
            return False
        tail = max(1, len(self.losses) // 5)
        return bool(np.median(self.losses[-tail:]) <= share * self.losses[0])
