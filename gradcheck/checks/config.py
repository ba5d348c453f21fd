"""Options of a check, in one record."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import listed, tr

__all__ = ["ATOL", "RTOL", "CheckConfig", "OracleName", "default_rtol", "require_tolerances"]

OracleName = Literal["auto", "finite-difference", "complex-step", "autodiff"]
ORACLES: tuple[OracleName, ...] = ("auto", "finite-difference", "complex-step", "autodiff")

# Relative tolerance by the precision that the code computes in (dimensionless). float64: right code agrees to 2e-6 at
# worst before the step is chosen with care, 1e-8 after. float32 and float16: a thousand units in the last place, as
# sums with cancellation (bias gradients) lose.
RTOL = {"float64": 1e-6, "float32": 1e-3, "float16": 1e-1}
ATOL = 0.0


def default_rtol(*precisions: str) -> float:
    """The relative tolerance of code that computes in several precisions: that of the lowest."""
    return max(RTOL[precision] for precision in precisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConfig:
    """How to check.

    Attributes
    ----------
    oracle : {"auto", "finite-difference", "complex-step", "autodiff"}
        Where the numeric derivatives come from. ``auto`` judges by finite differences and asks the others where
        differences cannot decide, and for the details of a failure. The others are trusted only where they agree with a
        finite difference.
    better_point : bool
        Also look at a point with weights of unit scale and biases that are not zero.
    localise : bool
        On failure, find the wrong blocks, rows, columns and entries.
    order_test : bool
        Add a Taylor-remainder order test to the report.
    worst : int
        How many entries a failing block lists at most.
    max_losses : int
        Loss evaluations that finding the wrong entries may cost.
    """

    oracle: OracleName = "auto"
    better_point: bool = True
    localise: bool = True
    order_test: bool = False
    worst: int = 5
    max_losses: int = 2000

    def __post_init__(self) -> None:
        if self.oracle not in ORACLES:
            raise InvalidArgumentError(
                tr("oracle={name!r}; expected one of {known}.", name=self.oracle, known=listed(ORACLES))
            )
        if not _is_whole(self.worst) or self.worst < 1:
            raise InvalidArgumentError(tr("{argument}; expected at least 1.", argument=f"worst={self.worst!r}"))
        if not _is_whole(self.max_losses) or self.max_losses < 0:
            raise InvalidArgumentError(
                tr("{argument}; expected 0 or more.", argument=f"max_losses={self.max_losses!r}")
            )


def require_tolerances(**given: object) -> None:
    """Refuse what cannot be a tolerance: only finite numbers, 0 or more, and ``None`` for the default can.

    Raises
    ------
    InvalidArgumentError
        It names the argument and its value.
    """
    for name, value in given.items():
        if value is None:
            continue
        if not isinstance(value, (int, float, np.integer, np.floating)) or not 0.0 <= float(value) < float("inf"):
            raise InvalidArgumentError(
                tr("{argument}; expected a finite number, 0 or more.", argument=f"{name}={value!r}")
            )


def _is_whole(value: object) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
