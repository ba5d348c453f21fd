"""Changes with which a line computes a true adjoint: found by working lines out, before anything is run."""

from __future__ import annotations

import ast
import functools
import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import libcst as cst
import numpy as np
import numpy.typing as npt

from gradcheck.diagnosis.programs.program import Array, Forward, Trace
from gradcheck.diagnosis.repair.change import Change, Setting
from gradcheck.diagnosis.repair.foresight import changed_text, computed_expression, is_inside
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import apply, conflict
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["Grounds", "standing_at"]

# Fewer numbers that differ from zero are a multiple of too much.
ENOUGH = 3
# Relative to a value's norm: how far from a multiple of an adjoint it may be, and how alike two adjoints are one.
ROUND_OFF, SAME = 1e-7, 1e-12
# Of one statement: changes that are kept, changes that are paired, and callers of a helper that are looked at.
KEPT, PAIRED, CALLERS = 8, 32, 4
# How many statements may have two slips in one line.
MOST_SUSPECT = 3

Changes = tuple[Change, ...]
Adjoints = tuple[int | None, ...]


class Grounds:
    """The directions of all true adjoints of one run, by shape.

    Parameters
    ----------
    forward : Forward
        With the true adjoint of every quantity that the loss depends on.
    """

    def __init__(self, forward: Forward) -> None:
        found: dict[tuple[int, ...], list[npt.NDArray[np.float64]]] = defaultdict(list)
        for item in forward.values:
            unit = None if item.adjoint is None else _unit(item.adjoint)
            if unit is not None and not any(abs(float(unit @ other)) > 1.0 - SAME for other in found[item.value.shape]):
                found[item.value.shape].append(unit)
        self._units = {shape: np.stack(units) for shape, units in found.items() if units}

    def adjoint(self, value: Array | None) -> int | None:
        """Which of the adjoints of its shape a value is a multiple of."""
        unit = None if value is None or value.shape not in self._units else _unit(value)
        if unit is None or value is None:
            return None
        units = self._units[value.shape]
        cosines = units @ unit
        best = int(np.argmax(np.abs(cosines)))
        rest = float(np.linalg.norm(unit - cosines[best] * units[best]))
        return best if rest <= ROUND_OFF else None

    def bound(self, trace: Trace) -> frozenset[tuple[int, str]]:
        """Lines that bind an adjoint in a run, with what they bind."""
        return frozenset(
            (event.line, event.name) for event in trace.events if self.adjoint(np.asarray(event.value)) is not None
        )

    def computed(self, setting: Setting, statement: Statement) -> int | None:
        """Which adjoint a statement computes as it stands; None where it computes none, or that is not known."""
        return self.adjoint(_value(setting, statement, ()))

    def changes(
        self, setting: Setting, statements: Sequence[Statement], made: Callable[[Statement], Sequence[Change]]
    ) -> list[Changes]:
        """Changes of these statements with which they compute an adjoint that they did not, and pairs where none does.

        Parameters
        ----------
        setting : Setting
            As the program stands.
        statements : sequence of Statement
            In the order in which they are suspected.
        made : callable
            The changes proposed for one.
        """
        bound = {self.adjoint(value) for value in setting.scope.arrays if value.size > 1}
        found: list[Changes] = []
        for is_right in (lambda _value: False, lambda value: value.size == 1 or self.adjoint(value) is not None):
            turn = replace(setting, scope=setting.scope.where_wrong(is_right))
            found += [changes for changes in self._changes(turn, statements, made, bound) if changes not in found]
        return found

    def _changes(
        self,
        setting: Setting,
        statements: Sequence[Statement],
        made: Callable[[Statement], Sequence[Change]],
        bound: Collection[int | None],
    ) -> list[Changes]:
        """With each statement's values as they were in one turn of its loop."""
        found: list[Changes] = []
        bound = {*bound, *self._on_the_way(setting, statements)}
        for place, statement in enumerate(statements):
            changes = [change for change in made(statement) if is_inside(change, statement)]
            helper = setting.scope.is_helper(statement)
            of = self._of_helper(setting, statement) if helper else self._of(setting, statement)
            before = of(())
            grounds = functools.partial(_grounds, before, bound)
            singles = [(change,) for change in changes if grounds(of((change,)))] if before else []
            found += singles[:KEPT]
            if not singles and not helper and before == (None,) and place < MOST_SUSPECT:
                turning = _turning(setting, statement, changes)
                pairs = (pair for pair in itertools.combinations(turning[:PAIRED], 2) if not _conflict(*pair))
                found += itertools.islice((pair for pair in pairs if grounds(of(pair))), KEPT)
        return found

    def _on_the_way(self, setting: Setting, statements: Sequence[Statement]) -> set[int | None]:
        """Adjoints that statements compute inside of an expression: no line has to hand them on by a name."""
        tree = setting.tree
        parts = (
            (tree.code(node), statement)
            for statement in statements
            for node in tree.expressions(statement)
            if isinstance(node, (cst.BinaryOperation, cst.Call)) and node not in statement.roots
        )
        return {self.adjoint(setting.scope.value(text, statement)) for text, statement in parts}

    def _of(self, setting: Setting, statement: Statement) -> Callable[[Changes], Adjoints]:
        """The adjoint that a statement computes with changes made in it; nothing where it cannot be worked out."""

        def adjoint(changes: Changes) -> Adjoints:
            value = _value(setting, statement, changes)
            if value is None or (not changes and value.shape not in self._units):  # not what it should be, or lost
                return ()
            return (self.adjoint(value),)

        return adjoint

    def _of_helper(self, setting: Setting, statement: Statement) -> Callable[[Changes], Adjoints]:
        """The same for each line that calls the helper that a statement belongs to."""
        tree, name = setting.tree, statement.function.rpartition(".")[2]
        callers = [
            other
            for other in tree.statements
            if f"{name}(" in tree.text[other.start : other.end] and setting.scope.is_backward(other)
        ][:CALLERS]

        def adjoints(changes: Changes) -> Adjoints:
            text = apply(tree.text, [splice for change in changes for splice in change.splices])
            function = _function(text, name) if callers else None
            if function is None:
                return ()
            found: list[int | None] = []
            for caller in callers:
                computed = computed_expression(tree.text[caller.start : caller.end])
                value = None if computed is None else setting.scope.with_functions(computed, caller, {name: function})
                found.append(self.adjoint(value))
            return tuple(found)

        return adjoints


def _grounds(before: Adjoints, bound: Collection[int | None], after: Adjoints) -> bool:
    """Whether an adjoint is computed that was not, nor is by any line: one more copy of what is there says nothing."""
    pairs = zip(after, before, strict=False)
    return any(new is not None and new != old and new not in bound for new, old in pairs)


def _conflict(one: Change, other: Change) -> bool:
    return conflict(one.splices, other.splices)


def standing_at(setting: Setting, text: str, trace: Trace, forward: Forward | None) -> Setting | None:
    """The setting with the values of a changed text's run; None where lines have moved."""
    if text.count("\n") != setting.tree.text.count("\n"):
        return None
    scope = Scope(
        setting.tree, setting.scope.sizes, trace, forward, setting.scope.parameters, functions=_functions(text)
    )
    return Setting(tree=setting.tree, scope=scope, blocks=setting.blocks, shapes=setting.shapes)


def _unit(value: Array) -> npt.NDArray[np.float64] | None:
    flat = np.asarray(value, dtype=np.float64).ravel()
    norm = float(np.linalg.norm(flat))
    if np.count_nonzero(flat) < ENOUGH or not np.isfinite(norm):
        return None
    return flat / norm


def _value(setting: Setting, statement: Statement, changes: Changes) -> Array | None:
    """What a statement computes with changes made in it, where that can be worked out."""
    text = computed_expression(changed_text(setting, statement, changes))
    return None if text is None else setting.scope.with_functions(text, statement, {})


def _turning(setting: Setting, statement: Statement, changes: Sequence[Change]) -> list[Change]:
    """The likeliest change for each direction that one turns a statement's value to; a constant turns none."""
    value = _value(setting, statement, ())
    own = None if value is None else _unit(value)
    found: dict[bytes, Change] = {}
    for change in sorted(changes, key=lambda change: change.tier):
        value = _value(setting, statement, (change,))
        unit = None if value is None else _unit(value)
        if unit is None or own is None or unit.shape != own.shape or abs(float(unit @ own)) > 1.0 - SAME:
            continue
        found.setdefault(np.round(np.abs(unit), 9).tobytes(), change)
    return list(found.values())


def _function(text: str, name: str) -> ast.FunctionDef | None:
    return _functions(text).get(name)


def _functions(text: str) -> Mapping[str, ast.FunctionDef]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
