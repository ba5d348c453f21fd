"""Holds one record of the command line against one truth. Knows nothing of how either came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.wrong_programs.truth import Bug, Program, Proof, proof_of

__all__ = ["CONFIDENT", "Named", "Score", "merged", "score"]

CONFIDENT = 0.8

Record = Mapping[str, Any]

# Bugs of which the record may tell in its findings.
IN_FINDINGS = frozenset(Proof) - {Proof.GRADIENT}
WITH_LINES = frozenset({Proof.GRADIENT, Proof.ACCUMULATES, Proof.RAISES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One bug of the truth: whether the record names it, and how far off the line is (None: no line to compare)."""

    bug: str
    named: bool
    has_line: bool
    distance: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What is right of one record. ``top`` and ``line`` judge the first diagnosis; None where nothing is to be judged.

    ``diagnoses`` are confidence and rightness of each diagnosis; ``patch`` whether one was offered as verified, and
    ``patch_right`` what the oracle says of it.
    """

    program: str
    style: str
    bugs: tuple[Named, ...]
    verdict: str
    verdict_right: bool
    recognised: bool
    top: bool | None
    top_name: str
    line: int | None
    diagnoses: tuple[tuple[float, bool], ...]
    patch: bool | None
    patch_right: bool | None = None
    false_alarm: bool = False
    seconds: float = 0.0
    error: str = ""


def score(
    program: Program, record: Record | None, *, patch_right: bool | None = None, seconds: float = 0.0, error: str = ""
) -> Score:
    """Judge a record; None stands for a tool that gave none."""
    record = record or {}
    diagnoses: Sequence[Record] = record.get("diagnoses") or []
    verdict = str(record.get("verdict") or "none")
    findings = {str(finding.get("id")) for finding in record.get("findings") or []}
    judged = tuple((float(d.get("confidence") or 0.0), _right(d, program.bugs)) for d in diagnoses)
    top = bool(judged and judged[0][1])
    if not diagnoses and any(_in_findings(bug, findings) for bug in program.bugs):
        top = True
    wrong_kind = any(proof_of(name) in WITH_LINES for d in diagnoses for name in [str(d.get("bug"))])
    return Score(
        program=program.name,
        style=program.style,
        bugs=tuple(_named(bug, diagnoses, findings) for bug in program.bugs),
        verdict=verdict,
        verdict_right=verdict in program.verdicts,
        recognised=verdict != "none" and (verdict != "invalid" or "invalid" in program.verdicts),
        top=top if program.bugs else None,
        top_name=str(diagnoses[0].get("bug")) if diagnoses else "",
        line=_top_distance(program, diagnoses) if program.wrong_gradient else None,
        diagnoses=judged,
        patch=bool(record.get("patch") and record.get("patch_verified")) if program.wrong_gradient else None,
        patch_right=patch_right,
        false_alarm=not program.bugs and (wrong_kind or verdict == "fail"),
        seconds=seconds,
        error=error,
    )


def merged(record: Mapping[str, Any]) -> Record:
    """One record of several: the worst verdict, all diagnoses, the first patch."""
    results = record.get("results")
    if not results:
        return record
    order = ("fail", "invalid", "inconclusive", "pass")
    worst = min(results, key=lambda r: order.index(r["verdict"]) if r.get("verdict") in order else len(order))
    diagnoses = [d for r in results for d in r.get("diagnoses") or []]
    return {
        **worst,
        "findings": [f for r in results for f in r.get("findings") or []],
        "diagnoses": sorted(diagnoses, key=lambda d: -float(d.get("confidence") or 0.0)),
    }


def _names(diagnosis: Record) -> set[str]:
    return {str(diagnosis.get("bug")), *map(str, diagnosis.get("same_as") or [])}


def _right(diagnosis: Record, bugs: Iterable[Bug]) -> bool:
    return any(_names(diagnosis) & bug.names for bug in bugs)


def _in_findings(bug: Bug, findings: set[str]) -> bool:
    return proof_of(bug.id) in IN_FINDINGS and bool(bug.names & findings)


def _named(bug: Bug, diagnoses: Sequence[Record], findings: set[str]) -> Named:
    """Named by a diagnosis or, where that is its place, by a finding; the nearest line of those that name it."""
    naming = [d for d in diagnoses if _names(d) & bug.names]
    distances = [d for d in (_distance(bug, diagnosis.get("line")) for diagnosis in naming) if d is not None]
    return Named(
        bug=bug.id,
        named=bool(naming) or _in_findings(bug, findings),
        has_line=proof_of(bug.id) in WITH_LINES,
        distance=min(distances, default=None),
    )


def _top_distance(program: Program, diagnoses: Sequence[Record]) -> int | None:
    """How far the first diagnosis's line is from a line of the bug that it names, or of any where it names none."""
    if not diagnoses:
        return None
    named = [bug for bug in program.bugs if _names(diagnoses[0]) & bug.names] or program.bugs
    distances = [d for d in (_distance(bug, diagnoses[0].get("line")) for bug in named) if d is not None]
    return min(distances, default=None)


def _distance(bug: Bug, line: Any) -> int | None:
    """Lines between, 0 where it is one of the bug's."""
    lines = (*bug.lines, *bug.also)
    return min(abs(int(line) - right) for right in lines) if line is not None and lines else None
