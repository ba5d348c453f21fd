"""Softmax: its derivative is a matrix that couples all outputs of a sample; put in whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, tight
from gradcheck.diagnosis.repair.names import keyed
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

# Sums of probabilities differ from 1 by round-off alone.
ROUND_OFF = 1e-9
MAX_NAMES, MAX_LENGTH = 6, 60


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """``p * (d - sum(d * p))`` for each array ``d`` that an expression is made from; ``p`` is told by its values."""
    if isinstance(statement.node, cst.If) or setting.scope.is_helper(statement):
        return
    tree, role = setting.tree, role_of(statement, setting)
    probabilities = list(_probabilities(setting, statement))
    if not probabilities:
        return
    for node in tree.expressions(statement):
        if not isinstance(node, (cst.BinaryOperation, cst.Name, cst.Attribute, cst.Subscript, cst.UnaryOperation)):
            continue
        shape = setting.scope.shape(tree.code(node), statement)
        for name, sum_over in probabilities:
            if shape is None or setting.scope.shape(name, statement) != shape:
                continue
            for rank, upstream in enumerate(_upstream(setting, statement, node, name, shape)):
                text = f"{name} * ({upstream} - {sum_over.format(f'{upstream} * {name}')})"
                if tree.parent(node) is not None:
                    text = f"({text})"
                if _plain(text) not in _plain(tree.text[statement.start : statement.end]):
                    yield Change(
                        kind=EditKind.FORMULA, splices=replaced(tree, node, text), statement=statement,
                        detail=f"softmax: {name}", tier=1 + rank // 3, role=role,
                    )  # fmt: skip


def _probabilities(setting: Setting, statement: Statement) -> Iterator[tuple[str, str]]:
    """Variables whose rows, or columns, are positive and sum to one, and how a sum along them is written."""
    found: list[tuple[str, str]] = []
    for name in setting.scope.names(statement):
        value = setting.scope.value(name, statement)
        if value is None or value.ndim < 1 or value.size < 2 or not np.all((value >= 0.0) & (value <= 1.0)):
            continue
        if np.all((value == 0.0) | (value == 1.0)):  # labels; what a mask leaves out of a softmax is zero, too
            continue
        for axis in reversed(range(value.ndim)):
            if value.shape[axis] > 1 and np.all(abs(value.sum(axis=axis) - 1.0) < ROUND_OFF):
                found.append((name, "np.sum({})" if value.ndim == 1 else f"np.sum({{}}, axis={axis}, keepdims=True)"))
                break
    yield from found[:MAX_NAMES]


def _upstream(
    setting: Setting, statement: Statement, node: cst.BaseExpression, name: str, shape: tuple[int, ...]
) -> list[str]:
    """The expression itself, and what of its shape stands in it: shortest last, but for the probabilities."""
    tree = setting.tree
    parts = [part for part in _parts(node) if not re.search(rf"(?<![\w.]){re.escape(name)} ?(\*|$)", tree.code(part))]
    texts = [tight(tree, part) for part in parts if setting.scope.shape(tree.code(part), statement) == shape]
    return [text for text in dict.fromkeys(texts) if len(text) <= MAX_LENGTH][:MAX_NAMES]


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    yield node
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Multiply() | cst.Divide(), right=right):
            yield from _parts(left)
            yield from _parts(right)
        case cst.UnaryOperation(expression=inner):
            yield from _parts(inner)


def _plain(text: str) -> str:
    return re.sub(r"[\s()]", "", keyed(text))
