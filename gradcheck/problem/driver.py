"""What a problem needs of the code behind it, whoever runs that code: this process or another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from gradcheck.problem.structure import Array, Block
from gradcheck.records import Finding

__all__ = ["Differentiable", "Driver", "Hints", "OracleUnavailableError", "Traceable"]


class OracleUnavailableError(Exception):
    """An oracle that cannot run this code; the message says why, and the check goes on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the code's own text suggests. Hints choose what to look at; they never decide a verdict.

    Attributes
    ----------
    clips_gradient : bool
        The gradient's code names a clipping function that the loss's code does not.
    logarithm : bool
        The loss's code names a logarithm, so that its outputs may saturate.
    smoothing : tuple of float
        Small positive constants (dimensionless) in a function that names a logarithm: ``log(p + 1e-8)``.
    unsmoothed : bool
        All that the loss runs was read, and holds nothing that could be a small constant.
    """

    clips_gradient: bool = False
    logarithm: bool = False
    smoothing: tuple[float, ...] = ()
    unsmoothed: bool = False

    @property
    def may_saturate(self) -> bool:
        """Whether the loss takes a logarithm: one is named, or a constant was found beside one."""
        return self.logarithm or bool(self.smoothing)

    @property
    def may_smooth(self) -> bool:
        """Whether a constant may stand beside a logarithm, so that a right gradient may leave it out."""
        return self.may_saturate and not self.unsmoothed


class Driver(Protocol):
    """Evaluates a loss and a claimed gradient at given arrays, and keeps the state of the code behind them.

    ``arrays`` always holds one array a block, in the order of ``blocks``, and is the driver's to give away: the caller
    keeps no use of it. Between ``begin`` and ``end`` the code's state can be put back with ``restore``.
    """

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""

    def values(self) -> list[Array]:
        """Copies of the parameters as given."""

    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss as the code returns it (complex for complex arrays)."""

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient, one leaf a block as the code returns it, ``None`` where it returned none.

        Raises ``StructureMismatchError`` when the structure differs. It is called right after ``loss`` at the same
        arrays, for code whose backward pass reads what its forward pass stored.
        """

    def gradient_error(self) -> tuple[float, ...]:
        """Per block, the absolute error (units of the gradient) that recovering each entry has cost; 0 if none."""

    def begin(self) -> None:
        """Remember all reachable state, random generators included."""

    def restore(self) -> None:
        """Put back what has changed since ``begin``."""

    def changed(self) -> bool:
        """Whether any reachable state differs from what it was at ``begin``."""

    def mutated(self) -> tuple[str, ...]:
        """Where the code has written into arrays that it was given and whose content it depends on."""

    def end(self) -> None:
        """Put everything back and forget it."""

    def hints(self) -> Hints:
        """What the code's text suggests."""

    def findings(self) -> tuple[Finding, ...]:
        """What driving the code has shown so far (a rate-dependent step, momentum, ...)."""


@runtime_checkable
class Traceable(Protocol):
    """A driver in this process: its loss can be run on values of another kind."""

    def traced_loss(self, values: Sequence[Any]) -> Any:
        """The loss with each block replaced by a traced box, a complex array or a wider one."""


@runtime_checkable
class Differentiable(Protocol):
    """A driver that can differentiate the code's own loss by itself (in the process that runs the code)."""

    def autodiff(self, arrays: Sequence[Array]) -> list[Array]:
        """The true gradient, one array a block; raises ``OracleUnavailableError`` where that cannot be done."""
