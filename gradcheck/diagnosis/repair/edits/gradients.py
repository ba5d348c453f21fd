"""Whole products that are missing: the upstream delta, a weight's or a bias's gradient, written in the file's style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, target_text
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import PRODUCT, SUM, Statement, level

__all__ = ["propose"]

MAX_PRODUCTS = 10

# A gradient of weights is no delta: its sum is a bias gradient for inputs of ones, or one hot, alone.
OF_WEIGHTS = re.compile(r"(^|[._'\"])(d|g|grad|nabla)_?[Ww]")


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Upstream products and gradients from scratch."""
    role = role_of(statement, setting)
    if setting.scope.is_helper(statement) or isinstance(statement.node, cst.If):
        return
    for splices, kind, detail, tier in (
        *_modelled(setting, statement),
        *_unused(setting, statement),
        *_carried(setting, statement),
        *_upstream(setting, statement, role),
        *_overwritten(setting, statement),
        *_biases(setting, statement, role),
        *_weights(setting, statement, role),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def product(setting: Setting, left: str, right: str) -> str:
    """A matrix product as the file writes them."""
    text = setting.tree.text
    if text.count("np.dot(") + text.count("np.matmul(") > text.count(" @ "):
        return f"np.dot({left}, {right})"
    return f"{left}.dot({right})" if text.count(".dot(") > text.count(" @ ") else f"({left} @ {right})"


def _modelled(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The right-hand side of the same quantity in another layer, its numbers shifted."""
    tree = setting.tree
    target = target_text(statement, tree)
    number = re.search(r"\d+", target)
    if number is None or not isinstance(statement.node, cst.Assign):
        return
    known = set(setting.scope.names(statement))
    for other in tree.statements:
        name = target_text(other, tree)
        if other is statement or other.function != statement.function or not isinstance(other.node, cst.Assign):
            continue
        theirs = re.search(r"\d+", name)
        if theirs is None or re.sub(r"\d+", "#", name) != re.sub(r"\d+", "#", target) or name == target:
            continue
        shift = int(number.group()) - int(theirs.group())
        for text in _shifted(tree.code(other.node.value), shift, known):
            if text != tree.code(statement.node.value):
                yield replaced(tree, statement.node.value, text), EditKind.FORMULA, f"as {name}", 2


def _shifted(code: str, shift: int, known: set[str]) -> Iterator[str]:
    """Numbers in names shifted; the activation of layer 0 is the data."""

    def renamed(match: re.Match[str]) -> str:
        return f"{match.group(1)}{int(match.group(2)) + shift}"

    text = re.sub(r"([A-Za-z_]+)(\d+)", renamed, code)
    zeros = re.findall(r"(?:self\.)?[A-Za-z_]\w*0\b", text)
    if not zeros:
        yield text
        return
    for data in sorted(name for name in known if re.fullmatch(r"[Xx]\w*|inputs?|data", name)):
        yield re.sub(r"(?:self\.)?[A-Za-z_]\w*0\b", data, text)


def _upstream(
    setting: Setting, statement: Statement, role: Role
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """A delta times the weights after it, in front of what is only a derivative."""
    if role not in (Role.OUTPUT_DELTA, Role.HIDDEN_DELTA, Role.OTHER):
        return
    tree = setting.tree
    for node in values(setting, statement):
        shape = setting.scope.shape(tree.code(node), statement)
        if shape is None or len(shape) != 2:
            continue
        start = tree.span(node)[0]
        loose = level(node) < PRODUCT
        for rank, text in enumerate(_products(setting, statement, shape, backward=True)):
            splices: tuple[Splice, ...] = (Splice(start, start, f"{text} * {'(' if loose else ''}"),)
            if loose:
                end = tree.span(node)[1]
                splices = (*splices, Splice(end, end, ")"))
            yield splices, EditKind.PRODUCT, f"upstream: {text}", 2 + rank // 4


def _unused(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """What was computed before and is read nowhere, as a factor or an addend: a gradient that was forgotten."""
    tree = setting.tree
    before = [
        other
        for other in tree.statements
        if (other.owner, other.function) == (statement.owner, statement.function) and other.line < statement.line
    ]
    for name in dict.fromkeys(target_text(other, tree) for other in before):
        if not name.isidentifier() or len(re.findall(rf"(?<![\w.]){name}(?!\w)", tree.text)) > 1 + sum(
            target_text(other, tree) == name for other in tree.statements if other.function != statement.function
        ):
            continue
        found = setting.scope.shape(name, statement)
        for node in values(setting, statement):
            shape = setting.scope.shape(tree.code(node), statement)
            if found is not None and found == shape and found != ():
                start, end = tree.span(node)
                loose = level(node) < PRODUCT
                splices = (Splice(start, start, f"{name} * {'(' if loose else ''}"),)
                yield (*splices, Splice(end, end, ")")) if loose else splices, EditKind.PRODUCT, f"upstream: {name}", 0
                if level(node) >= SUM:  # the other way to weights that two layers share
                    yield (Splice(end, end, f" + {name}"),), EditKind.FORMULA, f"carried: {name}", 0


def _overwritten(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """What a name held and nobody read, as a factor of what it is given next: of ``d = e @ W.T; d = 1 - h**2``."""
    tree, name = setting.tree, target_text(statement, setting.tree)
    if not isinstance(statement.node, cst.Assign) or not name.isidentifier():
        return
    before = [
        other
        for other in tree.statements
        if (other.owner, other.function, other.loops) == (statement.owner, statement.function, statement.loops)
        and other.line < statement.line
        and target_text(other, tree) == name
    ]
    if not before or len(re.findall(rf"(?<![\w.]){name}(?!\w)", tree.text[before[-1].end : statement.end])) > 1:
        return
    for node in values(setting, statement):
        start, end = tree.span(node)
        loose = level(node) < PRODUCT
        splices = (Splice(start, start, f"{name} * {'(' if loose else ''}"),)
        yield (*splices, Splice(end, end, ")")) if loose else splices, EditKind.PRODUCT, f"upstream: {name}", 0


def _carried(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """What a loop hands to its next turn, and no line reads: the gradient from a later time step, to be added."""
    tree = setting.tree
    if not statement.loops:
        return
    for other in tree.statements:
        name = target_text(other, tree)
        inside = (
            other.loops == statement.loops and other.function == statement.function and other.place > statement.place
        )
        if not inside or not name.isidentifier() or not isinstance(other.node, cst.Assign):
            continue
        bound = sum(target_text(each, tree) == name for each in tree.statements if each.function == other.function)
        first, last, _parameters = tree.definitions.get(other.function, (1, tree.text.count("\n") + 1, ()))
        body = tree.text[tree.line_start(first) : tree.line_end(last)]
        if bound < 2 or len(re.findall(rf"(?<![\w.]){name}(?!\w)", body)) > bound:
            continue
        for node in (*values(setting, statement), *filter(partial(_is_factor, setting), tree.expressions(statement))):
            if setting.scope.shape(tree.code(node), statement) != setting.scope.shape(name, statement):
                continue
            start, end = tree.span(node)
            splices: tuple[Splice, ...] = (Splice(end, end, f" + {name}"),)
            if _is_factor(setting, node):
                splices = (Splice(start, start, "("), Splice(end, end, f" + {name})"))
            if _is_factor(setting, node) or level(node) >= SUM:
                yield splices, EditKind.FORMULA, f"carried: {name}", 0


def _biases(
    setting: Setting, statement: Statement, role: Role
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The sum of a delta over the batch, in place of what is there."""
    if role not in (Role.BIAS_GRADIENT, Role.OTHER, Role.UPDATE):
        return
    tree = setting.tree
    batch = setting.scope.sizes.get("batch")
    inner = (node for node in tree.expressions(statement) if _is_factor(setting, node))
    for node in (*values(setting, statement), *inner):
        shape = setting.scope.shape(tree.code(node), statement)
        if shape is None or not (len(shape) == 1 or 1 in shape):
            continue
        for name in setting.scope.names(statement):
            found = setting.scope.shape(name, statement)
            if found is None or len(found) != 2 or name == target_text(statement, tree):
                continue
            if found in setting.shapes and OF_WEIGHTS.search(name):
                continue
            axis = 0 if found[1] == shape[-1] and (batch is None or found[0] == batch) else 1
            if found[1 - axis] not in shape:
                continue
            keep = ", keepdims=True" if len(shape) == 2 else ""
            text = f"np.sum({name}, axis={axis}{keep})"
            if text not in tree.code(node):
                yield replaced(tree, node, text), EditKind.ADD_SUM, text, 3


def _weights(
    setting: Setting, statement: Statement, role: Role
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The product of a layer's input and its delta, in place of what is there."""
    if role not in (Role.WEIGHT_GRADIENT, Role.OTHER):
        return
    tree = setting.tree
    for node in values(setting, statement):
        shape = setting.scope.shape(tree.code(node), statement)
        if shape is None or len(shape) != 2 or shape not in setting.shapes:
            continue
        for rank, text in enumerate(_products(setting, statement, shape, backward=False)):
            if text not in tree.code(node):
                yield replaced(tree, node, text), EditKind.FORMULA, text, 3 + rank // 5


def _products(setting: Setting, statement: Statement, shape: tuple[int, ...], *, backward: bool) -> list[str]:
    """Products of two variables in scope that have a shape: delta and weights, or input and delta."""
    target = target_text(statement, setting.tree)
    arrays = [
        (name, found)
        for name in setting.scope.names(statement)
        if name != target and (found := setting.scope.shape(name, statement)) is not None and len(found) == 2
    ]
    products: list[str] = []
    for left, a in arrays:
        for right, b in arrays:
            if left == right or (backward and (a in setting.shapes) == (b in setting.shapes)):
                continue
            if not backward and (a in setting.shapes or b in setting.shapes):
                continue
            if (a[0], b[0]) == shape and a[1] == b[1]:
                products.append(product(setting, left, f"{right}.T"))
            if (a[1], b[1]) == shape and a[0] == b[0]:
                products.append(product(setting, f"{left}.T", right))
            if backward and (a[0], b[1]) == shape and a[1] == b[0]:
                products.append(product(setting, left, right))
    ranked = sorted(dict.fromkeys(products), key=lambda text: not re.search(r"d[A-Z_]|delta|err|grad", text))
    return ranked[:MAX_PRODUCTS]


def _is_factor(setting: Setting, node: cst.BaseExpression) -> bool:
    parent = setting.tree.parent(node)
    return (
        isinstance(node, (cst.Name, cst.Attribute, cst.Subscript))
        and isinstance(parent, cst.BinaryOperation)
        and isinstance(parent.operator, cst.Multiply)
    )
