"""The other way round: a loss to which the output delta, as it is, belongs. Offered beside the delta's own cure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, dropped, replaced, scaled
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.judging import Outcome
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["loss_changes"]

DERIVATIVES = (EditKind.ADD_DERIVATIVE, EditKind.DROP_DERIVATIVE)


def loss_changes(setting: Setting, cure: Change, base: Outcome) -> Iterator[Change]:
    """Losses that would make the delta right, for a cure that put on or took off a derivative or a constant."""
    for statement in setting.tree.statements:
        if not _is_loss(setting, statement):
            continue
        if cure.kind in DERIVATIVES:
            ways = _other_loss(setting, statement)
        elif len(base.multiple) == len(base.ratios) and len(set(_rounded(base))) == 1 and base.ratios[0] is not None:
            ways = _other_scale(setting, statement, base.ratios[0])
        else:
            continue
        for splices, detail in ways:
            yield Change(
                kind=EditKind.LOSS, splices=splices, statement=statement, detail=detail, tier=3, role=Role.LOSS
            )


def _rounded(outcome: Outcome) -> list[float]:
    return [round(ratio, 5) for ratio in outcome.ratios if ratio is not None]


def _is_loss(setting: Setting, statement: Statement) -> bool:
    scope = setting.scope
    code = setting.tree.text[statement.start : statement.end]
    if not re.search(r"\*\* ?2|np\.square|np\.log|\.mean\(|np\.mean|np\.sum", code) or not re.search(r"mean|sum", code):
        return False
    if scope.forward_lines is not None:
        return statement.line in scope.forward_lines
    return bool(re.search(r"loss|cost|error|mse|J\b", code + statement.function, re.IGNORECASE))


def _other_loss(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], str]]:
    """Cross-entropy for squares, with the same mean or sum."""
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.BinaryOperation(
                left=cst.BinaryOperation(operator=cst.Subtract(), left=a, right=b), operator=cst.Power()
            ):
                pass
            case cst.Call(
                func=cst.Attribute(attr=cst.Name(value="square")),
                args=[cst.Arg(value=cst.BinaryOperation(operator=cst.Subtract(), left=a, right=b))],
            ):
                pass
            case _:
                continue
        first, second = tree.code(a), tree.code(b)
        target, output = (
            (first, second)
            if re.match(r"(self\.)?([yYt]|target|label)", first) and not re.search(r"hat|pred", first)
            else (second, first)
        )
        entropy = f"-({target} * np.log({output}) + (1 - {target}) * np.log(1 - {output}))"
        yield replaced(tree, node, entropy), "binary cross-entropy"


def _other_scale(setting: Setting, statement: Statement, ratio: float) -> Iterator[tuple[tuple[Splice, ...], str]]:
    """The loss times what all of the gradient is of it."""
    tree = setting.tree
    for node in values(setting, statement):
        if abs(ratio - 0.5) < 1e-6:
            yield scaled(tree, node, "/", "2"), "0.5"
        elif abs(ratio - 2.0) < 1e-6:
            if isinstance(node, cst.BinaryOperation) and tree.code(node.left) in ("0.5", "1 / 2", "1/2", "(1/2)"):
                yield dropped(tree, node, keep_left=False), "2"
            if isinstance(node, cst.BinaryOperation) and tree.code(node.right) == "2":
                yield dropped(tree, node, keep_left=True), "2"
        batch = setting.scope.sizes.get("batch")
        for node_call in tree.expressions(statement):
            match node_call:
                case cst.Call(func=cst.Attribute(attr=cst.Name(value="mean" | "sum" as name)) as func):
                    other = "sum" if name == "mean" else "mean"
                    if batch and (abs(ratio - batch) < 1e-5 * batch or abs(ratio * batch - 1) < 1e-5):
                        yield replaced(tree, func.attr, other), other
