"""Signs: ``a - b`` turned round, ``+=`` for ``-=``, a minus added or dropped."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, role_of, target_text
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import PRODUCT, Statement, level

__all__ = ["propose"]


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Every sign in a statement."""
    for splices, tier in (
        *_operators(setting, statement),
        *_unary(setting, statement),
        *_updates(setting, statement),
        *_ascent(setting, statement),
    ):
        yield Change(
            kind=EditKind.NEGATE, splices=splices, statement=statement, detail="-1", tier=tier,
            role=role_of(statement, setting),
        )  # fmt: skip


def _operators(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, (cst.Add, cst.Subtract)):
            continue
        if isinstance(tree.parent(node), (cst.Index, cst.Slice)):  # another place, which fits by chance of the length
            continue
        left, right = tree.span(node.left), tree.span(node.right)
        between = tree.text[left[1] : right[0]]
        sign, other = ("+", "-") if isinstance(node.operator, cst.Add) else ("-", "+")
        place = left[1] + between.index(sign)
        if sign == "-" and level(node.left) >= PRODUCT:
            second = tree.text[slice(*left)]
            yield (Splice(*left, tree.text[slice(*right)]), Splice(*right, second)), 0
        yield (Splice(place, place + 1, other),), 1


def _unary(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
            literal = isinstance(node.expression, (cst.Integer, cst.Float))
            if literal and not isinstance(tree.parent(node), cst.BinaryOperation) and node not in statement.roots:
                continue  # an index or an axis
            start = tree.text.index("-", tree.span(node)[0])
            yield (Splice(start, tree.span(node.expression)[0], ""),), 0
    for node in tree.expressions(statement):
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="exp")), args=[argument]) if isinstance(
                argument.value, (cst.Name, cst.Attribute, cst.Subscript, cst.Call)
            ):
                start = tree.span(argument.value)[0]
                yield (Splice(start, start, "-"),), 1
    for node in values(setting, statement):
        if isinstance(node, cst.UnaryOperation):
            continue
        start, end = tree.span(node)
        if level(node) >= PRODUCT:
            yield (Splice(start, start, "-"),), 1
        else:
            yield (Splice(start, start, "-("), Splice(end, end, ")")), 2


def _updates(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], int]]:
    if not isinstance(statement.node, cst.AugAssign):
        return
    tree = setting.tree
    sign, other = {cst.AddAssign: ("+=", "-="), cst.SubtractAssign: ("-=", "+=")}.get(
        type(statement.node.operator), ("", "")
    )
    if sign:
        place = tree.text.index(sign, tree.span(statement.node.target)[1])
        yield (Splice(place, place + 2, other),), 0


def _ascent(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], int]]:
    """All updates of a function that add, where this is the first of them: subtracted together."""
    if role_of(statement, setting) is not Role.UPDATE:
        return
    tree = setting.tree
    alike = [
        (other, place)
        for other in tree.statements
        if (other.owner, other.function) == (statement.owner, statement.function)
        and role_of(other, setting) is Role.UPDATE
        and (place := _added_at(setting, other)) is not None
    ]
    if len(alike) > 1 and alike[0][0] is statement:
        yield tuple(Splice(place, place + 1, "-") for _other, place in alike), 0


def _added_at(setting: Setting, statement: Statement) -> int | None:
    """Where the ``+`` of ``W += step`` or ``W = W + step`` stands."""
    tree = setting.tree
    match statement.node:
        case cst.AugAssign(target=target, operator=cst.AddAssign()):
            return tree.text.index("+=", tree.span(target)[1])
        case cst.Assign(value=cst.BinaryOperation(left=left, operator=cst.Add())) if tree.code(left) == target_text(
            statement, tree
        ):
            return tree.text.index("+", tree.span(left)[1])
    return None
