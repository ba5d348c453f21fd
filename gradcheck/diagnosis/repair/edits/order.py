"""Order of statements: an update that comes before the last use of what it changes, and copies of old values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, target_text
from gradcheck.diagnosis.repair.names import keyed
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import PRODUCT, SUM, Statement, level

__all__ = ["overwrites", "propose"]

# What cuts a gradient down: to be left out rather than read before.
CUT = re.compile(r"(\w+\.)?(clip|clamp)\(")
# What holds an array without copying it.
COLLECTIONS = (cst.Tuple, cst.List, cst.Dict, cst.Element, cst.DictElement)


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Moves of an update behind its last reader, of a reader before it, and copies kept."""
    for splices, kind, detail, tier in (
        *_updates(setting, statement),
        *_loops(setting, statement),
        *_copies(setting, statement),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=Role.UPDATE)
    for splices, name in _renewed(setting, statement):
        yield Change(kind=EditKind.KEEP_COPY, splices=splices, statement=statement, detail=name, tier=0)


def _updates(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    name = target_text(statement, setting.tree)
    if not _changes_itself(setting, statement, name):
        return
    readers = [
        other
        for other in setting.tree.statements
        if other.function == statement.function
        and other.owner == statement.owner
        and other.line > statement.last
        and _within(other, statement)
        and _reads(setting, other, name)
        and not _changes_itself(setting, other, name)
    ]
    if not readers:
        return
    if statement.solo and not any(isinstance(reader.node, cst.Return) for reader in readers):
        yield _moved_down(setting, statement, readers[-1]), EditKind.MOVE, name, 0
    for reader in readers[:1]:
        if (
            reader.solo
            and reader.suite == statement.suite
            and not isinstance(reader.node, cst.Return)
            and statement.solo
        ):
            yield _moved_up(setting, reader, statement), EditKind.MOVE, target_text(reader, setting.tree), 1
    if statement.solo:
        yield _copied(setting, statement, readers, name), EditKind.KEEP_COPY, name, 1


def _changes_itself(setting: Setting, statement: Statement, name: str) -> bool:
    """An update: ``W -= ...``, ``W = W - ...``, ``W[...] = W[...] - ...``."""
    if not name or target_text(statement, setting.tree) != name:
        return False
    if isinstance(statement.node, cst.AugAssign):
        return True
    if not isinstance(statement.node, cst.Assign) or CUT.match(setting.tree.code(statement.node.value)):
        return False
    return _reads(setting, statement, name)


def _reads(setting: Setting, statement: Statement, name: str) -> bool:
    wanted = keyed(name)
    return any(
        keyed(setting.tree.code(node)) == wanted
        for node in setting.tree.expressions(statement)
        if isinstance(node, (cst.Name, cst.Attribute, cst.Subscript))
    )


def _within(other: Statement, statement: Statement) -> bool:
    """In the same loops, or deeper."""
    return other.loops[: len(statement.loops)] == statement.loops


def _block(setting: Setting, statement: Statement) -> tuple[int, int, str]:
    tree = setting.tree
    start, end = tree.line_start(statement.line), tree.line_end(statement.last)
    text = tree.text[start:end]
    return start, end, text if text.endswith(("\n", "\r")) else text + tree.newline


def _moved_down(setting: Setting, statement: Statement, reader: Statement) -> tuple[Splice, ...]:
    tree = setting.tree
    start, end, text = _block(setting, statement)
    last = reader.last
    depth = len(tree.indentation(statement))
    if len(tree.indentation(reader)) > depth:  # after the whole of the block that holds it
        lines = tree.text.split("\n")
        following = last
        while following < len(lines) and (
            not lines[following].strip() or len(lines[following]) - len(lines[following].lstrip()) > depth
        ):
            following += 1
            if lines[following - 1].strip():
                last = following
    place = tree.line_end(last)
    if place == len(tree.text) and not tree.text.endswith(("\n", "\r")):
        text = tree.newline + text.rstrip("\r\n")
    return Splice(start, end, ""), Splice(place, place, text)


def _moved_up(setting: Setting, reader: Statement, statement: Statement) -> tuple[Splice, ...]:
    start, end, text = _block(setting, reader)
    place = setting.tree.line_start(statement.line)
    return Splice(place, place, text), Splice(start, end, "")


def _copied(setting: Setting, statement: Statement, readers: list[Statement], name: str) -> tuple[Splice, ...]:
    tree = setting.tree
    old = f"old_{re.sub(r'[^0-9a-zA-Z_]+', '_', name.removeprefix('self.')).strip('_')}"
    place = tree.line_start(statement.line)
    splices = [Splice(place, place, f"{tree.indentation(statement)}{old} = {name}.copy(){tree.newline}")]
    for reader in readers:
        splices += _renamed(setting, reader, name, old)
    return tuple(splices)


def _renamed(setting: Setting, reader: Statement, name: str, new: str) -> Iterator[Splice]:
    for node in setting.tree.expressions(reader):
        if isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)) and keyed(setting.tree.code(node)) == keyed(name):
            start, end = setting.tree.span(node)
            yield Splice(start, end, new)


def _loops(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """An update of one element inside a loop over layers whose next turn reads that element."""
    name = target_text(statement, setting.tree)
    base, bracket, _index = name.partition("[")
    if not bracket or not statement.loops or not _changes_itself(setting, statement, name):
        return
    tree = setting.tree
    first = statement.loops[-1][0]
    readers: list[Splice] = []
    old = f"old_{re.sub(r'[^0-9a-zA-Z_]+', '_', base.removeprefix('self.')).strip('_')}"
    for other in tree.statements:
        if other.function != statement.function or statement.loops[-1] not in other.loops:
            continue
        if _changes_itself(setting, other, target_text(other, tree)) and target_text(other, tree).startswith(base):
            continue
        readers += [
            Splice(*tree.span(node.value), old)
            for node in tree.expressions(other)
            if isinstance(node, cst.Subscript) and tree.code(node.value) == base
        ]
    if not readers:
        return
    place = tree.line_start(first)
    line = tree.text[place : tree.line_end(first)]
    indentation = line[: len(line) - len(line.lstrip())]
    by_key = "'" in name or '"' in name or f"{base}.items()" in tree.text or f"{base}.keys()" in tree.text
    copies = (
        f"{{key: value.copy() for key, value in {base}.items()}}" if by_key else f"[value.copy() for value in {base}]"
    )
    insertion = Splice(place, place, f"{indentation}{old} = {copies}{tree.newline}")
    yield (insertion, *readers), EditKind.KEEP_COPY, base, 1


def _copies(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``r = x`` where ``r`` is changed in place later."""
    if isinstance(statement.node, cst.Assign) and isinstance(
        statement.node.value, (cst.Name, cst.Attribute, cst.Subscript)
    ):
        code = setting.tree.code(statement.node.value)
        if code not in ("True", "False", "None"):
            end = setting.tree.span(statement.node.value)[1]
            yield (Splice(end, end, ".copy()"),), EditKind.KEEP_COPY, code, 2


def overwrites(setting: Setting, statement: Statement) -> bool:
    """Whether it changes in place an array that its function has put away for later by reference.

    ``cache.append((h, branch)); h += branch``: what was put away is no copy, and changes with it.
    """
    name = _changed_in_place(setting, statement)
    return bool(name) and any(
        other is not statement
        and (other.function, other.owner) == (statement.function, statement.owner)
        and (other.line < statement.line or _within(other, statement))
        and _puts_away(setting, other, name)
        for other in setting.tree.statements
    )


def _renewed(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], str]]:
    """A new array in the place of one that is changed after it was put away."""
    if not statement.solo or not overwrites(setting, statement):
        return
    tree, name = setting.tree, _changed_in_place(setting, statement)
    if isinstance(statement.node, cst.AugAssign) and isinstance(statement.node.target, cst.Name):
        operator = tree.code(statement.node.operator).strip().removesuffix("=")
        value = tree.code(statement.node.value)
        tight = level(statement.node.value) > (SUM if operator in ("+", "-") else PRODUCT)
        new = value if tight or operator == "+" else f"({value})"
        yield (Splice(statement.start, statement.end, f"{name} = {name} {operator} {new}"),), name
    else:
        place = tree.line_start(statement.line)
        line = f"{tree.indentation(statement)}{name} = {name}.copy(){tree.newline}"
        yield (Splice(place, place, line),), name


def _changed_in_place(setting: Setting, statement: Statement) -> str:
    """The local array that ``h += x``, ``h[h < 0] = 0`` or ``h[:] += x`` change; empty where none is."""
    match statement.node:
        case cst.AugAssign(target=cst.Name(value=name) | cst.Subscript(value=cst.Name(value=name))):
            pass
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Subscript(value=cst.Name(value=name)))]):
            pass
        case _:
            return ""
    value = setting.scope.value(name, statement)
    return name if value is not None and value.ndim > 0 else ""


def _puts_away(setting: Setting, statement: Statement, name: str) -> bool:
    """Whether it stores the array itself under another name, or in a collection."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Name) or node.value != name:
            continue
        above = tree.parent(node)
        while isinstance(above, COLLECTIONS):
            above = tree.parent(above)
        if isinstance(above, cst.Arg):
            call = tree.parent(above)
            if isinstance(call, cst.Call) and re.search(r"\.(append|insert|setdefault)$", tree.code(call.func)):
                return True
        elif isinstance(statement.node, cst.Assign) and target_text(statement, tree) != name:
            return above is None or above is statement.node
    return False
