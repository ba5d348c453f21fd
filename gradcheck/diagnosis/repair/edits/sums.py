"""Sums over the batch: added, over another axis, a sum for a mean."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, replaced, role_of, target_text
from gradcheck.diagnosis.repair.edits.places import values
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import ATOM, Statement, level

__all__ = ["propose"]

FORMS = ("axis=0, keepdims=True", "axis=0", "axis=1, keepdims=True", "axis=1")

# Axes of what has more than samples and features: feature maps.
MAPS = 3


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Every reduction of a statement, and those that it may lack."""
    role = role_of(statement, setting)
    for splices, kind, detail, tier in (*_changed(setting, statement), *_added(setting, statement, role)):
        yield Change(kind=kind, splices=splices, statement=statement, detail=detail, tier=tier, role=role)


def _changed(setting: Setting, statement: Statement) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    for node in tree.expressions(statement):
        match node:
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="sum" | "mean" as name)) as func):
                pass
            case _:
                continue
        free = tree.code(owner) in ("np", "numpy")
        other = "mean" if name == "sum" else "sum"
        yield replaced(tree, func.attr, other), EditKind.REDUCTION, other, 0
        given = node.args[1:] if free else node.args
        keeps = any(item.keyword is not None and item.keyword.value == "keepdims" for item in given)
        first = [node.args[0]] if free and node.args else []
        if not given:
            inner = tree.code(first[0].value) if first else tree.code(owner)
            yield replaced(tree, node, inner), EditKind.AXIS, "no sum", 2
            place = (
                tree.span(node)[1] - 1
                if not node.rpar
                else tree.text.rindex(")", 0, tree.span(node)[1] - len(node.rpar))
            )
            for rank, form in enumerate((*_all_but_one(setting, statement, inner), *FORMS)):
                new = f", {form}" if first else form
                yield (Splice(place, place, new),), EditKind.AXIS, form, rank // 2
            continue
        start = tree.span(given[0])[0]
        end = tree.span(given[-1])[1]
        start = start + len(tree.text[start:end]) - len(tree.text[start:end].lstrip())
        inner = tree.code(first[0].value) if first else tree.code(owner)
        for form in (*_all_but_one(setting, statement, inner), *FORMS):
            if tree.text[start:end].replace(" ", "") != form.replace(" ", ""):
                yield (Splice(start, end, form),), EditKind.AXIS, form, 0 if ("keepdims" in form) == keeps else 1
        whole = tree.span(first[0].value)[1] if first else start
        yield (Splice(whole, end, ""),), EditKind.AXIS, "", 2


def _all_but_one(setting: Setting, statement: Statement, code: str) -> tuple[str, ...]:
    """Every axis but that of the channels, of which a bias has one entry each: the second, or the last."""
    shape = setting.scope.shape(code, statement)
    if shape is None or len(shape) < MAPS:
        return ()
    biases = {found[0] for found in setting.shapes if len(found) == 1}
    kept = [axis for axis in (1, len(shape) - 1, 0) if shape[axis] in biases]
    axes = (", ".join(str(axis) for axis in range(len(shape)) if axis != one) for one in dict.fromkeys(kept))
    return tuple(f"axis=({each})" for each in axes)


def _added(
    setting: Setting, statement: Statement, role: Role
) -> Iterator[tuple[tuple[Splice, ...], EditKind, str, int]]:
    tree = setting.tree
    shapes = _bias_shapes(setting, statement)
    for node in values(setting, statement):
        if "sum(" in tree.code(node) or "mean(" in tree.code(node):
            continue
        found = setting.scope.shape(tree.code(node), statement)
        if len((1, 1) if found is None else found) != 2 or (
            found is None and role not in (Role.BIAS_GRADIENT, Role.UPDATE)
        ):
            continue
        tier = 0 if role is Role.BIAS_GRADIENT else 2
        for form in FORMS:
            kept = "keepdims" in form
            if shapes and not any((len(shape) == 2) == kept for shape in shapes):
                continue
            axis = 0 if "axis=0" in form else 1
            if found is not None and found[axis] != setting.scope.sizes.get("batch", found[axis]):
                continue
            start, end = tree.span(node)
            # A factor outside stays outside: lr * d -> lr * np.sum(d, ...)
            yield (Splice(start, start, "np.sum("), Splice(end, end, f", {form})")), EditKind.ADD_SUM, form, tier + axis
    for node in tree.expressions(statement):
        parent = tree.parent(node)
        if (
            isinstance(node, (cst.Name, cst.Attribute, cst.Subscript))
            and role in (Role.BIAS_GRADIENT, Role.UPDATE, Role.OTHER)
            and not setting.scope.is_number(tree.code(node), statement)
            and isinstance(parent, cst.BinaryOperation)
            and isinstance(parent.operator, (cst.Multiply, cst.Divide))
            and len(setting.scope.shape(tree.code(node), statement) or (1, 1)) == 2
            and level(node) == ATOM
        ):
            for form in FORMS[:2]:
                text = f"np.sum({tree.code(node)}, {form})"
                yield replaced(tree, node, text), EditKind.ADD_SUM, form, 2


def _bias_shapes(setting: Setting, statement: Statement) -> list[tuple[int, ...]]:
    name = target_text(statement, setting.tree).rpartition(".")[2].lstrip("dg_")
    return [shape for block, shape in zip(setting.blocks, setting.shapes, strict=True) if name and name in block]
