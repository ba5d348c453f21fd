"""The instructor's own file with bugs: edits of its text by LibCST, one place each, whatever interface it has.

An edit knows the text alone: which bug it is follows from what it takes away. What it computes is proved afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

__all__ = ["EDITS", "spoilt_text"]

# Places that are tried of each kind: a file has few, and each is run.
MOST = 6
Edit = Callable[[cst.BaseExpression], cst.BaseExpression | None]


def spoilt_text(bug: str, text: str) -> list[tuple[str, str]]:
    """Wrong texts, each with its place in words.

    Parameters
    ----------
    bug : str
        Of the catalogue.
    text : str
        A right program.
    """
    if bug not in EDITS:
        return []
    try:
        module = MetadataWrapper(cst.parse_module(text))
    except cst.ParserSyntaxError:
        return []
    finder = _Finder(EDITS[bug])
    module.visit(finder)
    found = []
    for old, new, line in finder.found[:MOST]:
        changed = module.module.deep_replace(old, new)
        if isinstance(changed, cst.Module):
            found.append((f"line {line}", changed.code))
    return found


class _Finder(cst.CSTVisitor):
    """Every expression in a function or a loop that an edit has something else for."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, edit: Edit) -> None:
        super().__init__()
        self._edit = edit
        self.found: list[tuple[cst.BaseExpression, cst.BaseExpression, int]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look at every expression."""
        if isinstance(node, cst.BaseExpression):
            other = self._edit(node)
            if other is not None:
                line = self.get_metadata(PositionProvider, node).start.line
                self.found.append((node, other, line))
        return super().on_visit(node)


def _is_transpose(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value == "T"


def _untransposed(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``a @ W.T`` to ``a @ W``."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.MatrixMultiply):
        for side in ("right", "left"):
            inner = getattr(node, side)
            if isinstance(inner, cst.Attribute) and _is_transpose(inner):
                return node.with_changes(**{side: inner.value})
    return None


def _without_axis(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``np.sum(d, axis=0, keepdims=True)`` to ``np.sum(d)``."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "sum"):
        return None
    kept = [item for item in node.args if item.keyword is None or item.keyword.value not in ("axis", "keepdims")]
    if len(kept) == len(node.args):
        return None
    last = [*kept[:-1], kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if kept else []
    return node.with_changes(args=last)


def _mean(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``np.sum(d, axis=0)`` to ``np.mean(d, axis=0)``."""
    if _without_axis(node) is None or not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return None
    return node.with_changes(func=node.func.with_changes(attr=cst.Name("mean")))


def _undivided(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``d / m`` to ``d``, where ``m`` is a name, a length or a shape."""
    if not (isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Divide)):
        return None
    by = node.right
    length = isinstance(by, cst.Call) and isinstance(by.func, cst.Name) and by.func.value == "len"
    return node.left if length or isinstance(by, cst.Name | cst.Subscript) else None


def _is_number(node: cst.BaseExpression, values: tuple[float, ...]) -> bool:
    return isinstance(node, cst.Integer | cst.Float) and float(node.value) in values


def _without_two(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``2 * d`` to ``d``."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Multiply):
        if _is_number(node.left, (2.0,)):
            return node.right
        if _is_number(node.right, (2.0,)):
            return node.left
    return None


def _plain(node: cst.BaseExpression) -> bool:
    """A variable, an attribute of one, or an item of one."""
    return isinstance(node, cst.Name | cst.Attribute | cst.Subscript)


def _turned_round(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``a - y`` to ``y - a``."""
    usable = isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Subtract)
    if usable and isinstance(node, cst.BinaryOperation) and _plain(node.left) and _plain(node.right):
        return node.with_changes(left=node.right, right=node.left)
    return None


def _is_slope(node: cst.BaseExpression) -> bool:
    """``(1 - a ** 2)``, ``(z > 0)``, ``(1 - a)``, ``f_derivative(z)``."""
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.Subtract) and _is_number(node.left, (1.0,))
    if isinstance(node, cst.Call):
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
        return any(word in str(name).lower() for word in ("deriv", "prime", "grad", "slope"))
    return isinstance(node, cst.Comparison)


def _without_slope(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``(d @ W.T) * f'(z)`` to ``d @ W.T``."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Multiply) and _is_slope(node.right):
        return node.left
    return None


def _slope_twice(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``d * f'(z)`` to ``d * f'(z) * f'(z)``."""
    if _without_slope(node) is None or not isinstance(node, cst.BinaryOperation):
        return None
    return cst.BinaryOperation(left=node, operator=cst.Multiply(), right=node.right.deep_clone())


def _plus_for_minus(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``a * (1 - a)`` to ``a * (1 + a)``."""
    if isinstance(node, cst.BinaryOperation) and _is_slope(node) and isinstance(node.operator, cst.Subtract):
        return node.with_changes(operator=cst.Add())
    return None


def _open_mask(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``z > 0`` to ``z == z``."""
    if not (isinstance(node, cst.Comparison) and len(node.comparisons) == 1):
        return None
    target = node.comparisons[0]
    if isinstance(target.operator, cst.GreaterThan) and _is_number(target.comparator, (0.0,)):
        same = target.with_changes(operator=cst.Equal(), comparator=node.left.deep_clone())
        return node.with_changes(comparisons=[same])
    return None


EDITS: Mapping[str, Edit] = {
    "sign-flip": _turned_round,
    "missing-factor-2": _without_two,
    "sum-instead-of-mean": _undivided,
    "missing-hidden-derivative": _without_slope,
    "derivative-twice": _slope_twice,
    "wrong-derivative-formula": _plus_for_minus,
    "relu-mask-always-on": _open_mask,
    "transposed-weights": _untransposed,
    "bias-sum-without-axis": _without_axis,
    "bias-mean-instead-of-sum": _mean,
}
"""By the catalogue's id; bugs that are not here are not written into a file whose interface is not declared."""
