"""What is wrong by name, on top of a check's report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradcheck.records.measured import json_number
from gradcheck.records.report import CheckReport

__all__ = ["DiagnosedBug", "Diagnosis"]

DIAGNOSIS_SCHEMA = "gradcheck/diagnosis@1"


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
        Which file the lines are of, where the network is split over several; the path of the gradient's own code, where
        a problem of callables was diagnosed.
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
            "confidence": json_number(self.confidence),
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
