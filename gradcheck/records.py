"""The records that every room passes on: verdicts, findings, blocks, probes and the report of a check.

Records are frozen, slotted and keyword-only; they hold no behaviour beyond their own dictionary form. All ratios,
relative errors and cosines are dimensionless; ``analytic``, ``numeric`` and ``error_bound`` of a probe are in units of
the loss per unit of the direction.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "BlockReport",
    "CheckReport",
    "DiagnosedBug",
    "Diagnosis",
    "Entry",
    "Evaluations",
    "Finding",
    "OrderTest",
    "Pattern",
    "Probe",
    "ReportSet",
    "Severity",
    "Verdict",
]

CHECK_SCHEMA = "gradcheck/check@1"
DIAGNOSIS_SCHEMA = "gradcheck/diagnosis@1"
REPORT_SCHEMA = "gradcheck/report@1"


class Verdict(enum.Enum):
    """The four answers of a check; the value is the sentence that a reader sees."""

    PASS = "the gradient agrees with the loss"  # noqa: S105 - a verdict, no password
    FAIL = "the gradient is not the derivative of the loss"
    INCONCLUSIVE = "the numbers cannot decide"
    INVALID = "nothing could be checked"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line for one result."""
        return {"PASS": 0, "FAIL": 1, "INVALID": 2, "INCONCLUSIVE": 3}[self.name]

    @staticmethod
    def worst(verdicts: list[Verdict]) -> Verdict:
        """The verdict of several results together: the first present of FAIL, INVALID, INCONCLUSIVE, PASS."""
        for verdict in (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE):
            if verdict in verdicts:
                return verdict
        return Verdict.PASS if verdicts else Verdict.INVALID


class Severity(enum.Enum):
    """How much a finding matters; the value is what a reader should do."""

    INFO = "good to know"
    WARNING = "look at this"
    ERROR = "this decides the verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something true of the code that is not a number of the gradient."""

    id: str
    severity: Severity
    message: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"id": self.id, "severity": self.severity.name.lower(), "message": self.message}


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
            "analytic": _number(self.analytic),
            "numeric": _number(self.numeric),
            "error_bound": _number(self.error_bound),
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
            "relative_error": _number(self.relative_error),
            "error_bound": _number(self.error_bound),
            "ratio": _number(self.ratio),
            "cosine": _number(self.cosine),
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
            "analytic": _number(self.analytic),
            "numeric": _number(self.numeric),
            "truncation_error": _number(self.truncation_error),
            "round_off_error": _number(self.round_off_error),
            "tolerance": _number(self.tolerance),
            "step": _number(self.step),
            "oracle": self.oracle,
            "verdict": self.verdict.name.lower(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTest:
    """Taylor remainders along one direction: a right gradient makes the first-order remainder fall as ``h**2``.

    ``zeroth[k] = |f(x + h_k v) - f(x)|`` and ``first[k] = |f(x + h_k v) - f(x) - h_k <g, v>|`` in units of the loss;
    ``rates`` are the observed orders between neighbouring steps of ``first`` (dimensionless), ``usable`` says which
    remainders stand clear of round-off.
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
            "zeroth": [_number(x) for x in self.zeroth],
            "first": [_number(x) for x in self.first],
            "rates": [_number(x) for x in self.rates],
            "usable": list(self.usable),
            "rate": _number(self.rate),
            "verdict": self.verdict.name.lower(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The answer to "is this gradient right?", with everything that it rests on.

    Attributes
    ----------
    verdict : Verdict
    reason : str
        One sentence for the reader.
    blocks : tuple of BlockReport
        In the order of the parameters.
    evaluations : Evaluations
    power : mapping of block name to float or None
        Smallest error (norm over the norm of the block's gradient, dimensionless) that a random error direction would
        have had to have to be caught with probability 0.999; ``None`` where the block was not compared.
    findings : tuple of Finding
    blind_spots : tuple of str
        Catalogue ids that the points looked at cannot show.
    oracle : str
        What the numeric derivatives came from: ``finite-difference``, ``complex-step``, ``autodiff``, joined by ``+``.
    details : mapping
        ``probes`` (list of Probe), ``order_test`` (OrderTest or None), ``points`` (names of the points looked at).
    status : str or None
        How the file's own process ended: ``ok``, ``error``, ``exit``, ``time``, ``memory``, ``output``, ``signal``,
        ``forbidden``, ``protocol`` or ``internal``; None where there was none.
    isolation : mapping or None
        Which rights that process had given up.
    usage : mapping or None
        Processor and wall seconds, and most memory in bytes, of that process as a whole.
    """

    verdict: Verdict
    reason: str
    blocks: tuple[BlockReport, ...]
    evaluations: Evaluations
    power: Mapping[str, float | None]
    findings: tuple[Finding, ...] = ()
    blind_spots: tuple[str, ...] = ()
    dtype: str = "float64"
    oracle: str = "finite-difference"
    seed: int | None = None
    probes: tuple[Probe, ...] = ()
    order_test: OrderTest | None = None
    file: str | None = None
    interface: str | None = None
    network: str | None = None
    loss: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    status: str | None = None
    isolation: Mapping[str, Any] | None = None
    usage: Mapping[str, Any] | None = None

    def block(self, name: str) -> BlockReport:
        """The report of one block.

        Raises
        ------
        KeyError
            If there is no block of that name.
        """
        for block in self.blocks:
            if block.name == name:
                return block
        raise KeyError(name)

    def finding(self, identifier: str) -> Finding | None:
        """The finding of that id, or None."""
        return next((f for f in self.findings if f.id == identifier), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, schema ``gradcheck/check@1``."""
        return {
            "schema": CHECK_SCHEMA,
            "file": self.file,
            "verdict": self.verdict.name.lower(),
            "reason": self.reason,
            "interface": self.interface,
            "network": self.network,
            "loss": self.loss,
            "dtype": self.dtype,
            "oracle": self.oracle,
            "seed": self.seed,
            "blocks": [block.to_dict() for block in self.blocks],
            "evaluations": self.evaluations.to_dict(),
            "power": {name: _number(value) for name, value in self.power.items()},
            "findings": [finding.to_dict() for finding in self.findings],
            "blind_spots": list(self.blind_spots),
            "probes": [probe.to_dict() for probe in self.probes],
            "order_test": None if self.order_test is None else self.order_test.to_dict(),
            "patch": None,  # the shape is shared with a diagnosis; a check repairs nothing
            "patch_verified": False,
            "details": dict(self.details),
            "status": self.status,
            "isolation": None if self.isolation is None else dict(self.isolation),
            "usage": None if self.usage is None else dict(self.usage),
        }

    def __str__(self) -> str:
        return RENDERERS["text"](self)

    def _repr_html_(self) -> str:
        return RENDERERS["html"](self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's signature
        """What IPython shows on a terminal."""
        printer.text("..." if cycle else str(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosedBug:
    """One bug by name, where it is, how sure that is, and what cures it.

    Attributes
    ----------
    bug : str
        Catalogue id.
    same_as : tuple of str
        Ids that nothing at hand can tell apart from it.
    blocks : tuple of str
        Blocks whose gradient it makes wrong.
    confidence : float
        Estimated probability that the bug is named right, 0 to 1 (dimensionless).
    line : int or None
        The line to change first, counted from 1.
    lines : tuple of int
        All lines that are suspected, most suspected first; ``line`` is the first of them.
    code : str or None
        That line as written, stripped.
    message : str
        What is wrong and why, for a learner, in the reader's own names.
    evidence : tuple of str
        What was measured that says so.
    patch : str or None
        A unified diff that cures this bug alone, verified together with those of the other bugs.
    alternatives : tuple of str
        Other unified diffs that are as right: a helper or its call, the gradient or the loss.
    formula_wrong, formula_right : str
        The mathematics in the reader's own names.
    cell, cell_line : int or None
        Where the line is in a notebook: the code cell, counted from 1, and the line in it.
    file : str or None
        Which file the lines are of, where the network is split over several.
    """

    bug: str
    same_as: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    confidence: float
    line: int | None = None
    lines: tuple[int, ...] = ()
    code: str | None = None
    message: str
    evidence: tuple[str, ...] = ()
    patch: str | None = None
    alternatives: tuple[str, ...] = ()
    formula_wrong: str = ""
    formula_right: str = ""
    cell: int | None = None
    cell_line: int | None = None
    file: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "bug": self.bug,
            "same_as": list(self.same_as),
            "blocks": list(self.blocks),
            "confidence": _number(self.confidence),
            "line": self.line,
            "lines": list(self.lines),
            "code": self.code,
            "message": self.message,
            "evidence": list(self.evidence),
            "patch": self.patch,
            "alternatives": list(self.alternatives),
            "formula_wrong": self.formula_wrong,
            "formula_right": self.formula_right,
            **{name: value for name in ("cell", "cell_line", "file") if (value := getattr(self, name)) is not None},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(CheckReport):
    """A check's report, and what is wrong by name.

    Attributes
    ----------
    diagnoses : tuple of DiagnosedBug
        Most confident first; empty where nothing fits.
    patch : str or None
        A unified diff that cures all of them together.
    patch_verified : bool
        Whether the file with it applied passes at fresh points.
    tried : tuple of str
        What was looked at and excluded, and what could not be looked at, one sentence each.
    """

    diagnoses: tuple[DiagnosedBug, ...] = ()
    patch: str | None = None
    patch_verified: bool = False
    tried: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form, schema ``gradcheck/diagnosis@1``."""
        return {
            **CheckReport.to_dict(self),
            "schema": DIAGNOSIS_SCHEMA,
            "patch": self.patch,
            "patch_verified": self.patch_verified,
            "diagnoses": [diagnosed.to_dict() for diagnosed in self.diagnoses],
            "tried": list(self.tried),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSet:
    """Several results together: several files, or several networks of one file."""

    results: tuple[CheckReport, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the results in the order FAIL, INVALID, INCONCLUSIVE, PASS."""
        return Verdict.worst([result.verdict for result in self.results])

    def to_dict(self) -> dict[str, Any]:
        """JSON form, schema ``gradcheck/report@1``."""
        return {"schema": REPORT_SCHEMA, "results": [result.to_dict() for result in self.results]}

    def __str__(self) -> str:
        return RENDERERS["text"](self)

    def _repr_html_(self) -> str:
        return RENDERERS["html"](self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - IPython's signature
        """What IPython shows on a terminal."""
        printer.text("..." if cycle else str(self))


# Filled by the package's __init__ with functions of gradcheck.reports: the core draws nothing and imports no shell.
RENDERERS: dict[str, Callable[[Any], str]] = {"text": repr, "html": repr}


def _number(value: float | None) -> float | None:
    """JSON has no NaN or infinity: what is not a number is null."""
    return None if value is None or not math.isfinite(value) else float(value)
