"""What was measured of a gradient: probes, blocks with their worst entries, Taylor remainders."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gradcheck.records.verdicts import Verdict

__all__ = ["BlockReport", "Entry", "Evaluations", "OrderTest", "Pattern", "Probe", "json_number"]


def json_number(value: float | None) -> float | None:
    """JSON has no NaN or infinity: what is not a number is null."""
    return None if value is None or not math.isfinite(value) else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """Calls of the user's code; complex-step runs count as loss evaluations."""

    loss: int
    gradient: int

    def to_dict(self) -> dict[str, int]:
        """JSON form."""
        return {"loss": self.loss, "gradient": self.gradient}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a block: the claimed derivative beside the numeric one and its error bound."""

    index: tuple[int, ...]
    analytic: float
    numeric: float
    error_bound: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "index": list(self.index),
            "analytic": json_number(self.analytic),
            "numeric": json_number(self.numeric),
            "error_bound": json_number(self.error_bound),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Where in a block the wrong entries lie: ``kind`` is one of block, rows, columns, entries."""

    kind: str
    indices: tuple[tuple[int, ...], ...]
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"kind": self.kind, "indices": [list(index) for index in self.indices], "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockReport:
    """What is known of one parameter array; ``None`` where it was not measured."""

    name: str
    shape: tuple[int, ...]
    verdict: Verdict
    relative_error: float | None = None
    error_bound: float | None = None
    ratio: float | None = None
    cosine: float | None = None
    worst: tuple[Entry, ...] = ()
    pattern: Pattern | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "verdict": self.verdict.name.lower(),
            "relative_error": json_number(self.relative_error),
            "error_bound": json_number(self.error_bound),
            "ratio": json_number(self.ratio),
            "cosine": json_number(self.cosine),
            "worst": [entry.to_dict() for entry in self.worst],
            "pattern": None if self.pattern is None else self.pattern.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One directional derivative, analytic beside numeric, with its error bound and where it was taken."""

    point: str
    blocks: tuple[str, ...]
    analytic: float
    numeric: float
    truncation_error: float
    round_off_error: float
    tolerance: float
    step: float
    oracle: str
    verdict: Verdict

    @property
    def error_bound(self) -> float:
        """Truncation and round-off error together."""
        return self.truncation_error + self.round_off_error

    @property
    def relative_error(self) -> float:
        """``|a - n| / max(|a|, |n|)``, dimensionless; 0 when both are 0."""
        scale = max(abs(self.analytic), abs(self.numeric))
        return abs(self.analytic - self.numeric) / scale if scale > 0.0 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "point": self.point,
            "blocks": list(self.blocks),
            "analytic": json_number(self.analytic),
            "numeric": json_number(self.numeric),
            "truncation_error": json_number(self.truncation_error),
            "round_off_error": json_number(self.round_off_error),
            "tolerance": json_number(self.tolerance),
            "step": json_number(self.step),
            "oracle": self.oracle,
            "verdict": self.verdict.name.lower(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTest:
    """Taylor remainders along one direction: a right gradient makes the first-order remainder fall as ``h**2``.

    ``zeroth[k] = |f(x + h_k v) - f(x)|`` and ``first[k] = |f(x + h_k v) - f(x) - h_k <g, v>|`` in units of the loss;
    ``rates`` are the observed orders between neighbouring steps of ``first`` (dimensionless), ``usable`` says which
    remainders stand clear of round-off. ``rate`` is the order at the smallest of those, which decides.
    """

    steps: tuple[float, ...]
    zeroth: tuple[float, ...]
    first: tuple[float, ...]
    rates: tuple[float, ...]
    usable: tuple[bool, ...]
    rate: float | None
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "steps": list(self.steps),
            "zeroth": [json_number(x) for x in self.zeroth],
            "first": [json_number(x) for x in self.first],
            "rates": [json_number(x) for x in self.rates],
            "usable": list(self.usable),
            "rate": json_number(self.rate),
            "verdict": self.verdict.name.lower(),
        }
