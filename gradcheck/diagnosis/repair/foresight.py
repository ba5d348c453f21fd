"""Which changes are in vain, as the values at hand tell: what cannot be computed, and what computes the same."""

from __future__ import annotations

import ast

import numpy as np

from gradcheck.diagnosis.programs.program import Array
from gradcheck.diagnosis.repair.change import Change, Setting, target_text
from gradcheck.diagnosis.repair.evaluate import Impossible, Unknown
from gradcheck.diagnosis.repair.names import keyed
from gradcheck.diagnosis.repair.splices import apply
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["Foresight", "changed_text", "computed_expression", "is_inside"]

# A line's value, worked out from what it reads, is what it was seen to bind up to rounding.
ROUNDING = 1e-12


class Foresight:
    """Works out what changes of a statement would compute in the run that was traced.

    Nothing is said of a statement whose own value cannot be worked out so: then what it reads is not what is known.

    Parameters
    ----------
    setting : Setting
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._own: dict[Statement, tuple[Array | None, bool]] = {}

    def is_in_vain(self, change: Change) -> bool:
        """Whether with this change a line would raise, or compute what it computes without it.

        Parameters
        ----------
        change : Change
        """
        statement = change.statement
        if statement not in self._own:
            self._own[statement] = self._as_seen(statement)
        own, once = self._own[statement]
        if own is None or not is_inside(change, statement):
            return False
        text = computed_expression(changed_text(self._setting, statement, (change,)))
        try:
            value = None if text is None else self._setting.scope.worked_out(text, statement)
        except Impossible:
            return True
        except Unknown:
            return False
        return once and value is not None and value.shape == own.shape and np.array_equal(value, own, equal_nan=True)

    def _as_seen(self, statement: Statement) -> tuple[Array | None, bool]:
        """What a statement computes, where that is what it was seen to bind; and whether it ran once only."""
        scope = self._setting.scope
        seen = scope.bound_by(statement, keyed(target_text(statement, self._setting.tree)))
        text = computed_expression(changed_text(self._setting, statement, ()))
        if not seen or text is None:
            return None, False
        try:
            value = scope.worked_out(text, statement)
        except Unknown:
            return None, False
        last = np.asarray(seen[-1], dtype=float)
        same = value.shape == last.shape and np.allclose(value, last, rtol=ROUNDING, atol=0.0, equal_nan=True)
        return (value if same else None), len(seen) == 1


def is_inside(change: Change, statement: Statement) -> bool:
    """Whether a change touches nothing but its statement."""
    return all(statement.start <= splice.start and splice.end <= statement.end for splice in change.splices)


def changed_text(setting: Setting, statement: Statement, changes: tuple[Change, ...]) -> str:
    """A statement's text with changes made in it."""
    text = setting.tree.text[statement.start : statement.end]
    moved = [
        type(splice)(splice.start - statement.start, splice.end - statement.start, splice.new)
        for change in changes
        for splice in change.splices
    ]
    return apply(text, moved)


def computed_expression(code: str) -> str | None:
    """The expression whose value a statement binds, or returns."""
    try:
        body = ast.parse(code.replace("return", "_ =", 1) if code.startswith("return") else code).body
    except (SyntaxError, ValueError):
        return None
    match body:
        case [ast.Assign(targets=[target], value=value)] if not isinstance(target, ast.Tuple):
            return ast.unparse(value)
        case [ast.AugAssign(target=target, op=operator, value=value)]:
            loaded = ast.parse(ast.unparse(target), mode="eval").body
            return ast.unparse(ast.BinOp(left=loaded, op=operator, right=value))
    return None
