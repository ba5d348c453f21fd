"""A part of an error that was left out of its sum: what came from behind a block, or from a later turn of a loop."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, role_of
from gradcheck.diagnosis.repair.edits.gates import complements, forward_factors
from gradcheck.diagnosis.repair.names import GRADIENT_NAME, last_part, readable, targets_of
from gradcheck.diagnosis.repair.splices import Splice
from gradcheck.diagnosis.repair.syntax import SUM, Statement, level

__all__ = ["propose"]

# Of one statement: errors that may have been left out, and gates that each may have passed.
MAX_ERRORS, MAX_GATES = 6, 6
# Products that may be the gradient of another use of the same weights.
MAX_USES = 12
# What else errors are called that a loop hands to its next turn.
HANDED_ON = re.compile(r"^d[a-z_]\w*$|next|carr(y|ied)|back|upstream")
ROLES = (Role.HIDDEN_DELTA, Role.OUTPUT_DELTA, Role.OTHER)


def propose(setting: Setting, statement: Statement) -> Iterator[Change]:
    """Each error at hand added to what is handed on, as it is or times what the forward pass multiplied by."""
    scope, tree, role = setting.scope, setting.tree, role_of(statement, setting)
    yield from _other_uses(setting, statement, role)
    passes = isinstance(statement.node, (cst.Assign, cst.Return)) and scope.is_backward(statement)
    if not passes or role not in ROLES or scope.is_helper(statement):
        return
    for node in _handed_on(statement):
        shape = scope.shape(tree.code(node), statement)
        if shape is None or shape == ():
            continue
        end = tree.span(node)[1]
        for name in _errors(setting, statement, node, shape):
            for tier, term in enumerate((name, *_gated(setting, statement, name, shape))):
                splices: tuple[Splice, ...] = (Splice(end, end, f" + {term}"),)
                if level(node) < SUM:
                    start = tree.span(node)[0]
                    splices = (Splice(start, start, "("), Splice(end, end, f") + {term}"))
                yield Change(
                    kind=EditKind.FORMULA, splices=splices, statement=statement, detail=f"carried: {name}",
                    tier=1 + min(tier, 2), role=role,
                )  # fmt: skip


def _other_uses(setting: Setting, statement: Statement, role: Role) -> Iterator[Change]:
    """The gradient of another use of the same weights added: of tied ones a layer has but the decoder's, say."""
    scope, tree = setting.scope, setting.tree
    if not isinstance(statement.node, cst.Assign) or len(statement.roots) != 1 or level(statement.roots[0]) < SUM:
        return
    root = statement.roots[0]
    code = tree.code(root)
    shape = scope.shape(code, statement)
    if shape is None or len(shape) != 2 or shape not in setting.shapes or not scope.is_backward(statement):
        return
    known = [(name, scope.shape(name, statement)) for name in scope.names(statement) if name not in setting.blocks]
    tables = [(name, found) for name, found in known if found is not None and len(found) == 2]
    errors = [(name, found) for name, found in tables if GRADIENT_NAME.search(last_part(name))]
    inputs = [(name, found) for name, found in tables if not GRADIENT_NAME.search(last_part(name))]
    products = [
        f"{one}.T @ {other}"
        for (given, given_shape), (error, error_shape) in itertools.product(inputs, errors)
        for (one, left), (other, right) in (
            ((given, given_shape), (error, error_shape)),
            ((error, error_shape), (given, given_shape)),
        )
        if left[0] == right[0] and (left[1], right[1]) == shape and not (given in code and error in code)
    ]
    end = tree.span(root)[1]
    for text in products[:MAX_USES]:
        yield Change(
            kind=EditKind.FORMULA, splices=(Splice(end, end, f" + {text}"),), statement=statement,
            detail=f"carried: {text}", tier=4, role=role,
        )  # fmt: skip


def _handed_on(statement: Statement) -> Iterator[cst.BaseExpression]:
    """What the statement computes: its value, or each element of a pair of values. What it calls adds up there."""
    for root in statement.roots[:1]:
        match root:
            case cst.Tuple(elements=elements):
                yield from (element.value for element in elements if not isinstance(element.value, cst.Call))
            case cst.BinaryOperation() | cst.Name() | cst.Attribute() | cst.Subscript():
                yield root


def _errors(setting: Setting, statement: Statement, node: cst.BaseExpression, shape: tuple[int, ...]) -> list[str]:
    """What has the value's shape and is called an error: what a function is handed, and what a loop hands on, first."""
    scope, tree = setting.scope, setting.tree
    handed = tree.definitions.get(statement.function, (0, 0, ()))[2]
    own = {name for target in targets_of(statement.node) for name in readable(target, tree)}
    found = []
    for name in scope.names(statement):
        value = scope.value(name, statement)
        part = last_part(name)
        called = GRADIENT_NAME.search(part) or HANDED_ON.search(part) or name in handed or name in own
        if not called or name in setting.blocks or value is None or value.shape != shape:
            continue
        if not value.any() and not (name in own and _is_handed_on(setting, statement, name)):
            continue
        if not re.search(rf"(?:^|\+)\s*{re.escape(name)}\s*(?:\+|$)", tree.code(node)):
            found.append(name)
    return sorted(found, key=lambda name: (name not in handed, name not in own))[:MAX_ERRORS]


def _is_handed_on(setting: Setting, statement: Statement, name: str) -> bool:
    """Whether a later line of the loop binds it, too: then it comes from the turn before, and is zero in the first."""
    return any(
        other.line > statement.line
        and other.loops[: len(statement.loops)] == statement.loops != ()
        and name in {each for target in targets_of(other.node) for each in readable(target, setting.tree)}
        for other in setting.tree.statements
    )


def _gated(setting: Setting, statement: Statement, name: str, shape: tuple[int, ...]) -> list[str]:
    """An error times what a product of the forward pass, of that shape, has multiplied by; its complement too."""
    scope = setting.scope
    found: dict[str, None] = {}
    known = set(scope.names(statement))
    gates = [code for operator, code in forward_factors(setting) if operator == "*"]
    for code in (*gates, *complements(setting)):
        value = scope.value(code, statement) if set(re.findall(r"[A-Za-z_][\w.]*", code)) <= known else None
        if value is not None and value.shape == shape and not np.all(value == 1.0):
            found[f"{name} * {code}"] = None
    return list(found)[:MAX_GATES]
