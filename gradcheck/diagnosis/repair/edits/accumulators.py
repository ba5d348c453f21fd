"""Sums that a loop never adds to: begun at zero before it, handed on after it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, role_of
from gradcheck.diagnosis.repair.names import readable, targets_of
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

# Of one statement: sums that may be meant, and ways to add to each.
MAX_SUMS, MAX_WAYS = 3, 4


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Beside a line that adds to one sum, a line that adds to another one what that line reads."""
    if not statement.solo or not statement.loops or not isinstance(statement.node, cst.AugAssign):
        return
    tree, role = setting.tree, role_of(statement, setting)
    place, indentation = tree.line_end(statement.last), tree.indentation(statement)
    for name in _never_added_to(setting, statement)[:MAX_SUMS]:
        for rank, term in enumerate(_terms(setting, statement, name)[:MAX_WAYS]):
            line = f"{indentation}{name} += {term}{tree.newline}"
            splices = (Splice(place, place, line),)
            tier = rank // 2 + _is_read_before(setting, statement, term)
            yield Change(kind=EditKind.INSERT, splices=splices, statement=statement, detail=name, tier=tier, role=role)


def _never_added_to(setting: Setting, statement: Statement) -> list[str]:
    """Variables that are zero at a line of a loop, and that its function binds once, before the loop."""
    tree, first = setting.tree, statement.loops[0][0]
    bound: dict[str, list[int]] = {}
    for other in tree.statements:
        if (other.owner, other.function) == (statement.owner, statement.function):
            for name in (name for target in targets_of(other.node) for name in readable(target, tree)):
                bound.setdefault(name, []).append(other.line)
    once = [name for name, lines in bound.items() if len(lines) == 1 and lines[0] < first]
    return [name for name in once if _is_zero(setting, statement, name) and _is_read(setting, name)]


def _is_zero(setting: Setting, statement: Statement, name: str) -> bool:
    value = setting.scope.value(name, statement)
    return value is not None and value.shape in setting.shapes and value.size > 0 and not value.any()


def _is_read_before(setting: Setting, statement: Statement, term: str) -> bool:
    """Whether a line above it adds what it adds to a sum: there is where one more would stand."""
    name = re.escape(re.sub(r"\.sum\(.*", "", term))
    return any(
        other.suite == statement.suite
        and other.line < statement.line
        and isinstance(other.node, cst.AugAssign)
        and re.search(rf"(?<![\w.]){name}(?!\w)", setting.tree.text[other.start : other.end])
        for other in setting.tree.statements
    )


def _is_read(setting: Setting, name: str) -> bool:
    return len(re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", setting.tree.text)) > 1


def _terms(setting: Setting, statement: Statement, name: str) -> list[str]:
    """What the line reads, as it is or summed over its samples, where that has the sum's shape."""
    tree, scope = setting.tree, setting.scope
    assert isinstance(statement.node, cst.AugAssign)
    wanted = scope.shape(name, statement)
    keep = ", keepdims=True" if wanted is not None and len(wanted) == 2 else ""
    found: dict[str, None] = {}
    for node in tree.expressions(statement):
        if not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)) or node is statement.node.target:
            continue
        text = tree.code(node)
        shape = scope.shape(text, statement)
        if shape is None or text == tree.code(statement.node.target):
            continue
        if shape == wanted:
            found[text] = None
        elif len(shape) == 2 and wanted in ((shape[1],), (1, shape[1])):
            found[f"{text}.sum(axis=0{keep})"] = None
        elif len(shape) == 2 and wanted in ((shape[0],), (shape[0], 1)):
            found[f"{text}.sum(axis=1{keep})"] = None
    return list(found)
