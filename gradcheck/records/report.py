"""The report of a check, and several together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.records.measured import BlockReport, Evaluations, OrderTest, Probe, json_number
from gradcheck.records.verdicts import Finding, Verdict

__all__ = ["RENDERERS", "CheckReport", "ReportSet"]

CHECK_SCHEMA = "gradcheck/check@1"
REPORT_SCHEMA = "gradcheck/report@1"
# Filled by the package's __init__ with functions of gradcheck.reports: the core draws nothing and imports no shell.
RENDERERS: dict[str, Callable[[Any], str]] = {"text": repr, "html": repr}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The answer to "is this gradient right?", with everything that it rests on.

    Attributes
    ----------
    verdict : Verdict
    reason : str
        One sentence for the reader.
    summary : str or None
        The same without its numbers, for a line of its own; None where the reason has none.
    against : str or None
        Which loss the verdict rests on, in words that continue the summary, where it is not one that the training uses.
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
        ``probes`` (list of Probe), ``order_test`` (OrderTest or None), ``points`` (names of the points looked at);
        ``again``, for a problem that a test has built: the command that checks it once more.
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
    summary: str | None = None
    against: str | None = None
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
            "power": {name: json_number(value) for name, value in self.power.items()},
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
