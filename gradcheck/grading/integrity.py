"""Findings for staff: how a gradient was come by, what was imported, what was tried. They take no marks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.grading.assignment.records import Integrity
from gradcheck.grading.reference.points import Point
from gradcheck.grading.subject.replies import Reply
from gradcheck.language import clauses, mark, tr
from gradcheck.records import CheckReport, Finding, Severity
from gradcheck.submissions.exchange.protocol import text_of
from gradcheck.submissions.exchange.session import Status
from gradcheck.submissions.text.conduct import conduct
from gradcheck.submissions.text.nodes import statements_of

__all__ = ["integrity_findings", "memorised"]

# Of a report's findings, those that are about conduct.
TOLD = ("numerical-gradient", "input-mutated", "autograd-used", "looks-at-checker")
REPEATED = {
    "output": mark("Its output is the same at {n} different points: it does not depend on what is given."),
    "loss": mark("Its loss is the same at {n} different points: it does not depend on what is given."),
    "gradient": mark("Its gradient is the same at {n} different points: it does not depend on what is given."),
}
ATTEMPTS = {Status.FORBIDDEN: "sandbox-attempt", Status.PROTOCOL: "channel-attempt"}


def integrity_findings(
    tree: ast.Module,
    rules: Integrity,
    report: CheckReport | None,
    ended: Sequence[Status],
    told: Mapping[str, Any],
) -> tuple[Finding, ...]:
    """What staff are told of one submission.

    Parameters
    ----------
    tree : ast.Module
        The program's.
    rules : Integrity
        The assignment's.
    report : CheckReport or None
    ended : sequence of Status
        How processes of it have ended before their time.
    told : mapping
        What the last process said of its run.
    """
    found = [*conduct(tree), *_forbidden_imports(tree, rules)]
    found += [finding for finding in (report.findings if report is not None else ()) if finding.id in TOLD]
    refused = list(dict.fromkeys(text_of(item) for item in told.get("forbidden") or []))
    if refused:
        tried = clauses(refused[:3])
        message = tr("It tried what a submission may not, and was refused: {tried}.", tried=tried)
        found.append(Finding(id="sandbox-attempt", severity=Severity.WARNING, message=message))
    for status in dict.fromkeys(ended):
        if status in ATTEMPTS:
            message = tr("Its process was ended, because {reason}.", reason=tr(status.value))
            found.append(Finding(id=ATTEMPTS[status], severity=Severity.WARNING, message=message))
    unique = {(finding.id, finding.message): finding for finding in found}
    return tuple(unique.values())


def memorised(points: Sequence[Point], answers: Mapping[str, Sequence[Reply]]) -> Iterator[Finding]:
    """Answers that are the same whatever is asked.

    Parameters
    ----------
    points : sequence of Point
        Which all differ.
    answers : mapping of str to sequence of Reply
        By what was asked for (``output``, ``loss`` or ``gradient``), one at each point.
    """
    if len(points) < 2:
        return
    for what, replies in answers.items():
        if not replies or not all(reply.complete and reply.values for reply in replies):
            continue
        first, *others = replies
        same = all(_equal(first, other) for other in others)
        numbers = all(np.all(np.isfinite(value)) for value in first.values.values())
        if same and numbers and any(np.any(value) for value in first.values.values()):
            message = tr(REPEATED[what], n=len(replies))
            yield Finding(id="memorised-output", severity=Severity.WARNING, message=message)


def _equal(one: Reply, other: Reply) -> bool:
    return all(
        value.shape == other.values[role].shape and np.array_equal(value, other.values[role], equal_nan=True)
        for role, value in one.values.items()
    )


def _forbidden_imports(tree: ast.Module, rules: Integrity) -> Iterator[Finding]:
    forbidden = set(rules.forbid)
    for node in statements_of(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found = next((name for name in names if _is_below(name, forbidden)), None)
        if found is not None:
            line = getattr(node, "lineno", 0)
            message = tr("Line {line}: it imports {module}, which the assignment forbids.", line=line, module=found)
            yield Finding(id="forbidden-library", severity=Severity.WARNING, message=message)


def _is_below(name: str, modules: set[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[: length + 1]) in modules for length in range(len(parts)))
