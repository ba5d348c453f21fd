"""Products of matrices: transposes, the order of operands, and which product."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, role_of, tight
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import ATOM, Statement, level

__all__ = ["propose"]


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Transposes toggled, operands swapped, products exchanged."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in _all(setting, statement):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _all(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.BinaryOperation(left=left, operator=cst.MatrixMultiply(), right=right):
                place = tree.text.index("@", tree.span(left)[1])
                yield (Splice(place, place + 1, "*"),), EditKind.PRODUCT, "*", 2
                yield from _tables(setting, statement, left, right)
                yield from _pair(setting, node, left, right)
            case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
                place = tree.text.index("*", tree.span(left)[1])
                yield (Splice(place, place + 1, "@"),), EditKind.PRODUCT, "@", 3
                if isinstance(left, (cst.Name, cst.Attribute, cst.Subscript)):
                    yield _outer(setting, node, left, right), EditKind.PRODUCT, "outer", 4
            case cst.Call(func=cst.Attribute(value=owner, attr=attribute), args=arguments):
                yield from _called(setting, node, owner, attribute, [item.value for item in arguments])
    yield from _whole(setting, statement)


def _subscripts(setting: Setting, spec: cst.SimpleString) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """An operand of ``einsum`` with its last two letters the other way round."""
    code = setting.tree.code(spec)
    start = setting.tree.span(spec)[0]
    for match in re.finditer(r"(?<![a-zA-Z>])[a-zA-Z]*([a-zA-Z]{2})(?![a-zA-Z])", code):
        place = start + match.start(1)
        yield (Splice(place, place + 2, match.group(1)[::-1]),), EditKind.TRANSPOSE, match.group(1)[::-1], 0


def _tables(
    setting: Setting, statement: Statement, left: cst.BaseExpression, right: cst.BaseExpression
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """Factors that are tables of matrices, transposed each, or no longer."""
    tree = setting.tree
    for node in (left, right):
        match node:
            case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="transpose" | "swapaxes"))):
                yield (Splice(tree.span(inner)[1], tree.span(node)[1], ""),), EditKind.TRANSPOSE, ".T", 1
            case _ if len(setting.scope.shape(tree.code(node), statement) or ()) > 2 and level(node) >= ATOM:
                end = tree.span(node)[1]
                yield (Splice(end, end, ".swapaxes(-1, -2)"),), EditKind.TRANSPOSE, ".T", 1


def _called(
    setting: Setting,
    node: cst.Call,
    owner: cst.BaseExpression,
    attribute: cst.Name,
    arguments: list[cst.BaseExpression],
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    start, end = tree.span(attribute)
    free = tree.code(owner) in ("np", "numpy")
    if attribute.value == "einsum" and arguments and isinstance(arguments[0], cst.SimpleString):
        yield from _subscripts(setting, arguments[0])
    if free and len(arguments) == 2 and attribute.value in ("dot", "matmul", "outer", "multiply", "inner"):
        for other in ("dot", "outer", "multiply"):
            if other != attribute.value and not (attribute.value == "matmul" and other == "dot"):
                yield (Splice(start, end, other),), EditKind.PRODUCT, other, 2
        yield from _pair(setting, node, *arguments)
        bare = [_untransposed(item) for item in arguments]
        if attribute.value != "outer":
            splices = [Splice(start, end, "outer")]
            for item, plain in zip(arguments, bare, strict=True):
                splices.append(Splice(*tree.span(item), tree.code(plain)))
            yield tuple(splices), EditKind.PRODUCT, "outer", 2
    elif attribute.value == "dot" and len(arguments) == 1:
        for item in (owner, arguments[0]):
            yield _toggled(setting, item), EditKind.TRANSPOSE, ".T", 1
        first, second = tree.span(owner), tree.span(arguments[0])
        swap = (Splice(*first, tight(tree, arguments[0])), Splice(*second, tree.code(owner)))
        yield swap, EditKind.SWAP, "", 2
        yield (*_toggled(setting, owner), *_toggled(setting, arguments[0])), EditKind.TRANSPOSE, ".T", 3


def _pair(
    setting: Setting, _node: cst.BaseExpression, left: cst.BaseExpression, right: cst.BaseExpression
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for item in (left, right):
        yield _toggled(setting, item), EditKind.TRANSPOSE, ".T", 1
    yield (*_toggled(setting, left), *_toggled(setting, right)), EditKind.TRANSPOSE, ".T", 3
    first, second = tree.span(left), tree.span(right)
    yield (Splice(*first, tree.code(right)), Splice(*second, tree.code(left))), EditKind.SWAP, "", 2
    swapped = (Splice(*first, _transposed_text(setting, right)), Splice(*second, _transposed_text(setting, left)))
    yield swapped, EditKind.SWAP, ".T", 3


def _whole(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """The transpose of a right-hand side that is one name or product."""
    tree = setting.tree
    for root in statement.roots:
        if isinstance(root, (cst.BinaryOperation, cst.Call)) and not isinstance(statement.node, cst.If):
            operator = getattr(root, "operator", None)
            if operator is None or isinstance(operator, (cst.MatrixMultiply, cst.Multiply, cst.Divide)):
                yield _toggled(setting, root), EditKind.TRANSPOSE, ".T", 3
    for node in tree.expressions(statement):
        match node:
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="ravel" | "flatten" | "reshape"))):
                yield _toggled(setting, owner), EditKind.TRANSPOSE, ".T", 1
            case cst.Attribute(value=value, attr=cst.Name(value="T")) if tree.parent(node) is None:
                yield (Splice(tree.span(value)[1], tree.span(node)[1], ""),), EditKind.TRANSPOSE, ".T", 1


def _toggled(setting: Setting, node: cst.BaseExpression) -> tuple[Splice, ...]:
    tree = setting.tree
    plain = _untransposed(node)
    if plain is not node:
        return (Splice(tree.span(plain)[1], tree.span(node)[1], ""),)
    start, end = tree.span(node)
    if level(node) >= ATOM:
        return (Splice(end, end, ".T"),)
    return (Splice(start, start, "("), Splice(end, end, ").T"))


def _transposed_text(setting: Setting, node: cst.BaseExpression) -> str:
    plain = _untransposed(node)
    if plain is not node:
        return setting.tree.code(plain)
    code = setting.tree.code(node)
    return f"{code}.T" if level(node) >= ATOM else f"({code}).T"


def _untransposed(node: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(node, cst.Attribute) and node.attr.value == "T" and not node.lpar:
        return node.value
    return node


def _outer(
    setting: Setting, node: cst.BinaryOperation, left: cst.BaseExpression, right: cst.BaseExpression
) -> tuple[Splice, ...]:
    tree = setting.tree
    return (Splice(*tree.span(node), f"np.outer({tree.code(left)}, {tree.code(right)})"),)
