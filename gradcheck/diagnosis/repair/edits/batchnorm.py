"""Batch normalisation: the terms with which its mean and its variance answer for a change of one sample."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of
from gradcheck.diagnosis.repair.names import keyed
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

# How far from 0 and 1 mean and variance of what is normalised may be: an epsilon is added to the variance.
NORMALISED = 1e-2
MAX_NAMES = 6


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """``d - mean(d) - zn * mean(d * zn)`` for what has only some of these terms; ``zn`` is told by its values."""
    tree, role = setting.tree, role_of(statement, setting)
    normalised = list(_normalised(setting, statement))
    if not normalised:
        return
    yield from _lacking(setting, statement, normalised)
    for node in tree.expressions(statement):
        shape = setting.scope.shape(tree.code(node), statement)
        if not isinstance(node, (cst.BinaryOperation, cst.Name, cst.Attribute, cst.Subscript)) or shape is None:
            continue
        names = dict.fromkeys(_leaves(setting, node))
        for zn, axis in normalised:
            if setting.scope.shape(zn, statement) != shape:
                continue
            keep = "axis=0" if axis == 0 else "axis=1, keepdims=True"
            for name in list(names)[:MAX_NAMES]:
                if name == zn or setting.scope.shape(name, statement) != shape:
                    continue
                text = f"({name} - {name}.mean({keep}) - {zn} * ({name} * {zn}).mean({keep}))"
                if keyed(text) != keyed(tree.code(node)):
                    yield Change(
                        kind=EditKind.FORMULA, splices=replaced(tree, node, text), statement=statement,
                        detail="batch normalisation", tier=1, role=role,
                    )  # fmt: skip


def _lacking(setting: Setting, statement: Statement, normalised: list[tuple[str, int]]) -> Iterator[Change]:
    """The mean's term put beside the variance's, or the reverse: ``d - d.mean(axis=0)`` for ``d``."""
    tree, scope = setting.tree, setting.scope
    for node in tree.expressions(statement):
        if not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)):
            continue
        parent = tree.parent(node)
        if not isinstance(parent, cst.BinaryOperation) or not isinstance(parent.operator, (cst.Add, cst.Subtract)):
            continue
        name, end = tree.code(node), tree.span(node)[1]
        for zn, axis in normalised:
            if name == zn or parent.left is not node or scope.shape(zn, statement) != scope.shape(name, statement):
                continue
            keep = "axis=0" if axis == 0 else "axis=1, keepdims=True"
            for text in (f" - {name}.mean({keep})", f" - {zn} * ({name} * {zn}).mean({keep})"):
                yield Change(
                    kind=EditKind.FORMULA, splices=(Splice(end, end, text),), statement=statement,
                    detail="batch normalisation", tier=1, role=role_of(statement, setting),
                )  # fmt: skip


def _normalised(setting: Setting, statement: Statement) -> Iterator[tuple[str, int]]:
    """Variables whose features have mean 0 and variance 1 over the batch, and the batch's axis."""
    for name in setting.scope.names(statement):
        value = setting.scope.value(name, statement)
        if value is None or value.ndim != 2:
            continue
        for axis in (0, 1):
            if value.shape[axis] <= 2 or not np.isfinite(value).all():
                continue
            mean, variance = value.mean(axis=axis), value.var(axis=axis)
            if np.all(abs(mean) < 1e-9) and np.all(abs(variance - 1.0) < NORMALISED):
                yield name, axis
                break


def _leaves(setting: Setting, node: cst.BaseExpression) -> Iterator[str]:
    match node:
        case cst.BinaryOperation(left=left, right=right):
            yield from _leaves(setting, left)
            yield from _leaves(setting, right)
        case cst.Call(func=cst.Attribute(value=owner)):
            yield from _leaves(setting, owner)
        case cst.Name() | cst.Attribute() | cst.Subscript():
            yield setting.tree.code(node)
