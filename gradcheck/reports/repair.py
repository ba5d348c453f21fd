"""A verified patch for a terminal: what it cures, the diff as it is, and how to apply or undo it."""

from __future__ import annotations

import io
import re
import shlex
import tokenize

from rich.text import Text

from gradcheck.language import tr
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, ReportSet, Verdict
from gradcheck.reports import words
from gradcheck.reports.naming import bug_place, bug_title
from gradcheck.reports.unicode import printable

__all__ = ["coloured_diff", "cures", "for_tools", "unrepaired", "written"]

HUNK = re.compile(r"@@ -(\d+)")
STYLES = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"))


def cures(report: CheckReport | ReportSet) -> list[str]:
    """What a verified patch cures, one line a bug, and what was seen of it: that it passes, or does but for a decay."""
    results = report.results if isinstance(report, ReportSet) else (report,)
    bugs = [bug for r in results if isinstance(r, Diagnosis) and r.verdict is Verdict.FAIL for bug in r.diagnoses]
    named = dict.fromkeys(_cure(bug) for bug in bugs)
    others = any(bug.alternatives for bug in bugs)
    file = shlex.quote(next((result.file for result in results if result.file), "FILE"))
    passes = tr("Verified: with it the gradient passes the check, with fresh numbers.")
    kept = dict.fromkeys(finding.message for r in results for finding in r.findings if finding.id == "decay-kept")
    lines = [*named, *(kept or [passes])]
    if others:
        lines.append(tr("There are other fixes that are as right: {command}", command=f"gradcheck diagnose {file}"))
    return [printable(line) for line in lines]


def unrepaired(report: CheckReport | ReportSet) -> list[str]:
    """Why there is no patch: nothing is wrong with the gradient, or no patch was verified, or nothing was checked."""
    results = report.results if isinstance(report, ReportSet) else (report,)
    file = next((result.file for result in results if result.file), None)
    first = report.verdict.name if file is None else f"{report.verdict.name}  {file}"
    known = []
    if file is not None:
        known.append(tr("What is known: {command}", command=f"gradcheck diagnose {shlex.quote(file)}"))
    if report.verdict is Verdict.FAIL:
        none = tr("The gradient is wrong, and no fix was found that passes the check.")
        if len(results) > 1:
            none = tr(
                "The gradient is wrong, and no fix was found that passes the check for all of its {number} networks "
                "together.",
                number=len(results),
            )
        told = [none, *known]
    elif report.verdict is Verdict.PASS:
        named = any(isinstance(result, Diagnosis) and result.diagnoses for result in results)
        told = [tr("The gradient is right: there is nothing to fix in it."), *(known if named else [])]
    else:
        told = [
            line for result in results for line in (*words.reason(result)[0], *words.reason(result)[1].splitlines())
        ]
    return [printable(line) for line in (first, *told)]


def written(path: str, backup: str | None) -> list[str]:
    """Where the repaired file and its backup are, and how to undo it."""
    lines = [tr("Written: {path}", path=path)]
    if backup is None:
        lines.append(tr("No backup was left, as you asked; version control can undo it."))
    else:
        lines.append(tr("Backup: {path}", path=backup))
        lines.append(tr("Undo: {command}", command=f"mv {shlex.quote(backup)} {shlex.quote(path)}"))
    return [printable(line) for line in lines]


def for_tools(patch: str, file: bytes) -> bytes:
    r"""A diff as ``patch`` and ``git apply`` want it for a file: its encoding, its line ends, a tab after its name.

    Parameters
    ----------
    patch : str
        A unified diff, made of text whose lines end in line feeds.
    file : bytes
        The file as it was before.

    Examples
    --------
    >>> for_tools("--- a/my net.py\n+++ b/my net.py\n@@ -1 +1 @@\n-a\n+b\n", b"a\r\n").splitlines(keepends=True)
    [b'--- a/my net.py\t\n', b'+++ b/my net.py\t\n', b'@@ -1 +1 @@\n', b'-a\r\n', b'+b\r\n']
    """
    returns = [line.endswith(b"\r") for line in file.split(b"\n")]
    told, number, with_return = [], 0, False
    for line in patch.removesuffix("\n").split("\n"):
        header = HUNK.match(line)
        if header or number == 0:
            number = int(header[1]) if header else 0
            told.append(f"{line}\t" if not header and " " in line[4:] else line)  # patch ends a name at a blank
            continue
        if line[:1] in ("-", " "):
            with_return = 0 < number <= len(returns) and returns[number - 1]
            number += 1
        told.append(f"{line}\r" if with_return and not line.startswith("\\") and not line.endswith("\r") else line)
    return "".join(f"{line}\n" for line in told).encode(_encoding(file), "surrogateescape")


def coloured_diff(patch: str) -> Text:
    """A diff in colours, line by line as it is."""
    text = Text()
    for line in patch.splitlines():
        style = next((style for prefix, style in STYLES if line.startswith(prefix)), "")
        text.append(printable(line) + "\n", style=style)
    return text


def _cure(bug: DiagnosedBug) -> str:
    names = {"title": bug_title(bug.bug), "id": bug.bug}
    place = bug_place(bug)
    if not place:
        return tr("Cures: {title} ({id}).", **names)
    return tr("Cures: {title} ({id}, {place}).", place=place, **names)


def _encoding(file: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(file).readline)[0].removesuffix("-sig")
    except (SyntaxError, LookupError):
        return "utf-8"
