"""From what was measured to marks: gates, partial credit, constant factors, follow-through, one message an item."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradcheck.grading.assignment.ready import item_title
from gradcheck.grading.assignment.records import Assignment, Item
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.records import Mark, Message, Outcome
from gradcheck.grading.wording import beside
from gradcheck.language import listed, tr
from gradcheck.records import DiagnosedBug

__all__ = ["Carried", "marks"]

# Outcomes that open a gate.
EARNED = (Outcome.EARNED, Outcome.CARRIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What an item earns although its values are wrong.

    Attributes
    ----------
    share : float
        Of its points, at least that part.
    reason : str
        In one sentence, why the error is not its own; everybody reads it, so it names no place and no bug.
    how : str
        In one sentence, what shows it, such as the bug that was corrected; empty where there is no more to say.
    elsewhere : bool
        Whether nothing of the backward pass makes it wrong: then no bug of it is named.
    """

    share: float
    reason: str
    how: str = ""
    elsewhere: bool = False


def marks(
    assignment: Assignment,
    measured: Mapping[str, Measured],
    bugs: Sequence[DiagnosedBug] = (),
    carried: Mapping[str, Carried] | None = None,
) -> tuple[Mark, ...]:
    """A mark for every item with points.

    Parameters
    ----------
    assignment : Assignment
    measured : mapping of str to Measured
        By the item's path.
    bugs : sequence of DiagnosedBug
        What is wrong, by name, most confident first.
    carried : mapping of str to Carried, optional
        By the item's path; without it every item is marked by its own values.

    Returns
    -------
    tuple of Mark
        In the rubric's order.
    """
    found: dict[str, Mark] = {}
    told: dict[tuple[str, str], str] = {}  # titles of the items at which bugs are explained
    leaves = {leaf.path: leaf for leaf in assignment.leaves}

    def mark_of(path: str) -> Mark:
        if path not in found:
            gates = [mark_of(need) for need in leaves[path].needs if need in leaves]
            closed = next((gate for gate in gates if gate.outcome not in EARNED), None)
            found[path] = (
                _blocked(leaves[path], closed)
                if closed is not None
                else _mark(assignment, leaves[path], measured[path], bugs, (carried or {}).get(path), told)
            )
        return found[path]

    def with_what_is_behind(mark: Mark) -> Mark:
        """A person may open its gates later: then it has what it has earned by itself."""
        if mark.outcome is not Outcome.BLOCKED or mark.item not in measured:
            return mark
        leaf = leaves[mark.item]
        own = _mark(assignment, leaf, measured[leaf.path], bugs, (carried or {}).get(leaf.path), told)
        return replace(mark, gates=tuple(need for need in leaf.needs if need in leaves), behind=own)

    return tuple(with_what_is_behind(mark) for mark in [mark_of(path) for path in leaves])


def _blocked(item: Item, gate: Mark) -> Mark:
    before = item_title(gate.item, gate.title)
    message = Message(symptom=tr("Not looked at: '{item}' comes before it, and is not right yet.", item=before))
    return Mark(item=item.path, title=item.title, points=0.0, of=item.points, outcome=Outcome.BLOCKED, message=message)


def _mark(
    assignment: Assignment,
    item: Item,
    measured: Measured,
    bugs: Sequence[DiagnosedBug],
    carried: Carried | None,
    told: dict[tuple[str, str], str],
) -> Mark:
    share, outcome, notes = _earned(assignment, item, measured)
    follows = assignment.marking.follow_through
    if outcome is Outcome.CARRIED and not follows:
        share, outcome = 0.0, Outcome.LOST
    if carried is not None and follows and carried.share > share and outcome is not Outcome.CARRIED:
        share = carried.share
        outcome = Outcome.CARRIED if share >= 1.0 else Outcome.PARTLY
    if carried is not None and follows:
        notes = (*notes, carried.reason, *([carried.how] if carried.how else []))
    bug = None if carried is not None and carried.elsewhere else _bug_of(measured, bugs)
    where = None  # it is explained already
    if bug is not None and outcome is not Outcome.EARNED:
        here = item_title(item.path, item.title)
        where = told.setdefault((bug.bug, bug.message), here)
        where = where if where != here else None
    return Mark(
        item=item.path,
        title=item.title,
        points=round(share * item.points, 6),
        of=item.points,
        outcome=outcome,
        message=_message(_worded(assignment, measured), bug, carried if outcome is Outcome.CARRIED else None, where),
        evidence=(*measured.evidence, *notes, *(() if bug is None else bug.evidence)),
        bug=None if bug is None or outcome in EARNED else bug.bug,
        line=measured.line if bug is None or bug.line is None or _may_be_elsewhere(bug) else bug.line,
    )


def _worded(assignment: Assignment, measured: Measured) -> Measured:
    """Of what is right by a convention that is not allowed, said so."""
    refused = measured.conventions - assignment.conventions
    if measured.share < 1.0 or not refused:
        return measured
    said = tr("By another convention than was asked for: {names}.", names=listed(sorted(refused)))
    return replace(measured, message=replace(measured.message, symptom=beside(measured.message.symptom, said)))


def _earned(assignment: Assignment, item: Item, measured: Measured) -> tuple[float, Outcome, tuple[str, ...]]:
    """The share of its points by its own values."""
    if measured.outcome is Outcome.CARRIED:
        return measured.share, Outcome.CARRIED, ()
    if measured.outcome is not None:
        return 0.0, measured.outcome, ()
    refused = measured.conventions - assignment.conventions
    own = item.options.get("constant_factor")
    kept = assignment.marking.constant_factor if own is None else float(own)
    if measured.share >= 1.0 and not refused:
        names = sorted(measured.conventions)
        notes = tuple(tr("by the convention {name}, which is allowed", name=name) for name in names)
        return 1.0, Outcome.EARNED, notes
    if measured.share >= 1.0:
        note = tr(
            "right by another convention ({names}), which keeps {kept:.0%} of the points",
            names=listed(sorted(refused)), kept=kept,
        )  # fmt: skip
        return kept, _partly(kept), (note,)
    if measured.factor:
        share = measured.share + (1.0 - measured.share) * kept
        note = tr("wrong by a constant factor alone, which keeps {kept:.0%} of the points", kept=kept)
        return share, _partly(share), (note,)
    return measured.share, _partly(measured.share), ()


def _partly(share: float) -> Outcome:
    return Outcome.EARNED if share >= 1.0 else Outcome.PARTLY if share > 0.0 else Outcome.LOST


def _bug_of(measured: Measured, bugs: Sequence[DiagnosedBug]) -> DiagnosedBug | None:
    """The bug that makes one of the item's blocks wrong: the one that is about fewest others."""
    about = [bug for bug in bugs if set(bug.blocks) & set(measured.blocks)]
    return min(about, key=lambda bug: len(bug.blocks), default=None)


def _message(
    measured: Measured, bug: DiagnosedBug | None, carried: Carried | None, where: str | None = None
) -> Message:
    """The one thing to say: what was seen, and what the diagnosis knows of it, or at which item that is said."""
    own = measured.message
    symptom = own.symptom if carried is None else beside(own.symptom, carried.reason)
    named = own.name or ""
    if bug is not None:
        named = f"{bug.bug}: {bug.message}" if where is None else tr("{bug}: see '{item}'.", bug=bug.bug, item=where)
    names = ["" if carried is None else carried.how, named]
    name = functools.reduce(beside, filter(None, names), "") or None
    if bug is None:
        return Message(symptom=symptom, place=own.place, name=name, fix=own.fix)
    if where is not None:
        return Message(symptom=symptom, place=_place(bug) or own.place, name=name)
    general = None
    if bug.formula_right and bug.formula_wrong and not measured.broken:
        general = tr("In general: {right}, and not: {wrong}", wrong=bug.formula_wrong, right=bug.formula_right)
    return Message(symptom=symptom, place=_place(bug) or own.place, name=name, fix=bug.patch or own.fix or general)


def _may_be_elsewhere(bug: DiagnosedBug) -> bool:
    """Whether no verified patch has chosen its line among several."""
    return bug.patch is None and len(bug.lines) > 1


def _place(bug: DiagnosedBug) -> str | None:
    if _may_be_elsewhere(bug) and bug.cell is None:
        return tr("One of the lines {lines}", lines=listed(sorted(bug.lines)))
    if bug.cell is not None:
        if bug.code:
            return tr("Cell {cell}, line {line}: {code}", cell=bug.cell, line=bug.cell_line, code=bug.code)
        return tr("Cell {cell}, line {line}", cell=bug.cell, line=bug.cell_line)
    if bug.line is None:
        return None
    return tr("Line {line}: {code}", line=bug.line, code=bug.code) if bug.code else tr("Line {line}", line=bug.line)
