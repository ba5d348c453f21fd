"""What a run has done, for the terminal: how the class stands, what goes wrong most, whose marks moved."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gradcheck.grading.grade import GradedClass
from gradcheck.grading.gradebook.gradebook import Move
from gradcheck.language import listed, mark, tr, trn
from gradcheck.reports.unicode import printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["one_line", "print_overview", "to_json"]

OVERVIEW_SCHEMA = "gradcheck/class@1"
# Lines of a list before it is cut; all of it is in the files.
MOST = 12
# What a mark may have moved with.
REASONS = {
    "submission": mark("submission"),
    "assignment": mark("assignment"),
    "version": mark("version"),
    "mode": mark("mode"),
    "again": mark("again"),
}
STATES = {
    "graded": mark("graded"),
    "ungradable": mark("could not be run (no mark; the cure is on the sheet)"),
    "missing": mark("handed in nothing"),
    "internal": mark("gradcheck failed over it (run the same command again)"),
}


def one_line(graded: GradedClass) -> str:
    """The run in one line."""
    run = graded.run
    told = [
        trn("{n} submission", "{n} submissions", run.submissions),
        tr("{n} run", n=run.run),
        tr("{n} unchanged", n=run.kept),
    ]
    points = _points(graded)
    if points:
        told.append(tr("mean {mean:.1f} of {of:g}", mean=statistics.fmean(points), of=graded.assignment.points))
    return tr("{told}: {folder}", told=listed(told), folder=graded.folder)


def to_json(graded: GradedClass) -> str:
    """The run as JSON: everybody's mark, and what has moved; records are in the folder."""
    run, names, known = graded.run, graded.pseudonyms, _known_by(graded)
    content = {
        "schema": OVERVIEW_SCHEMA,
        "assignment": graded.assignment.title,
        "of": graded.assignment.points,
        "out": str(graded.folder),
        "submissions": run.submissions,
        "run": run.run,
        "unchanged": run.kept,
        "students": [
            {
                "student": names.get(one.student, one.student),
                "submission": None if names else one.submission,
                "state": one.state,
                "points": one.points,
                "measured": one.measured,
                "late_points": one.late_points,
                "of": one.of,
            }
            for one in graded.standings
        ],
        "moves": [
            {
                "submission": known(move.key),
                "item": move.item or None,
                "before": move.before,
                "after": move.after,
                "why": list(move.why),
            }
            for move in run.moves
        ],
        "changes": [{"key": change.key, "before": change.before, "after": change.after} for change in graded.changes],
        "strays": [known(key) for key in graded.strays],
        "warnings": list(graded.warnings),
        "gone": [known(key) for key in run.gone],
        "faults": {known(key): fault for key, fault in run.faults.items()},
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def print_overview(graded: GradedClass, console: Console) -> None:
    """Print how the class stands.

    Parameters
    ----------
    graded : GradedClass
    console : rich.console.Console
    """
    from rich.table import Table

    run, of = graded.run, graded.assignment.points
    title = printable(graded.assignment.title)
    counted = trn("{title}: {n} submission", "{title}: {n} submissions", run.submissions, title=title)
    console.print(counted, style="bold")
    console.print(tr("{run} run, {kept} unchanged since the last run", run=run.run, kept=run.kept))
    points = _points(graded)
    table = Table.grid(padding=(0, 2))
    for state, count in Counter(one.state for one in graded.standings).most_common():
        table.add_row(str(count), tr(STATES[state]))
    console.print(table)
    if points:
        quarters = statistics.quantiles(points, n=4, method="inclusive") if len(points) > 1 else points * 3
        console.print(
            tr(
                "mean {mean:.1f} of {of:g}, median {median:.1f}, middle half {low:.1f} to {high:.1f}",
                mean=statistics.fmean(points),
                of=of,
                low=quarters[0],
                median=quarters[1],
                high=quarters[2],
            )
        )
    _print_bugs(graded, console)
    _print_moves(graded, console)
    known = _known_by(graded)
    for key, fault in list(run.faults.items())[:MOST]:
        told = tr(
            "gradcheck failed over {submission}: {fault}", submission=printable(known(key)), fault=printable(fault)
        )
        console.print(told, style="yellow")
    if graded.strays:
        names = listed(printable(known(key)) for key in graded.strays[:MOST])
        told = trn(
            "A table names what was not handed in: {names}",
            "A table names {n} that were not handed in: {names}",
            len(graded.strays),
            names=names,
        )
        console.print(told, style="yellow", markup=False)
    for told in graded.warnings[:MOST]:
        console.print(printable(told), style="yellow", markup=False)
    console.print(tr("Results: {folder}", folder=graded.folder))


def _known_by(graded: GradedClass) -> Callable[[str], str]:
    """By what a submission may be called: its key, or in an anonymous class its students' pseudonyms."""
    if not graded.pseudonyms:
        return str
    owners: dict[str, list[str]] = {}
    for one in graded.standings:
        for key in one.attempts:
            owners.setdefault(key, []).append(graded.pseudonyms[one.student])
    return lambda key: tr(" and ").join(owners.get(key, [tr("a submission that is gone")]))


def _points(graded: GradedClass) -> list[float]:
    return [one.points for one in graded.standings if one.points is not None]


def _print_bugs(graded: GradedClass, console: Console) -> None:
    from rich.table import Table

    counted = {one.submission for one in graded.standings}
    bugs: Counter[str] = Counter()
    for key, record in graded.records():
        if key in counted:
            bugs.update({bug["bug"] for bug in record.get("diagnoses", ())})
    if not bugs:
        return
    console.print()
    console.print(tr("Bugs named most often"), style="bold")
    table = Table.grid(padding=(0, 2))
    for bug, count in sorted(bugs.items(), key=lambda counted: (-counted[1], counted[0]))[:MOST]:
        table.add_row(str(count), bug)
    console.print(table)
    if len(bugs) > MOST:
        console.print(tr("and {n} others: see report/index.html", n=len(bugs) - MOST))


def _print_moves(graded: GradedClass, console: Console) -> None:
    moves = [move for move in graded.run.moves if not move.item]
    _print_changes(graded, console)
    if not moves:
        return
    console.print()
    console.print(tr("{n} marks moved", n=len(moves)), style="bold")
    known = _known_by(graded)
    for move in moves[:MOST]:
        why = listed(tr(REASONS.get(reason, reason)) for reason in move.why)
        told = tr("{submission}: {before} to {after} ({why} changed)",
                  submission=printable(known(move.key)), before=_or_none(move.before), after=_or_none(move.after),
                  why=why)  # fmt: skip
        console.print(told)
        if move.before is not None and move.after is not None:  # else all of them came or went
            _print_items([item for item in graded.run.moves if item.item and item.key == move.key], console)
    if len(moves) > MOST:
        console.print(tr("and {n} others", n=len(moves) - MOST))


def _print_changes(graded: GradedClass, console: Console) -> None:
    """What the assignment says otherwise than before."""
    if not graded.changes:
        return
    console.print()
    console.print(tr("The assignment has changed"), style="bold")
    for change in graded.changes[:MOST]:
        before, after = (tr("not given") if value is None else value for value in (change.before, change.after))
        told = tr("{key}: {before} to {after}", key=change.key, before=before, after=after)
        console.print(f"  {printable(told)}", markup=False, highlight=False)
    if len(graded.changes) > MOST:
        console.print(f"  {tr('and {n} others', n=len(graded.changes) - MOST)}")


def _print_items(moves: Sequence[Move], console: Console) -> None:
    """Items whose marks moved."""
    told = [
        tr("{key}: {before} to {after}", key=move.item, before=_or_none(move.before), after=_or_none(move.after))
        for move in moves
    ]
    if told:
        more = [tr("and {n} others", n=len(told) - MOST)] if len(told) > MOST else []
        console.print(f"  {printable('; '.join([*told[:MOST], *more]))}", markup=False, highlight=False)


def _or_none(points: float | None) -> str:
    return tr("none") if points is None else f"{points:g}"
