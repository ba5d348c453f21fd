"""A class as SARIF 2.1.0: the bugs that were named in submissions, each at its line. For staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gradcheck.gate import Failure, Outcome
from gradcheck.gate.failures import fingerprint
from gradcheck.records import DiagnosedBug, Diagnosis, Evaluations, Verdict
from gradcheck.reports.sarif import to_sarif

__all__ = ["class_to_sarif", "failures_in"]

LISTS = ("same_as", "blocks", "lines", "evidence", "alternatives")


def class_to_sarif(failures: Iterable[Failure]) -> str:
    """The log of a class.

    Parameters
    ----------
    failures : iterable of Failure
        Of all submissions.
    """
    return to_sarif(Outcome(results=(), failures=tuple(failures), empty_allowed=True))


def failures_in(record: Mapping[str, Any]) -> list[Failure]:
    """One failure for each bug that a record names.

    Parameters
    ----------
    record : mapping
        In JSON form. Files are named as below the folder of submissions.
    """
    bugs = [_bug(bug) for bug in record.get("diagnoses", ())]
    key = str(record["grade"]["submission"])
    report = Diagnosis(
        verdict=Verdict[record["verdict"].upper()],
        reason=record["reason"],
        blocks=(),
        evaluations=Evaluations(loss=0, gradient=0),
        power={},
        file=key,
        diagnoses=tuple(bugs),
        patch=record.get("patch"),
        patch_verified=bool(record.get("patch_verified")),
    )
    return [_failure(report, bug, key, number) for number, bug in enumerate(bugs)]


def _failure(report: Diagnosis, bug: DiagnosedBug, key: str, number: int) -> Failure:
    file = key if bug.file is None else f"{key}/{bug.file}"
    return Failure(
        rule=bug.bug,
        fingerprint=fingerprint(bug.bug, file, " ".join((bug.code or "").split()), str(number)),
        file=file,
        program=file,
        line=None if bug.cell is not None else bug.line,
        blocks=bug.blocks,
        report=report,
        bug=bug,
    )


def _bug(bug: Mapping[str, Any]) -> DiagnosedBug:
    """The record that its JSON form came from."""
    fields: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in bug.items()}
    return DiagnosedBug(**fields)
