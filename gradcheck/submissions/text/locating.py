"""Reports on a program of several parts in the words of its author: the cell and its line, the file and its line."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from gradcheck.language import tr
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, ReportSet
from gradcheck.submissions.text.rewriting import local_patch
from gradcheck.submissions.text.source import Source

__all__ = ["located", "located_all", "told"]

# How a line is told in each language; ``known``: a cell's, or a file's with its name before it.
ENGLISH = re.compile(
    r"(?P<known>cell \d+, )?(?P<file>[\w.\-]+\.(?:py|ipynb), )?\b(?P<word>[Ll]ine) (?P<line>\d+)\b", re.ASCII
)
CHINESE = re.compile(
    r"(?P<known>第 \d+ 个单元格)?(?P<file>[\w.\-]+\.(?:py|ipynb) )?(?P<word>第) (?P<line>\d+) 行", re.ASCII
)


def located(report: CheckReport, source: Source) -> CheckReport:
    """A report in whose sentences and diagnoses every line is one of a cell, or of the file that it stands in.

    Parameters
    ----------
    report : CheckReport
        Of the program; its patches are of the program's text.
    source : Source
    """
    if not source.parts:
        return report
    changes: dict[str, object] = {
        "reason": told(report.reason, source),
        "loss": None if report.loss is None else told(report.loss, source),
        "findings": tuple(dataclasses.replace(f, message=told(f.message, source)) for f in report.findings),
    }
    if isinstance(report, Diagnosis):
        changes["patch"] = local_patch(source, report.patch)
        changes["patch_verified"] = report.patch_verified and changes["patch"] is not None
        changes["diagnoses"] = tuple(_bug(bug, source) for bug in report.diagnoses)
    return dataclasses.replace(report, **changes)  # type: ignore[arg-type]


def located_all(report: CheckReport | ReportSet, source: Source) -> CheckReport | ReportSet:
    """The same of one report or of several.

    Parameters
    ----------
    report : CheckReport or ReportSet
    source : Source
    """
    if isinstance(report, ReportSet):
        return ReportSet(results=tuple(located(result, source) for result in report.results))
    return located(report, source)


def told(text: str, source: Source) -> str:
    """A sentence with its lines as the author knows them.

    Parameters
    ----------
    text : str
    source : Source
    """

    def place(found: re.Match[str]) -> str:
        part = source.part(int(found["line"]))
        if part is None or found["known"]:
            return found[0]
        line = int(found["line"]) - part.first + 1
        if part.cell is not None:
            return (found["file"] or "") + _in_cell(part.cell, line, capital=found["word"] == "Line")
        if not part.module:
            return found[0]
        return tr("{file}, line {line}", file=part.path.name, line=line)

    return CHINESE.sub(place, ENGLISH.sub(place, text))


def _in_cell(cell: int, line: int, *, capital: bool) -> str:
    if capital:
        return tr("Cell {cell}, line {line}", cell=cell, line=line)
    return tr("cell {cell}, line {line}", cell=cell, line=line)


def _bug(bug: DiagnosedBug, source: Source) -> DiagnosedBug:
    part = None if bug.line is None else source.part(bug.line)
    changed = dataclasses.replace(
        bug,
        message=told(bug.message, source),
        evidence=tuple(told(item, source) for item in bug.evidence),
        patch=local_patch(source, bug.patch),
        alternatives=tuple(filter(None, (local_patch(source, patch) for patch in bug.alternatives))),
    )
    if part is None or bug.line is None:
        return changed
    if part.cell is not None:
        return dataclasses.replace(changed, cell=part.cell, cell_line=bug.line - part.first + 1)
    own = tuple(line - part.first + 1 for line in bug.lines if part.holds(line))
    return dataclasses.replace(changed, file=_relative(part.path, source), line=bug.line - part.first + 1, lines=own)


def _relative(path: Path, source: Source) -> str:
    """As the program itself was named, so that it can be opened from where that can."""
    if path.resolve() == source.path.resolve():
        return str(source.path)
    try:
        return str(source.path.parent / path.resolve().relative_to(source.path.resolve().parent))
    except ValueError:
        return str(path)
