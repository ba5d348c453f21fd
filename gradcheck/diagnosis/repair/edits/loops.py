"""Loops: their bounds, which stop before the first layer or begin below the last, and what stands in them or behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, role_of
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["BOUNDS", "propose"]

# The detail of these changes: which statements run, and how often, rather than what one of them computes.
BOUNDS = "range"
# ``range(first, stop, -1)``, and ``reversed(range(start, ...))``: where each ends.
DOWN = re.compile(r"\brange\(.*,\s*(?P<stop>-?\d+)\s*,\s*-1\s*\)")
BACK = re.compile(r"\breversed\(\s*range\(\s*(?P<stop>\d+)\s*,")


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """The loop that begins right before a statement, taken one layer further and one less far; its end."""
    yield from _bounds(setting, statement)
    for start, new, detail in (*_dedented(setting, statement), *_indented(setting, statement)):
        yield Change(
            kind=EditKind.MOVE, splices=(Splice(start, statement.start, new),), statement=statement, detail=detail,
            tier=1, role=role_of(statement, setting),
        )  # fmt: skip


def _bounds(setting: Setting, statement: Statement) -> Iterator[Change]:
    tree = setting.tree
    if not statement.loops:
        return
    first, last, _target = statement.loops[-1]
    inside = (other for other in tree.statements if statement.loops[-1] in other.loops)
    if next(inside, None) is not statement or last <= first:
        return
    place = tree.line_start(first)
    line = tree.text[place : tree.line_end(first)]
    found = DOWN.search(line) or BACK.search(line)
    if found is None:
        return
    start, end = (place + at for at in found.span("stop"))
    least = -1 if found.re is DOWN else 0
    stop = int(found.group("stop"))
    for tier, other in enumerate((stop - 1, stop + 1)):
        if other >= least:
            yield Change(
                kind=EditKind.FORMULA, splices=(Splice(start, end, str(other)),), statement=statement,
                detail=BOUNDS, tier=2 * tier, role=role_of(statement, setting),
            )  # fmt: skip


def _dedented(setting: Setting, statement: Statement) -> Iterator[tuple[int, str, str]]:
    """The last statement of a loop behind it, where it has nothing of the loop's own: it ran once a turn."""
    tree = setting.tree
    if not statement.loops or not statement.solo or statement.place == 0:
        return
    first, last, target = statement.loops[-1]
    code = tree.text[statement.start : statement.end]
    if statement.last == last and not set(re.findall(r"\w+", target)) & set(re.findall(r"\w+", code)):
        yield tree.line_start(statement.line), _indentation_at(setting, first), "out of the loop"


def _indented(setting: Setting, statement: Statement) -> Iterator[tuple[int, str, str]]:
    """What adds up right behind a loop into it, where it has what the loop runs over: it ran for one turn alone."""
    tree = setting.tree
    if not statement.solo or not isinstance(statement.node, (cst.AugAssign, cst.Expr)):
        return
    own = tree.indentation(statement)
    for other in tree.statements:
        if not other.loops or other.loops[-1] in statement.loops or not other.solo:
            continue
        first, last, target = other.loops[-1]
        between = tree.text[tree.line_end(last) : tree.line_start(statement.line)]
        code = tree.text[statement.start : statement.end]
        turns = set(re.findall(r"\w+", target)) & set(re.findall(r"\w+", code))
        if last < statement.line and not between.strip() and turns and _indentation_at(setting, first) == own:
            yield tree.line_start(statement.line), tree.indentation(other), "into the loop"
            return


def _indentation_at(setting: Setting, line: int) -> str:
    text = setting.tree.text[setting.tree.line_start(line) : setting.tree.line_end(line)]
    return text[: len(text) - len(text.lstrip())]
