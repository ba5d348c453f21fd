"""Formulas of derivatives: constants, signs and comparisons inside them, and the whole formula of a helper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.activations import ACTIVATIONS, named_kind
from gradcheck.diagnosis.repair.change import Change, Setting, dropped, replaced, role_of, tight, wrapped
from gradcheck.diagnosis.repair.edits.derivatives import looks_like_slope
from gradcheck.diagnosis.repair.names import keyed
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

COMPARISONS: dict[type[cst.BaseCompOp], tuple[str, str, str]] = {
    cst.GreaterThan: (">", ">=", "<="),
    cst.GreaterThanEqual: (">=", ">", "<="),
    cst.LessThan: ("<", "<=", ">="),
    cst.LessThanEqual: ("<=", "<", ">="),
}


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Corrections inside a formula, and the formula of a helper that bears an activation's name."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (
        *_comparisons(setting, statement),
        *_constants(setting, statement),
        *_logarithms(setting, statement),
        *_leaks(setting, statement),
        *_leaking(setting, statement),
        *_helpers(setting, statement, role),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _comparisons(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
            continue
        operator = node.comparisons[0].operator
        if type(operator) not in COMPARISONS:
            continue
        sign, *others = COMPARISONS[type(operator)]
        start = tree.text.index(sign, tree.span(node.left)[1])
        for rank, other in enumerate(others):
            yield (Splice(start, start + len(sign), other),), EditKind.COMPARISON, other, rank
        yield from _compared(setting, statement, node, others)


def _compared(
    setting: Setting, statement: Statement, node: cst.Comparison, others: list[str]
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """Another variable compared with zero, and ``>`` for ``>=`` at the same time."""
    tree = setting.tree
    if not isinstance(node.left, (cst.Name, cst.Attribute, cst.Subscript)):
        return
    shape = setting.scope.shape(tree.code(node.left), statement)
    for active in setting.scope.actives:
        for name in filter(None, (active.argument, active.name)):
            if name == keyed(tree.code(node.left)) or name not in map(keyed, setting.scope.names(statement)):
                continue
            found = setting.scope.shape(name, statement)
            if shape is None or found is None or shape == found:
                yield replaced(tree, node.left, name), EditKind.COMPARISON, name, 1
                strict = replaced(tree, node.left, name)
                sign = COMPARISONS[type(node.comparisons[0].operator)][0]
                start = tree.text.index(sign, tree.span(node.left)[1])
                if len(sign) == 2:
                    yield (*strict, Splice(start, start + 2, others[0])), EditKind.COMPARISON, f"{name} {others[0]}", 2


def _logarithms(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """Probabilities in the place of their logarithms, told by their values: their exponentials add up to 1."""
    for node in setting.tree.expressions(statement):
        code = setting.tree.code(node)
        value = setting.scope.value(code, statement) if isinstance(node, (cst.Call, cst.Name)) else None
        if value is None or value.size < 2 or np.any(value > 0):
            continue
        if any(np.allclose(np.exp(value).sum(axis=axis), 1.0) for axis in range(value.ndim)):
            yield replaced(setting.tree, node, f"np.exp({code})"), EditKind.FORMULA, "exp", 0


def _constants(  # noqa: C901, PLR0912 (one case a form)
    setting: Setting, statement: Statement
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``1 - a`` for ``1 - a ** 2`` and the like."""
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.BinaryOperation(operator=cst.Add() | cst.Subtract()) if (
                not isinstance(node.left, cst.Integer | cst.Float)
                and not isinstance(node.right, cst.Integer | cst.Float)
                and not isinstance(tree.parent(node), cst.Index)
            ):
                yield dropped(tree, node, keep_left=True), EditKind.FORMULA, "one term less", 2
                if isinstance(node.operator, cst.Add):
                    yield dropped(tree, node, keep_left=False), EditKind.FORMULA, "one term less", 2
            case cst.BinaryOperation(
                left=cst.Call(), operator=cst.Subtract() | cst.Add(), right=cst.Integer() | cst.Float()
            ):
                yield dropped(tree, node, keep_left=True), EditKind.FORMULA, "one term less", 1
            case cst.BinaryOperation(operator=cst.Power(), left=left, right=right):
                start, base = tree.span(left)[1], tree.code(left)
                size = setting.scope.is_number(base, statement)  # ``/ m ** 2`` divides twice
                told = (EditKind.UNSCALE, base) if size else (EditKind.FORMULA, "no power")
                yield (Splice(start, tree.span(right)[1], ""),), *told, 2
            case cst.BinaryOperation(
                left=cst.Integer() | cst.Float(), operator=cst.Subtract() | cst.Add(), right=right
            ):
                if not isinstance(right, cst.BinaryOperation):
                    end = tree.span(right)[1]
                    yield (Splice(end, end, " ** 2"),), EditKind.FORMULA, "** 2", 1
                if isinstance(right, (cst.Name, cst.Attribute, cst.Subscript)):  # ``1 - h`` where the layer's ``h`` is
                    yield replaced(tree, node, tree.code(right)), EditKind.REPLACE_OPERAND, tree.code(right), 2
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="sign" | "abs")), args=[argument]):
                yield replaced(tree, node, tight(tree, argument.value)), EditKind.FORMULA, "the difference itself", 2
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="maximum")), args=[_one, _other]):
                for zero, argument in (node.args, node.args[::-1]):
                    if tree.code(zero.value) in ("0", "0.0", "0."):  # of a gradient: a rectifier lets negative ones by
                        yield replaced(tree, node, tight(tree, argument.value)), EditKind.FORMULA, "no rectifier", 1
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="where")), args=[_test, first, second]):
                texts = tree.code(first.value), tree.code(second.value)
                swap = (*replaced(tree, first.value, texts[1]), *replaced(tree, second.value, texts[0]))
                yield swap, EditKind.FORMULA, "other case", 2
                for item in (first, second):
                    for literal in ("1", "0"):
                        if tree.code(item.value) not in (literal, f"{literal}.0", f"{literal}."):
                            yield replaced(tree, item.value, literal), EditKind.FORMULA, literal, 2
                    if isinstance(item.value, cst.UnaryOperation):
                        inside = replaced(tree, item.value, tree.code(item.value.expression))
                        yield inside, EditKind.FORMULA, "no minus", 0
                if isinstance(second.value, (cst.Name, cst.Attribute)):
                    yield replaced(tree, second.value, f"-{texts[1]}"), EditKind.FORMULA, "minus", 2


def _leaks(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The slope of a leaky rectifier left of zero, as the forward pass has it, in place of another number."""
    tree = setting.tree
    for leak in dict.fromkeys(active.leak for active in setting.scope.actives if active.kind == "leaky-relu"):
        for node in tree.expressions(statement):
            if isinstance(node, (cst.Float, cst.Integer)) and float(tree.code(node)) != leak:
                tier = 0 if isinstance(node, cst.Float) else 2
                yield replaced(tree, node, f"{leak:g}"), EditKind.FORMULA, f"leaky-relu: {leak:g}", tier


def _leaking(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``np.where(on, d, leak * d)`` for ``np.where(on, d, 0)``, by what the forward pass multiplies there."""
    tree = setting.tree
    leaks = dict.fromkeys(
        tree.code(other.left)
        for line in tree.statements
        if not setting.scope.is_backward(line)
        for _node, _kept, other in _cases(setting, line)
        if isinstance(other, cst.BinaryOperation) and isinstance(other.operator, cst.Multiply)
    )
    for _node, kept, other in _cases(setting, statement):
        if tree.code(other) in ("0", "0.0", "0.") and not isinstance(kept, (cst.Integer, cst.Float)):
            for leak in leaks:
                new = f"{leak} * {tight(tree, kept)}"
                yield replaced(tree, other, new), EditKind.FORMULA, f"leaky-relu: {leak}", 1


def _cases(setting: Setting, statement: Statement) -> Iterator[tuple[cst.Call, cst.BaseExpression, cst.BaseExpression]]:
    """Each ``np.where`` of a statement, with what it takes where its condition holds, and where not."""
    for node in setting.tree.expressions(statement):
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="where")), args=[_, first, second]):
                yield node, first.value, second.value


def _helpers(  # noqa: C901 (one condition a form)
    setting: Setting, statement: Statement, role: Role
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The whole formula that a helper returns, from the activation that its name, or the file, speaks of."""
    if not isinstance(statement.node, cst.Return) or not setting.scope.is_helper(statement):
        yield from _inline(setting, statement)
        return
    if role is Role.ACTIVATION:
        return
    parameters = [name for name in setting.tree.definitions[statement.function][2] if name not in ("self", "cls")]
    if not parameters or not statement.roots:
        return
    root = statement.roots[0]
    if len(parameters) > 1 and not re.search(rf"\b{parameters[0]}\b", setting.tree.code(root)):
        splices = wrapped(setting.tree, root, f"{parameters[0]} * (", ")")
        yield splices, EditKind.PRODUCT, f"upstream: {parameters[0]}", 0
    if isinstance(root, cst.Name) and root.value not in parameters:  # g = sigmoid(z); return g
        own = named_kind(statement.function) or ""
        for formula in ACTIVATIONS[own].formulas_of_output if own in ACTIVATIONS else ():
            new = formula.replace("{}", root.value)
            yield replaced(setting.tree, root, new), EditKind.FORMULA, f"{own}: {new}", 0
    named = named_kind(statement.function)
    kinds = [named] if named else list(dict.fromkeys(active.kind for active in setting.scope.actives))
    for kind in kinds:
        if kind not in ACTIVATIONS:
            continue
        activation = ACTIVATIONS[kind]
        for formula in (*activation.formulas_of_output, *activation.formulas_of_input):
            text = setting.scope.formula(formula, kind, parameters[-1], statement)
            if text is not None and len(parameters) > 1:
                text = f"{parameters[0]} * ({text})"
            if text is not None and keyed(text) != keyed(setting.tree.code(statement.roots[0])):
                if kind == "relu" and len(parameters) == 1:
                    text = f"({text}).astype(float)"
                yield replaced(setting.tree, statement.roots[0], text), EditKind.FORMULA, f"{kind}: {text}", 1


def _inline(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """A formula in the text: the same variable, another activation's derivative."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.BinaryOperation) or not looks_like_slope(setting, node):
            continue
        variables = {tree.code(leaf) for leaf in _leaves(setting, node)}
        if len(variables) != 1:
            continue
        (name,) = variables
        for kind in dict.fromkeys(active.kind for active in setting.scope.actives):
            if kind in ACTIVATIONS and kind != "linear":
                formulas = (*ACTIVATIONS[kind].formulas_of_output, *ACTIVATIONS[kind].formulas_of_input)
                text = f"({formulas[0].replace('{}', name)})"
                if keyed(text) != keyed(tree.code(node)):
                    yield replaced(tree, node, text), EditKind.FORMULA, f"{kind}: {text}", 1


def _leaves(setting: Setting, node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match node:
        case cst.BinaryOperation(left=left, right=right):
            yield from _leaves(setting, left)
            yield from _leaves(setting, right)
        case cst.UnaryOperation(expression=inner):
            yield from _leaves(setting, inner)
        case cst.Integer() | cst.Float():
            return
        case _:
            yield node
