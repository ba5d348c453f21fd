"""An activation's derivative: put on, taken off, exchanged for another."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, dropped, replaced, role_of, scaled, tight
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.names import DERIVATIVE_NAME, keyed
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["propose"]

MAX_SLOPES = 14
# ``a * (1 - a)``, without its spaces.
_PAIR = re.compile(r"(.+)\*\(1\.?0?-\1\)?")


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Derivatives dropped, replaced and added, the role of the statement deciding which comes first."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (
        *_dropped(setting, statement),
        *_replaced(setting, statement),
        *_added(setting, statement, role),
        *_squashed(setting, statement),
    ):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _dropped(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.BinaryOperation(operator=cst.Multiply()):
                left = node.left
                if isinstance(left, cst.BinaryOperation) and isinstance(left.operator, cst.Multiply) and not left.lpar:
                    pair = Splice(tree.span(left.left)[1], tree.span(node.right)[1], "")  # ``a * (1 - a)`` at the end
                    yield (pair,), EditKind.DROP_DERIVATIVE, tree.text[pair.start : pair.end].strip(" *"), 1
                for side, keep_left in ((node.right, True), (node.left, False)):
                    if not _literal(side):
                        looks = looks_like_slope(setting, side)
                        yield (
                            dropped(tree, node, keep_left=keep_left),
                            EditKind.DROP_DERIVATIVE,
                            tree.code(side),
                            0 if looks else 2,
                        )
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="multiply")), args=[first, second]):
                for kept, gone in ((first, second), (second, first)):
                    tier = 0 if looks_like_slope(setting, gone.value) else 2
                    splices = replaced(tree, node, tree.code(kept.value))
                    yield splices, EditKind.DROP_DERIVATIVE, tree.code(gone.value), tier


def _replaced(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """One slope for another, wherever a factor looks like one."""
    tree = setting.tree
    outputs = {keyed(active.name) for active in setting.scope.actives if active.name}
    for node in tree.expressions(statement):
        yield from _replaced_pair(setting, statement, node)
        if not looks_like_slope(setting, node) and not _factor_of_product(setting, statement, node):
            continue
        if _inside_slope(setting, node):
            continue
        shape = setting.scope.shape(tree.code(node), statement)
        looks = looks_like_slope(setting, node) or keyed(tree.code(node)) in outputs  # the activation itself
        for text, kind in list(setting.scope.slopes(statement, shape))[:MAX_SLOPES]:
            if _plain(text) != _plain(tree.code(node)):
                yield replaced(tree, node, text), EditKind.REPLACE_DERIVATIVE, f"{kind}: {text}", 1 if looks else 3


def _replaced_pair(
    setting: Setting, statement: Statement, node: cst.BaseExpression
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``upstream * a * (1 - a)``, which is read as a product of three: its last two factors are the slope."""
    tree = setting.tree
    match node:
        case cst.BinaryOperation(
            operator=cst.Multiply(), left=cst.BinaryOperation(operator=cst.Multiply(), right=first, lpar=[])
        ):
            pass
        case _:
            return
    pair = Splice(tree.span(first)[0], tree.span(node.right)[1], "")
    old = tree.text[pair.start : pair.end]
    if not _PAIR.fullmatch(_plain(old)):
        return
    shape = setting.scope.shape(tree.code(node), statement)  # its own may be spread over that of the product
    for text, kind in list(setting.scope.slopes(statement, shape))[:MAX_SLOPES]:
        if _plain(text) != _plain(old):
            yield (dataclasses.replace(pair, new=text),), EditKind.REPLACE_DERIVATIVE, f"{kind}: {text}", 1


def _added(
    setting: Setting, statement: Statement, role: Role
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    if isinstance(statement.node, cst.If) or role in (Role.BIAS_GRADIENT, Role.WEIGHT_GRADIENT, Role.UPDATE):
        first = 4
    else:
        first = 0 if role in (Role.OUTPUT_DELTA, Role.HIDDEN_DELTA) else 1
    tree = setting.tree
    for node in values(setting, statement):
        code = tree.code(node)
        shape = setting.scope.shape(code, statement)
        unseen = shape is None and setting.scope.ran is not None
        unseen = unseen and isinstance(node, (cst.Name, cst.Call)) and tree.parent(node) is not None
        if unseen or (shape == () and not setting.scalars):
            continue
        first_here = first + 2 * (isinstance(tree.parent(node), cst.Arg) and not isinstance(node, cst.BinaryOperation))
        for rank, (text, kind) in enumerate(list(setting.scope.slopes(statement, shape))[:MAX_SLOPES]):
            if _plain(text) not in _plain(code):
                yield scaled(tree, node, "*", text), EditKind.ADD_DERIVATIVE, f"{kind}: {text}", first_here + rank // 6


def _squashed(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    """``upstream * slope`` for an activation called with the upstream gradient."""
    tree = setting.tree
    for node in tree.expressions(statement):
        if not isinstance(node, cst.Call):
            continue
        callee = tree.code(node.func)
        known = any(part.what == "value" for part in setting.scope.helpers.get(callee.rpartition(".")[2], ()))
        if not known and callee not in ("np.maximum", "np.tanh"):
            continue
        arrays = [argument.value for argument in node.args if not _literal(argument.value)]
        if len(arrays) == 1:
            shape = setting.scope.shape(tree.code(node), statement)
            for text, kind in list(setting.scope.slopes(statement, shape))[:MAX_SLOPES]:
                new = f"{tight(tree, arrays[0])} * {text}"
                yield replaced(tree, node, new), EditKind.REPLACE_DERIVATIVE, f"{kind}: {text}", 1


def looks_like_slope(setting: Setting, node: cst.BaseExpression) -> bool:
    """Whether a factor reads like a derivative: a call of such a helper, ``a * (1 - a)``, ``1 - a ** 2``, a mask."""
    tree = setting.tree
    code = _plain(tree.code(node))
    if isinstance(node, cst.Call):
        name = tree.code(node.func).rpartition(".")[2]
        if name in setting.scope.helpers:
            return True
        return name in setting.tree.functions and bool(DERIVATIVE_NAME.search(name))
    if isinstance(node, cst.Comparison):
        return bool(re.search(r"[<>]=?0", code))
    if isinstance(node, cst.BinaryOperation):
        return (
            bool(
                re.fullmatch(
                    r"\(?(1\.?0?[-+](.+)\*\*2|(.+)\*\(1\.?0?[-+](.+)\)|1\.?0?[-+]np\.(square|power)\(.+\))\)?", code
                )
            )
            and "@" not in code
        )
    return False


def _factor_of_product(setting: Setting, statement: Statement, node: cst.BaseExpression) -> bool:
    parent, whole = setting.tree.parent(node), statement.node
    in_place = isinstance(whole, cst.AugAssign) and isinstance(whole.operator, cst.MultiplyAssign)
    return (
        (
            (isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Multiply))
            or (in_place and node in statement.roots)
        )
        and not _literal(node)
        and isinstance(node, (cst.Call, cst.Name, cst.Attribute, cst.Subscript, cst.BinaryOperation, cst.Comparison))
    )


def _inside_slope(setting: Setting, node: cst.BaseExpression) -> bool:
    parent = setting.tree.parent(node)
    return isinstance(parent, cst.BaseExpression) and looks_like_slope(setting, parent)


def _literal(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Integer, cst.Float))


def _plain(text: str) -> str:
    return re.sub(r"\s", "", keyed(text)).strip("()")
