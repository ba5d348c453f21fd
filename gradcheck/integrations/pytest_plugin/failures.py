"""What a reader is told of a gradient that did not pass: the mistake, the numbers, and how to see it again."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import gradcheck
from gradcheck.integrations.pytest_plugin.keeping import keep
from gradcheck.integrations.pytest_plugin.places import command_of
from gradcheck.records import CheckReport, Diagnosis, Finding, Severity, Verdict
from gradcheck.reports.blocks import block_table
from gradcheck.reports.terminal import TEXT_WIDTH, render_text

__all__ = ["Again", "readable", "told", "without_own_frames"]

OWN_FOLDER = Path(gradcheck.__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How a check is seen once more.

    Attributes
    ----------
    seed : int or None
        None where the test draws by itself.
    program : str or None
        Python that shows it without pytest, where that can be written down.
    command : str or None
        A command of a shell that does.
    """

    seed: int | None
    program: str | None = None
    command: str | None = None


def told(
    item: pytest.Item,
    report: CheckReport,
    expected: Verdict,
    again: Again | None,
    explain: Callable[[], CheckReport] | None,
) -> tuple[str, CheckReport]:
    """The message of a failing test, and the report behind it, which is kept in place of the check's.

    Parameters
    ----------
    item : pytest.Item
    report : CheckReport
        Of the check.
    expected : Verdict
    again : Again or None
        None where that is told elsewhere.
    explain : callable, optional
        ``explain()`` returns a diagnosis, where one is of use.
    """
    found = report if explain is None else _explained(report, explain)
    keep(item, found, instead=report)
    first = f"{found.verdict.name}: {found.reason.splitlines()[0] if found.reason else found.verdict.value}"
    if expected is not Verdict.PASS:
        first = f"the verdict is {found.verdict.name}, but should be {expected.name}"
    parts = [first, render_text(found)]
    if isinstance(found, Diagnosis) and found.blocks:
        parts.append(_table(found))
    if again is not None:
        parts.append(_again(item, again))
    return "\n\n".join(parts), found


def without_own_frames(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Take gradcheck's own lines of code off the end of a traceback: the reader's are of interest."""
    last, entry = excinfo.tb, excinfo.tb
    while entry.tb_next is not None:
        entry = entry.tb_next
        if OWN_FOLDER not in Path(entry.tb_frame.f_code.co_filename).parents:
            last = entry
    last.tb_next = None
    excinfo.traceback = type(excinfo.traceback)(excinfo.tb)  # what was read of it before is longer


def readable(excinfo: pytest.ExceptionInfo[BaseException], item: pytest.Item) -> Any:
    """A failure that is its message alone, at the place of the test."""
    shown = excinfo.getrepr(style="value")
    crash = shown.reprcrash
    if crash is not None:
        path, line, _ = item.location
        crash.path, crash.lineno, crash.message = path, (line or 0) + 1, str(excinfo.value)
    return shown


def _explained(report: CheckReport, explain: Callable[[], CheckReport]) -> CheckReport:
    try:
        return explain()
    except Exception as error:  # noqa: BLE001 - what is known of the gradient is not lost over its explanation
        note = Finding(
            id="diagnosis-incomplete",
            severity=Severity.WARNING,
            message=f"The diagnosis could not be carried through: {type(error).__name__}: {error}"[:500],
        )
        return dataclasses.replace(report, findings=(*report.findings, note))


def _table(report: CheckReport) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream, width=TEXT_WIDTH, color_system=None, force_terminal=False, force_jupyter=False,
        legacy_windows=False, markup=False, emoji=False, highlight=False,
    )  # fmt: skip
    console.print(block_table(report, console)[0])
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n")


def _again(item: pytest.Item, again: Again) -> str:
    drawn = "" if again.seed is None else f" (seed {again.seed})"
    lines = [f"To see it again{drawn}", f"  {again.command or command_of(item, again.seed)}"]
    if again.program is not None:
        lines += ["or, from the same folder, in Python", *(f"  {line}" for line in again.program.splitlines())]
    return "\n".join(lines)
