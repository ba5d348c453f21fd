"""Whole statements: one that adds up where it should assign, one too many, one that is missing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, target_text
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Assignments for additions, deletions, insertions, exchanged results."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (
        *_assigned(setting, statement),
        *_deleted(setting, statement),
        *_inserted(setting, statement),
        *_exchanged(setting, statement),
        *_reshaped(setting, statement),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _assigned(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    match statement.node:
        case cst.AugAssign(target=target, operator=cst.AddAssign()):
            place = tree.text.index("+=", tree.span(target)[1])
            yield (Splice(place, place + 2, "="),), EditKind.ASSIGN, "=", 1
            name = tree.code(target)
            if statement.function and re.search(r"self\.|\[", name):
                yield from _reset(setting, statement, name)
        case cst.Assign(targets=[first]) if not isinstance(first.target, cst.Tuple):
            place = tree.text.index("=", tree.span(first.target)[1])
            yield (Splice(place, place + 1, "+="),), EditKind.ASSIGN, "+=", 3


def _reset(
    setting: Setting, statement: Statement, name: str
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """What adds up over calls set to zero first: before the loop that adds, or at the head of the function."""
    tree = setting.tree
    line = (
        statement.loops[0][0]
        if statement.loops
        else min(other.line for other in tree.statements if other.function == statement.function)
    )
    place = tree.line_start(line)
    text = tree.text[place : tree.line_end(line)]
    indentation = text[: len(text) - len(text.lstrip())]
    new = f"{indentation}{name} = np.zeros_like({name}){tree.newline}"
    yield (Splice(place, place, new),), EditKind.INSERT, f"{name} = 0", 2


def _deleted(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    if (
        not statement.solo
        or not isinstance(statement.node, (cst.Assign, cst.AugAssign, cst.Expr))
        or not statement.roots
    ):
        return
    tree = setting.tree
    start, end = tree.line_start(statement.line), tree.line_end(statement.last)
    alone = sum(other.suite == statement.suite for other in tree.statements) == 1
    code = tree.text[statement.start : statement.end]
    new = f"{tree.indentation(statement)}pass{tree.newline}" if alone else ""
    tier = 1 if re.search(r"clip|clamp|maximum|max\(", code) else 3
    yield (Splice(start, end, new),), EditKind.DELETE, code, tier


def _inserted(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The update of another block, modelled on this one."""
    tree = setting.tree
    name = target_text(statement, tree)
    if (
        not statement.solo
        or not name
        or not any(name.rpartition(".")[2] == block.rpartition(".")[2] for block in setting.blocks)
    ):
        return
    code = tree.text[statement.start : statement.end]
    targets = {target_text(other, tree) for other in tree.statements if other.function == statement.function}
    known = set(setting.scope.names(statement))
    for block in setting.blocks:
        other = name[: len(name) - len(name.rpartition(".")[2])] + block.rpartition(".")[2]
        if other == name or (other in targets and _updated(setting, statement, other)):
            continue
        new = _modelled(code, name.rpartition(".")[2], block.rpartition(".")[2])
        words = set(re.findall(r"[A-Za-z_]\w*", new)) - set(re.findall(r"[A-Za-z_]\w*", code))
        if any(word not in known and f"self.{word}" not in known for word in words):
            continue
        place = tree.line_end(statement.last)
        yield (Splice(place, place, f"{tree.indentation(statement)}{new}{tree.newline}"),), EditKind.INSERT, other, 1


def _updated(setting: Setting, statement: Statement, name: str) -> bool:
    return any(
        target_text(other, setting.tree) == name and isinstance(other.node, (cst.AugAssign, cst.Assign))
        for other in setting.tree.statements
        if other.suite == statement.suite
    )


def _modelled(code: str, old: str, new: str) -> str:
    """A statement about one block as one about another: ``W2`` to ``b2``, or all numbers of layer 2 to those of 1."""
    before, after = re.fullmatch(r"(.*?)(\d+)", old), re.fullmatch(r"(.*?)(\d+)", new)
    if before and after and before.group(1) == after.group(1):
        return re.sub(rf"(?<=[A-Za-z_]){before.group(2)}(?!\d)", after.group(2), code)
    pattern = rf"(?<![A-Za-z0-9])((?:d|d_|grad_|delta_|g)?){re.escape(old)}(?!\w)"
    return re.sub(pattern, lambda match: match.group(1) + new, code)


def _exchanged(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """Two results of a returned tuple the other way round, or two elements of a dictionary."""
    for root in setting.tree.expressions(statement):
        if isinstance(root, (cst.Tuple, cst.List)):
            items = [element.value for element in root.elements]
        elif isinstance(root, cst.Dict):
            items = [entry.value for entry in root.elements]
        elif isinstance(root, cst.Call) and setting.tree.code(root.func) == "dict":
            items = [argument.value for argument in root.args]
        else:
            continue
        for first, second in itertools.combinations(items[:8], 2):
            texts = setting.tree.code(first), setting.tree.code(second)
            shapes = [setting.scope.shape(text, statement) for text in texts]
            if None not in shapes and shapes[0] != shapes[1]:
                continue
            swap = (*replaced(setting.tree, first, texts[1]), *replaced(setting.tree, second, texts[0]))
            yield swap, EditKind.SWAP, f"{texts[0]}, {texts[1]}", 2


def _reshaped(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """A target without its second axis in a difference."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Subtract):
            continue
        for item, other in ((node.right, node.left), (node.left, node.right)):
            if not isinstance(item, (cst.Name, cst.Attribute)):
                continue
            shape = setting.scope.shape(tree.code(item), statement)
            full = setting.scope.shape(tree.code(other), statement)
            if shape is not None and (len(shape) != 1 or (full is not None and len(full) != 2)):
                continue
            place = tree.span(item)[1]
            yield (
                (Splice(place, place, ".reshape(-1, 1)"),),
                EditKind.REPLACE_OPERAND,
                "reshape",
                2 if shape is None else 0,
            )
