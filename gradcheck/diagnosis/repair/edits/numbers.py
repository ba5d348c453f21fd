"""Numbers that a line reads and could multiply or divide by, besides the problem's sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst
import numpy as np

from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.names import last_part
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["lengths_of_means", "lengths_that_fit", "numbers_that_fit"]

ROUND_OFF = 1e-6
# Of so many things a number is one by chance: a 2 is written as one, and 1 and 0 change nothing, or everything.
COMMON = (0.0, 1.0, 2.0, 0.5)

# What a mean along the first axis is of: rows of a table, or a name.
MEAN = re.compile(
    r"\w+\[(\w+)\]\.mean\((?:axis=)?0|mean\(\w+\[(\w+)\], (?:axis=)?0|(?<![\w.])(\w+)\.mean\((?:axis=)?0"
    r"|mean\((\w+), (?:axis=)?0"
)
MOST_MEANS = 2


def numbers_that_fit(setting: Setting, statement: Statement, factor: float) -> Iterator[tuple[str, str]]:
    """An operator and what it takes, where that multiplies by the factor.

    Equal numbers may mean different things, and a patch with the wrong one holds at one set of sizes only: no length of
    an array, and no variable, is taken for being equal alone that neither the statement nor the loop around it reads.

    Parameters
    ----------
    setting : Setting
    statement : Statement
    factor : float
        What the line's value is to be multiplied by.

    Yields
    ------
    tuple of str
        ``"*"`` or ``"/"``, and an expression.
    """
    code, names = setting.tree.text[statement.start : statement.end], setting.scope.names(statement)
    read = [name for name in names if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", code)]
    for variables in (_variables(setting, statement, read), _turns(setting, statement)):
        found = [(each, text) for text, value in variables for each in _operators(value, factor)]
        if len(found) == 1:
            yield found[0]


def lengths_that_fit(setting: Setting, statement: Statement, factor: float) -> Iterator[tuple[cst.BaseExpression, str]]:
    """A length that a statement divides by, and the one other length in sight that it would have to be.

    Two lengths may be equal by chance: of several arrays that are as long the one is taken that the function is handed.

    Parameters
    ----------
    setting : Setting
    statement : Statement
    factor : float
        What the line's value is to be multiplied by.

    Yields
    ------
    tuple of expression and str
        What is divided by, and what is meant instead.
    """
    tree, scope = setting.tree, setting.scope
    if any(_equal(factor, common) for common in COMMON):  # a 2 is a 2, and no quotient of two lengths
        return
    for node in tree.expressions(statement):
        value = scope.value(tree.code(node), statement) if _is_divisor(setting, statement, node) else None
        if value is None or value.ndim or not float(value).is_integer():
            continue
        wanted = float(value) / factor
        if any(_equal(wanted, common) for common in COMMON) or not _equal(wanted, round(wanted)):
            continue
        names = [
            name
            for name in scope.names(statement)
            if (scope.shape(name, statement) or (0,))[0] == round(wanted) and last_part(name) not in scope.parameters
        ]
        handed = tree.definitions.get(statement.function, (0, 0, ()))[2]
        meant = names if len(names) == 1 else [name for name in names if name in handed]
        if len(meant) == 1:
            yield node, f"len({meant[0]})"


def lengths_of_means(setting: Setting, statement: Statement) -> tuple[str, ...]:
    """Lengths of what the statement's function takes means of: each entry gets its share of what comes back.

    Of ``E[words].mean(axis=0)`` that is ``len(words)``, of ``np.mean(h, axis=0)`` it is ``len(h)``.

    Parameters
    ----------
    setting : Setting
    statement : Statement
    """
    names, found = setting.scope.names(statement), []
    for other in setting.tree.statements:
        if other.function == statement.function and other.start < statement.start:
            code = setting.tree.text[other.start : other.end]
            found += [name for match in MEAN.finditer(code) for name in match.groups() if name in names]
    return tuple(f"len({name})" for name in dict.fromkeys(found))[:MOST_MEANS]


def _is_divisor(setting: Setting, statement: Statement, node: cst.BaseExpression) -> bool:
    parent, whole = setting.tree.parent(node), statement.node
    if isinstance(parent, cst.BinaryOperation):
        return isinstance(parent.operator, cst.Divide) and parent.right is node
    in_place = isinstance(whole, cst.AugAssign) and isinstance(whole.operator, cst.DivideAssign)
    return in_place and node in statement.roots


def _turns(setting: Setting, statement: Statement) -> Iterator[tuple[str, float]]:
    """How often the innermost loop around a statement runs: what is added up there may be a mean's part."""
    for first, _last, target in statement.loops[-1:]:
        line = setting.tree.text[setting.tree.line_start(first) : setting.tree.line_end(first)].strip()
        header = re.fullmatch(rf"for {re.escape(target)} in (?P<over>.+):(\s*#.*)?", line)
        if header is None:
            continue
        times = re.fullmatch(r"range\((?P<times>[^,]+)\)", header["over"])
        text = times["times"] if times else f"len({header['over']})"
        value = setting.scope.value(text, statement)
        if value is not None and value.ndim == 0 and not text.isdigit():
            yield text, float(value)


def _variables(setting: Setting, statement: Statement, names: Sequence[str]) -> Iterator[tuple[str, float]]:
    for name in names:
        value = setting.scope.value(name, statement)
        if value is not None and value.ndim == 0 and name not in setting.blocks:
            yield name, float(value)


def _operators(value: float, factor: float) -> Iterator[str]:
    """How a number makes a factor; one that is written as such, or changes nothing, makes none."""
    if not np.isfinite(value) or any(_equal(abs(value), common) for common in COMMON):
        return
    for operator, made in (("*", value), ("/", 1.0 / value)):
        if _equal(factor, made):
            yield operator


def _equal(first: float, second: float) -> bool:
    return abs(first - second) <= ROUND_OFF * abs(second)
