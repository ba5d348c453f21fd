"""Whole numbers where fractions are meant: ``dtype=int`` of an array that holds slopes or gradients."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

WHOLE = re.compile(r"int|(?:np|numpy)\.u?int\d*|['\"](?:u?int\d*|[iu]\d)['\"]")
LIKE = re.compile(r"(?:np|numpy)\.(?:zeros|ones|full|empty)_like")


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """``float`` for ``int``, where an array is made or cast, and for the type of what one is made like."""
    for splices, detail in _all(setting, statement):
        yield Change(
            kind=EditKind.FORMULA, splices=splices, statement=statement, detail=detail, tier=1,
            role=role_of(statement, setting),
        )  # fmt: skip


def _all(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], str]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Call):
            continue
        kinds = [argument for argument in node.args if argument.keyword is not None]
        kinds = [argument for argument in kinds if argument.keyword and argument.keyword.value == "dtype"]
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "astype":
            kinds += node.args[:1]
        for argument in kinds:
            if WHOLE.fullmatch(tree.code(argument.value)):
                yield replaced(tree, argument.value, "float"), "dtype: float"
        if LIKE.fullmatch(tree.code(node.func)) and not kinds and node.args and not node.rpar:
            value = setting.scope.value(tree.code(node.args[0].value), statement)
            if value is not None and bool((value == value.round()).all()):
                place = tree.span(node)[1] - 1
                yield (Splice(place, place, ", dtype=float"),), "dtype: float"
