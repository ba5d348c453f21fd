"""Numbers that a line could multiply or divide by, besides the problem's sizes: variables, and lengths of arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.repair.change import Setting
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["numbers_that_fit"]

ROUND_OFF = 1e-6
# Of so many things a number is one by chance: a 2 is written as one, and 1 and 0 change nothing, or everything.
COMMON = (0.0, 1.0, 2.0, 0.5)


def numbers_that_fit(setting: Setting, statement: Statement, factor: float) -> Iterator[tuple[str, str]]:
    """An operator and what it takes, where that multiplies by the factor.

    Equal numbers may mean different things, and a patch with the wrong one holds at one set of sizes only. So what the
    statement itself reads comes before all else, a variable before a length; and where several are as likely, none is
    proposed.

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
    code = setting.tree.text[statement.start : statement.end]
    read = [
        name for name in setting.scope.names(statement) if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", code)
    ]
    for numbers in (
        _variables(setting, statement, read),
        _variables(setting, statement, setting.scope.names(statement)),
        _lengths(setting, statement, read),
    ):
        fitting = [(operator, text) for text, value in numbers for operator in _operators(value, factor)]
        if fitting:
            yield from fitting if len(fitting) == 1 else ()
            return


def _variables(setting: Setting, statement: Statement, names: Sequence[str]) -> Iterator[tuple[str, float]]:
    for name in names:
        value = setting.scope.value(name, statement)
        if value is not None and value.ndim == 0 and name not in setting.blocks:
            yield name, float(value)


def _lengths(setting: Setting, statement: Statement, names: Sequence[str]) -> Iterator[tuple[str, float]]:
    for name in names:
        shape = setting.scope.shape(name, statement)
        if shape and name.isidentifier():
            yield from ((f"{name}.shape[{axis}]", float(length)) for axis, length in enumerate(shape))


def _operators(value: float, factor: float) -> Iterator[str]:
    """How a number makes a factor; one that is written as such, or changes nothing, makes none."""
    if not np.isfinite(value) or any(_equal(abs(value), common) for common in COMMON):
        return
    for operator, made in (("*", value), ("/", 1.0 / value)):
        if _equal(factor, made):
            yield operator


def _equal(first: float, second: float) -> bool:
    return abs(first - second) <= ROUND_OFF * abs(second)
