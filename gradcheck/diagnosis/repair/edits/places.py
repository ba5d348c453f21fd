"""Places in a statement where a whole quantity is computed: what a factor, a sum or a derivative can be put on."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["values"]


def values(setting: Setting, statement: Statement) -> Iterator[cst.BaseExpression]:
    """Right-hand sides, each element of a returned tuple, list or dictionary, and arguments of calls that only store.

    Literals, strings and comparisons are none.
    """
    for root in statement.roots:
        for node in _parts(root):
            if not isinstance(node, (cst.SimpleString, cst.Integer, cst.Lambda, cst.Comparison, cst.BooleanOperation)):
                yield node
    if isinstance(statement.node, cst.If):
        return
    del setting


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:  # noqa: C901, PLR0912 (one case a form)
    match node:
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                yield from _parts(element.value)
        case cst.Dict(elements=entries):
            for entry in entries:
                if isinstance(entry, cst.DictElement):
                    yield from _parts(entry.value)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="append" | "insert")), args=arguments):
            yield from _parts(arguments[-1].value)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="at")), args=[_array, _index, added]):
            yield from _parts(added.value)  # np.add.at(gradient, index, added)
        case cst.Call(func=cst.Name(value="dict"), args=arguments):
            for argument in arguments:
                yield from _parts(argument.value)
        case cst.ListComp(elt=element):
            yield from _parts(element)
        case cst.DictComp(value=element):
            yield from _parts(element)
        case cst.Call(func=cst.Name(value="print")):
            return
        case cst.BinaryOperation(operator=cst.Add() | cst.Subtract()):
            yield node
            yield node.left
            yield node.right
        case cst.Call():
            yield node
            for argument in node.args:  # what is handed on: backprop(delta * slope, layer)
                if argument.keyword is None and isinstance(argument.value, (cst.BinaryOperation, cst.Name, cst.Call)):
                    yield argument.value
        case (
            cst.BinaryOperation() | cst.Name() | cst.Attribute() | cst.Subscript() | cst.UnaryOperation() | cst.IfExp()
        ):
            yield node
            if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Multiply, cst.Divide)):
                yield from _factors(node)


def _factors(node: cst.BinaryOperation) -> Iterator[cst.BaseExpression]:
    """Products inside: ``delta @ W.T`` of ``lr * (delta @ W.T)``."""
    for side in (node.left, node.right):
        if isinstance(side, cst.BinaryOperation) and isinstance(side.operator, cst.MatrixMultiply):
            yield side
