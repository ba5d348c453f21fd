"""Factors of the forward pass that the backward pass lacks, and gates: ``1 - g`` for ``g``, ``c - x`` for ``c``."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.program import Array
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, scaled
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["complements", "forward_factors", "propose"]

OPERANDS = (cst.Name, cst.Attribute, cst.Subscript)
MAX_FACTORS = 8
ONE = ("1", "1.0", "1.")
# Functions by whose values a forward pass divides: widths and lengths.
SCALES = ("sqrt", "exp", "square", "abs", "cosh", "linalg.norm")

Found = Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """What a product of the forward pass leaves in the backward pass."""
    if isinstance(statement.node, cst.If) or not setting.scope.is_backward(statement):
        return
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (
        *_complements(setting, statement),
        *_carried(setting, statement),
        *_factors(setting, statement),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _complements(setting: Setting, statement: Statement) -> Found:
    """``g`` for ``1 - g`` in a product, and the reverse."""
    tree = setting.tree
    for node in tree.expressions(statement):
        parent = tree.parent(node)
        if not isinstance(parent, cst.BinaryOperation) or not isinstance(parent.operator, cst.Multiply):
            continue
        inner = _complement(setting, node)
        if inner is not None:
            yield replaced(tree, node, inner), EditKind.REPLACE_OPERAND, inner, 1
        elif isinstance(node, OPERANDS) and tree.code(node) in _gates(setting):
            text = f"(1 - {tree.code(node)})"
            yield replaced(tree, node, text), EditKind.REPLACE_OPERAND, text, 1


def _carried(setting: Setting, statement: Statement) -> Found:
    """``c - x`` for ``c`` in the gradient of the gate of ``g * c + (1 - g) * x``."""
    tree = setting.tree
    carried = {
        tree.code(other)
        for one, other in _products(setting)
        if _complement(setting, one) is not None and isinstance(other, OPERANDS)
    }
    for node in tree.expressions(statement):
        parent = tree.parent(node)
        if not isinstance(node, OPERANDS) or not isinstance(parent, cst.BinaryOperation):
            continue
        if not isinstance(parent.operator, cst.Multiply):
            continue
        code = tree.code(node)
        shape = setting.scope.shape(code, statement)
        for other in sorted(carried - {code}):
            if shape is not None and setting.scope.shape(other, statement) == shape:
                text = f"({code} - {other})"
                yield replaced(tree, node, text), EditKind.REPLACE_OPERAND, text, 2


def _factors(setting: Setting, statement: Statement) -> Found:
    """A value times, or over, what the forward pass multiplies or divides by."""
    tree, scope = setting.tree, setting.scope
    known: dict[tuple[str, str], tuple[int, ...]] = {}
    for operator, written in forward_factors(setting):
        value = scope.value(written, statement)
        if value is None or np.all(value == 1) or len(known) >= MAX_FACTORS:
            continue
        for text in _as_called(setting, statement, written, value):
            known[operator, text] = value.shape
    for node in values(setting, statement):
        code = tree.code(node)
        shape = scope.shape(code, statement)
        for (operator, text), found in known.items():
            if text in code or shape is None or not _fits(found, shape):
                continue
            yield scaled(tree, node, operator, text), EditKind.FORMULA, f"factor: {text}", 1 + (not found)


def _as_called(setting: Setting, statement: Statement, written: str, value: Array) -> Iterator[str]:
    """A factor as the statement can write it: as it is, or what else holds its very value, ``cache["mask"]``."""
    names = setting.scope.names(statement)
    if written in names or not written.isidentifier() or written in setting.scope.parameters:
        yield written
        return
    for name in names:
        found = setting.scope.value(name, statement)
        if found is not None and found.shape == value.shape and bool((found == value).all()):
            yield name


def _fits(factor: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a product has the shape of what is multiplied."""
    try:
        return np.broadcast_shapes(factor, shape) == shape
    except ValueError:
        return False


def forward_factors(setting: Setting) -> tuple[tuple[str, str], ...]:
    """Each operator with what it multiplies, or divides, by."""
    tree = setting.tree
    found: dict[tuple[str, str], None] = {}
    for node in _elementwise(setting):
        sides = (node.left, node.right) if isinstance(node.operator, cst.Multiply) else (node.right,)
        operator = "*" if isinstance(node.operator, cst.Multiply) else "/"
        for side in sides:
            code = tree.code(side)
            root = isinstance(side, cst.Call) and tree.code(side.func).partition(".")[2] in SCALES
            square = isinstance(side, cst.BinaryOperation) and isinstance(side.operator, cst.Power)
            if (
                (root and (operator == "/" or code.partition("(")[0].endswith("sqrt")))
                or (square and operator == "/")
                or (isinstance(side, OPERANDS) and ".shape" not in code and not code.endswith(".size"))
            ):
                found[operator, code] = None
    return tuple(found)


def complements(setting: Setting) -> list[str]:
    """``(1 - g)`` of the forward pass, as a factor is written."""
    return [f"(1 - {inner})" for inner in sorted(_gates(setting))]


def _gates(setting: Setting) -> set[str]:
    """What the forward pass takes the complement of."""
    pairs = (_complement(setting, side) for pair in _products(setting) for side in pair)
    return {inner for inner in pairs if inner is not None}


def _products(setting: Setting) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """The operands of each elementwise product of the forward pass, both ways round."""
    for node in _elementwise(setting):
        if isinstance(node.operator, cst.Multiply):
            yield node.left, node.right
            yield node.right, node.left


def _elementwise(setting: Setting) -> Iterator[cst.BinaryOperation]:
    for statement in setting.tree.statements:
        if setting.scope.is_backward(statement):
            continue
        for node in setting.tree.expressions(statement):
            if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Multiply, cst.Divide)):
                yield node


def _complement(setting: Setting, node: cst.BaseExpression) -> str | None:
    """``g`` of ``1 - g``."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Subtract(), right=right) if isinstance(right, OPERANDS):
            return setting.tree.code(right) if setting.tree.code(left) in ONE else None
    return None
