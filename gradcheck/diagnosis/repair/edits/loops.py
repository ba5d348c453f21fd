"""The bounds of loops over layers that count down, which stop before the first layer or begin below the last."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    """The loop that begins right before a statement, taken one layer further and one less far."""
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
