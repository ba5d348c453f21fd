"""For a notebook, what was done to a file, a build or a class: a repair, an outcome, where everybody stands."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from typing import Any

from rich.console import Console

from gradcheck.gate import Outcome
from gradcheck.grading.grade import GradedClass
from gradcheck.language import tr
from gradcheck.reports import html_diagnosis
from gradcheck.reports.gate import print_outcome
from gradcheck.reports.grading.overview import print_overview
from gradcheck.reports.html import render_html
from gradcheck.reports.repair import cures, unrepaired, written
from gradcheck.reports.unicode import printable
from gradcheck.submissions.diagnose_file import Repair

__all__ = ["render_run"]

WIDTH = 100  # columns
PRE = "margin:.3em 0;overflow-x:auto;background:none;color:inherit;line-height:1.35"


def render_run(run: Repair | Outcome | GradedClass) -> str:
    """What was done as an HTML fragment.

    Parameters
    ----------
    run : Repair, Outcome or GradedClass

    Returns
    -------
    str
        One ``<div>`` with inline styles, readable on light and dark backgrounds.
    """
    if isinstance(run, Repair):
        body = _repair(run)
    elif isinstance(run, Outcome):
        body = _printed(print_outcome, run)
    else:
        body = _printed(print_overview, run)
    return f'<div class="gradcheck">{body}</div>'


def _repair(repair: Repair) -> str:
    if repair.patch is None:
        return _lines(unrepaired(repair.report)) + _folded(repair)
    backups = [*repair.backups, *[None] * (len(repair.files) - len(repair.backups))]
    told = [
        line
        for file, backup in zip(repair.files, backups, strict=True)
        for line in written(str(file), None if backup is None else str(backup))
    ]
    return _lines(cures(repair.report)) + html_diagnosis.diff(repair.patch) + _lines(told) + _folded(repair)


def _folded(repair: Repair) -> str:
    return (
        f'<details style="margin:.4em 0"><summary>{tr("The diagnosis")}</summary>{render_html(repair.report)}</details>'
    )


def _lines(lines: list[str]) -> str:
    return "".join(f'<p style="margin:.2em 0">{escape(line)}</p>' for line in lines)


def _printed(show: Callable[..., None], run: Any) -> str:
    """As on a terminal without colours."""
    stream = io.StringIO()
    console = Console(
        file=stream, width=WIDTH, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False,
        markup=False, emoji=False, highlight=False,
    )  # fmt: skip
    show(run, console)
    text = "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n")
    return f'<pre style="{PRE}">{escape(printable(text))}</pre>'
