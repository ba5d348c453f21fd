"""From reports to failures: one for each named bug, or one for a network that fails without a name."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gradcheck.gate.outcome import Failure, Outcome
from gradcheck.gate.places import name_in
from gradcheck.language import mark
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, Evaluations, ReportSet, Verdict

__all__ = ["NOT_RECOGNISED", "RULES", "UNNAMED", "failures_of", "fingerprint", "outcome_of", "results_of", "unchecked"]

UNNAMED = "wrong-gradient"
NOT_RECOGNISED = "not-recognised"
# What a failure is called that is no bug of the catalogue: title and explanation.
RULES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        UNNAMED: (
            mark("a wrong gradient"),
            mark("The gradient is not the derivative of the loss. `gradcheck diagnose FILE` looks for the mistake."),
        ),
        "not-decided": (
            mark("a gradient that was not decided"),
            mark(
                "The numbers cannot decide whether the gradient is right. Compute in float64, or check at another "
                "point."
            ),
        ),
        "not-checked": (
            mark("a gradient that was not checked"),
            mark("The file cannot be read, ends itself, or computes a loss that is not finite or not reproducible."),
        ),
        NOT_RECOGNISED: (
            mark("a network that is no longer recognised"),
            mark("It is in the baseline. Write an adapter (`gradcheck new adapter FILE`), or renew the baseline."),
        ),
    }
)
OF_VERDICT = {Verdict.FAIL: UNNAMED, Verdict.INCONCLUSIVE: "not-decided", Verdict.INVALID: "not-checked"}
LENGTH = 32  # characters of a fingerprint: 128 bits


def results_of(report: CheckReport | ReportSet) -> tuple[CheckReport, ...]:
    """One report or several as several."""
    return report.results if isinstance(report, ReportSet) else (report,)


def failures_of(reports: Iterable[CheckReport], root: Path) -> tuple[Failure, ...]:
    """What fails in some reports, in their order.

    Parameters
    ----------
    reports : iterable of CheckReport
    root : Path
        The repository's root, from which files are named.

    Returns
    -------
    tuple of Failure
        All of them new, no two with the same fingerprint.
    """
    found: list[Failure] = []
    for report in reports:
        if report.verdict is not Verdict.PASS:
            bugs = report.diagnoses if isinstance(report, Diagnosis) and report.verdict is Verdict.FAIL else ()
            found += [_failure(report, bug, root) for bug in bugs or (None,)]
    return _told_apart(found)


def outcome_of(report: CheckReport | ReportSet, root: Path) -> Outcome:
    """What was checked without a gate: everything counts, and nothing was skipped.

    Parameters
    ----------
    report : CheckReport or ReportSet
    root : Path
        The repository's root.
    """
    results = results_of(report)
    names = tuple(name_in(root, result.file or "") for result in results)
    return Outcome(results=results, names=names, failures=failures_of(results, root))


def unchecked(file: str, reason: str, **run: Any) -> CheckReport:
    """The report of a file of which nothing could be checked.

    Parameters
    ----------
    file, reason : str
    **run
        Of its process, if it came to one: as in ``SubmissionError.run``.
    """
    return CheckReport(
        verdict=Verdict.INVALID, reason=reason, blocks=(), evaluations=Evaluations(loss=0, gradient=0), power={},
        file=file, **run,
    )  # fmt: skip


def fingerprint(*parts: str) -> str:
    """A hash of what does not change when lines move.

    Parameters
    ----------
    *parts : str

    Examples
    --------
    >>> fingerprint("sign-flip", "net.py") == fingerprint("sign-flip", "net.py")
    True
    >>> fingerprint("ab", "c") == fingerprint("a", "bc")
    False
    """
    text = "".join(f"{len(part)}:{part}" for part in ("1", *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


def _failure(report: CheckReport, bug: DiagnosedBug | None, root: Path) -> Failure:
    wrong = tuple(block.name for block in report.blocks if block.verdict is Verdict.FAIL)
    blocks = (bug.blocks if bug is not None else ()) or wrong
    file = name_in(root, (bug.file if bug is not None else None) or report.file or "")
    program = name_in(root, report.file or "")
    rule = OF_VERDICT[report.verdict] if bug is None else bug.bug
    code = " ".join((bug.code or "").split()) if bug is not None else ""
    place = code or "\n".join(sorted(blocks))
    return Failure(
        rule=rule,
        fingerprint=fingerprint(rule, program, file, report.network or "", place),
        file=file,
        program=program,
        line=None if bug is None or bug.cell is not None else bug.line,
        blocks=blocks,
        report=report,
        bug=bug,
    )


def _told_apart(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """The second of two that are alike gets a fingerprint of its own, and so on."""
    seen: Counter[str] = Counter()
    apart: list[Failure] = []
    for failure in failures:
        number = seen[failure.fingerprint]
        seen[failure.fingerprint] += 1
        own = fingerprint(failure.fingerprint, str(number)) if number else failure.fingerprint
        apart.append(dataclasses.replace(failure, fingerprint=own))
    return tuple(apart)
