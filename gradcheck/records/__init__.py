"""The records that every room passes on: verdicts, findings, blocks, probes and the report of a check.

Records are frozen, slotted and keyword-only; they hold no behaviour beyond their own dictionary form. All ratios,
relative errors and cosines are dimensionless; ``analytic``, ``numeric`` and ``error_bound`` of a probe are in units of
the loss per unit of the direction.
"""

from gradcheck.records.diagnosis import DiagnosedBug, Diagnosis
from gradcheck.records.measured import BlockReport, Entry, Evaluations, OrderTest, Pattern, Probe
from gradcheck.records.report import RENDERERS, CheckReport, ReportSet
from gradcheck.records.verdicts import Finding, Severity, Verdict

__all__ = [
    "RENDERERS",
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
