"""A self-test for the terminal and as JSON: what each bug costs, what passes unseen, what is failed wrongly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gradcheck.grading.self_test.records import BugResult, Fate, SelfTest, Trial
from gradcheck.reports.unicode import printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_self_test", "self_test_json", "self_test_line"]

# Fates in the order in which an instructor wants to know of them, with their one word.
WORDS = {
    Fate.UNSEEN: "UNSEEN",
    Fate.PARTLY: "partly",
    Fate.KILLED: "costs",
    Fate.EQUIVALENT: "equivalent",
    Fate.BEYOND: "not looked at",
    Fate.UNWRITTEN: "no place",
}
STYLES = {Fate.UNSEEN: "red", Fate.PARTLY: "yellow", Fate.KILLED: "green"}


def self_test_json(result: SelfTest) -> str:
    """The whole result as JSON."""
    return json.dumps(result.to_dict(), ensure_ascii=False, indent=2)


def self_test_line(result: SelfTest) -> str:
    """The rates in one line."""
    rates = result.rates()
    return (
        f"{rates['right_failed']} of {rates['right']} right programs lose marks; "
        f"{rates['bugs_killed']} of {rates['bugs']} bugs that can be told cost marks "
        f"({rates['wrong_killed']} of {rates['wrong']} wrong programs)"
    )


def print_self_test(result: SelfTest, console: Console) -> None:
    """Print what an instructor has to know before anybody is graded.

    Parameters
    ----------
    result : SelfTest
    console : rich.console.Console
    """
    from rich.table import Table

    console.print(f"Self-test of {printable(result.title)}", style="bold")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in ("bug", "", "places", "items that take points", *(("named",) if result.diagnosed else ())):
        table.add_column(column, overflow="fold")
    for fate in WORDS:
        for bug in result.bugs:
            if bug.fate is fate and fate is not Fate.UNWRITTEN:
                table.add_row(*_row(bug, named=result.diagnosed), style=STYLES.get(fate))
    console.print(table)
    _print_absent(result, console)
    _print_unseen(result, console)
    _print_failed(result, console)
    for note in result.unwritten:
        console.print(f"A right program could not be written: {printable(note)}", style="yellow")
    console.print()
    console.print(self_test_line(result), style="green" if result.passed else "red")


def _row(bug: BugResult, *, named: bool) -> list[str]:
    killed = sum(trial.fate is Fate.KILLED for trial in bug.trials)
    items = printable(", ".join(bug.items)) or _why_nothing(bug)
    row = [bug.bug, WORDS[bug.fate], f"{killed} of {len(bug.trials)}", items]
    if named:
        found = sum(bug.bug in trial.named for trial in bug.trials)
        row.append(f"{found} of {len(bug.trials)}")
    return row


def _why_nothing(bug: BugResult) -> str:
    beyond = next((trial.program.beyond for trial in bug.trials if trial.program.beyond), None)
    return beyond or bug.fate.value


def _print_absent(result: SelfTest, console: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for bug in result.bugs:
        if bug.fate is Fate.UNWRITTEN:
            reasons.setdefault(bug.unwritten, []).append(bug.bug)
    if reasons:
        console.print()
        console.print("Without a place here", style="bold")
    for reason, bugs in reasons.items():
        console.print(f"{', '.join(bugs)}: {printable(reason)}")


def _print_unseen(result: SelfTest, console: Console) -> None:
    if result.unseen:
        console.print()
        console.print("Gaps: wrong, and costs nothing", style="bold red")
    for trial in result.unseen:
        console.print(f"{trial.program.bug}: {printable(trial.program.where)}")
        for note in trial.notes:
            console.print(f"  {printable(note)}")


def _print_failed(result: SelfTest, console: Console) -> None:
    if result.failed:
        console.print()
        console.print("False fails: right, and loses marks", style="bold red")
    for trial in result.failed:
        console.print(f"{trial.program.key} ({printable(trial.program.where)}): {_told(trial)}")
        for loss in trial.lost:
            cure = f" {printable(loss.fix)}" if loss.fix else ""
            console.print(f"  {loss.item} takes {loss.points:g}: {printable(loss.symptom)}{cure}")


def _told(trial: Trial) -> str:
    if trial.state != "graded":
        return f"{trial.state}: {printable(trial.reason)}"
    return f"{trial.points:g} of {trial.of:g} points"
