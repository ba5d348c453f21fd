"""The forward pass's mask, and the scale that goes with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, role_of, scaled
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

MASK = re.compile(r"mask|drop|^(self\.)?D\d$|^(self\.)?[du]\d$|keep_?mask", re.IGNORECASE)
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
        ways += [("/", text, text) for keep in keeps if keep not in code for text in (keep, f"(1 - {keep})")]
        for operator, text, detail in ways:
            found = setting.scope.shape(text, statement)
            if operator == "*" and shape is not None and found is not None and found != shape:
                continue
            yield Change(
                kind=EditKind.MASK, splices=scaled(setting.tree, node, operator, text), statement=statement,
                detail=detail, tier=1 if operator == "*" else 2, role=role,
            )  # fmt: skip
