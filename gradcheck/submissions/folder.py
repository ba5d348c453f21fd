"""A folder of files: which of them are programs, and one result for each network in them."""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.records import CheckReport, ReportSet
from gradcheck.submissions.text.package import Program, programs_in
from gradcheck.submissions.verdict import invalid

__all__ = ["each_file"]

# How a loss is told that another file computes, in each language.
LOSS_ELSEWHERE = re.compile(r"\([^()]+\.py, line \d+\)|（[^（）]+\.py 第 \d+ 行）")
IGNORED_FOLDERS = {
    ".ipynb_checkpoints", "__pycache__", ".git", ".nox", ".tox", ".venv", "venv", "node_modules", "site-packages",
}  # fmt: skip


def each_file(
    path: str | Path,
    ask: Callable[[Path], CheckReport | ReportSet],
    *,
    adapter: str | Path | None = None,
    refused: Callable[[Path, str], CheckReport] | None = None,
    ignore: Sequence[str] = (),
) -> CheckReport | ReportSet:
    """Ask for a file, or for every program of a folder and below it: each file and notebook that no other imports.

    Parameters
    ----------
    path : str or Path
    ask : callable
        ``ask(file)`` returns what it holds, or raises ``SubmissionError``.
    adapter : str or Path, optional
        A file that is no submission.
    refused : callable, optional
        ``refused(file, reason)`` stands for a file of a folder that cannot be loaded.
    ignore : sequence of str
        Patterns of files that are none, as in ``tests/*``, relative to the folder.

    Raises
    ------
    SubmissionError
        If a folder holds no Python file and no notebook, or a single file cannot be loaded.
    """
    root = Path(path)
    if not root.is_dir():
        return ask(root)
    skip = Path(adapter).resolve() if adapter is not None else None
    files = [
        file
        for file in sorted((*root.rglob("*.py"), *root.rglob("*.ipynb")))
        if not IGNORED_FOLDERS & set(file.relative_to(root).parts)
        and not (skip is not None and _is_same(file, skip))
        and not any(fnmatch.fnmatch(file.relative_to(root).as_posix(), pattern) for pattern in ignore)
    ]
    if not files:
        raise SubmissionError(
            tr("{root} holds no Python file and no notebook: pass a .py file, or a folder with some.", root=root)
        )
    strays = {file: reason for file in files if (reason := _stray(file, root)) is not None}
    programs = programs_in([file for file in files if file not in strays])
    found = [(program, _results(program.file, ask, refused or invalid)) for program in programs]
    good = {member for program, results in found for member in program.group if any(map(_is_network, results))}
    results = [(refused or invalid)(file, reason) for file, reason in strays.items()]
    seen: set[Any] = set()
    for program, reports in found:
        shared = len(program.group) > 1
        for report in reports:
            if shared and not _is_network(report) and program.file in good:
                continue  # a helper, or a test, of a program that was checked
            key = _network_key(report, program) if shared else None
            if key is None or key not in seen:
                results.append(report)
            seen.add(key)
    return ReportSet(results=tuple(results))


def _results(
    file: Path,
    ask: Callable[[Path], CheckReport | ReportSet],
    refused: Callable[[Path, str], CheckReport],
) -> tuple[CheckReport, ...]:
    try:
        report = ask(file)
    except SubmissionError as error:
        report = dataclasses.replace(refused(file, str(error)), **error.run)
    return report.results if isinstance(report, ReportSet) else (report,)


def _is_network(report: CheckReport) -> bool:
    """Whether a result is about a network, not about a file in which none was found."""
    return bool(report.blocks) or report.loss is not None


def _network_key(report: CheckReport, program: Program) -> Any:
    """Tells networks of files that hang together apart: its parameters, and the shared file that its loss is in."""
    place = LOSS_ELSEWHERE.search(report.loss or "")
    if place is None or not _is_network(report):
        return None
    return program.group, report.loss, tuple(block.name for block in report.blocks)


def _stray(file: Path, folder: Path) -> str | None:
    """Why an entry of somebody's folder is not looked at: a link is no way to a file that is not theirs."""
    try:
        place = file.resolve(strict=True)
    except (OSError, RuntimeError):
        return tr("{file} is a link that leads nowhere.", file=file)
    if not place.is_relative_to(folder.resolve()):
        return tr("{file} is a link to a file outside of {folder}: check that file itself.", file=file, folder=folder)
    return None if place.is_file() else tr("{file} is no file: a pipe, a device or a folder.", file=file)


def _is_same(file: Path, other: Path) -> bool:
    try:
        return file.resolve() == other
    except (OSError, RuntimeError):
        return False
