"""The forward pass's mask, and the scale that goes with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, role_of, scaled
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.syntax import PRODUCT, Statement, level

__all__ = ["propose"]

MASK = re.compile(r"mask|drop|^(self\.)?D\d$|^(self\.)?[du]\d$|keep_?mask", re.IGNORECASE)
MAX_SLOPES = 3
KEEP = re.compile(r"keep|^(self\.)?p$|drop_?(rate|prob|out)|dropout|^(self\.)?(rate|ratio)$", re.IGNORECASE)


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """A product with a mask in scope, with and without a division by what is kept."""
    if isinstance(statement.node, cst.If):
        return
    names = setting.scope.names(statement)
    if not any(MASK.search(name) for name in names):
        return
    masks = [name for name in names if MASK.search(name) and setting.scope.shape(name, statement) != ()]
    keeps = [name for name in names if KEEP.search(name) and setting.scope.shape(name, statement) in ((), None)]
    role = role_of(statement, setting)
    for node in values(setting, statement):
        code = setting.tree.code(node)
        shape = setting.scope.shape(code, statement)
        ways = [("*", mask, mask) for mask in masks if mask not in code]
        if shape is not None and len(shape) > 1:
            yield from _with_slopes(setting, statement, node, masks, keeps)
        ways += [("/", text, text) for keep in keeps if keep not in code for text in (keep, f"(1 - {keep})")]
        for operator, text, detail in ways:
            found = setting.scope.shape(text, statement)
            if operator == "*" and shape is not None and found is not None and found != shape:
                continue
            yield Change(
                kind=EditKind.MASK, splices=scaled(setting.tree, node, operator, text), statement=statement,
                detail=detail, tier=1 if operator == "*" else 2, role=role,
            )  # fmt: skip


def _with_slopes(
    setting: Setting, statement: Statement, node: cst.BaseExpression, masks: list[str], keeps: list[str]
) -> Iterator[Change]:
    """The mask, what is kept, and the activation's derivative at once, where all three were forgotten."""
    code, shape = setting.tree.code(node), setting.scope.shape(setting.tree.code(node), statement)
    slopes = [text for text, _kind in setting.scope.slopes(statement, shape) if text not in code][:MAX_SLOPES]
    for mask in masks[:2]:
        if mask in code or setting.scope.shape(mask, statement) not in (shape, None) or level(node) < PRODUCT:
            continue
        for slope in slopes:
            for end in ("", *(f" / {keep}" for keep in keeps[:2])):
                yield Change(
                    kind=EditKind.MASK, splices=scaled(setting.tree, node, "*", f"{mask}{end} * {slope}"),
                    statement=statement, detail=mask, tier=3, role=role_of(statement, setting),
                )  # fmt: skip
