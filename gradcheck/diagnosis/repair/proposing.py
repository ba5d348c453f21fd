"""Which changes to try, and in which order: by how suspect their line is, and how common what they undo."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, role_of, target_text
from gradcheck.diagnosis.repair.edits import GENERATORS
from gradcheck.diagnosis.repair.edits.factors import fitting
from gradcheck.diagnosis.repair.edits.loops import BOUNDS
from gradcheck.diagnosis.repair.edits.order import overwrites
from gradcheck.diagnosis.repair.judging import CHANGES_LOSS, Outcome
from gradcheck.diagnosis.repair.splices import Splice, apply, trimmed
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["ELSEWHERE", "Proposer"]

CONSTANT = {EditKind.NEGATE, EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE, EditKind.REDUCTION}
# What a helper that computes one quantity of its argument can have wrong.
OF_HELPERS = {
    *(EditKind.NEGATE, EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE, EditKind.FORMULA, EditKind.COMPARISON),
    *(EditKind.DROP_DERIVATIVE, EditKind.REPLACE_ARGUMENT, EditKind.REPLACE_FUNCTION, EditKind.REPLACE_OPERAND),
    *(EditKind.KEEP_COPY, EditKind.DELETE, EditKind.PRODUCT),
}
# What changes what another statement computes, or when: not judged by what its own bears on.
ELSEWHERE = {EditKind.MOVE, EditKind.KEEP_COPY, EditKind.INSERT, EditKind.DELETE, EditKind.ASSIGN, EditKind.SWAP}
PLAINER = {EditKind.UNSCALE, EditKind.RESCALE, EditKind.REDUCTION}
OF_RIGHT_HELPERS = {EditKind.FORMULA, EditKind.KEEP_COPY}
# What a statement that computes nothing can have wrong.
OF_PASSING = {
    *(EditKind.REPLACE_OPERAND, EditKind.REPLACE_ARGUMENT, EditKind.SWAP, EditKind.KEEP_COPY, EditKind.TRANSPOSE),
    *(EditKind.ADD_SUM, EditKind.INSERT, EditKind.DELETE, EditKind.ADD_DERIVATIVE, EditKind.MASK, EditKind.FORMULA),
    *(EditKind.PRODUCT, EditKind.RESCALE, EditKind.UNSCALE, EditKind.SCALE, EditKind.NEGATE),
}
# What changes shapes: first where a block has the wrong one.
OF_SHAPES = {EditKind.TRANSPOSE, EditKind.SWAP, EditKind.AXIS, EditKind.ADD_SUM, EditKind.PRODUCT}
NEVER = 100.0
# The rank of a line that changes what was put away for later: seldom meant, and cheap to try.
OVERWRITING = 0.5
MAX_PROBES = 40
# By how much what is wrong with a line comes earlier that leaves little else to be wrong.
FEW_WAYS = 6.0
# A factor and a summand that no right or wrong program has.
DISTURBANCE = ("1.37", "0.083")
NOT_PROBED = (cst.Tuple, cst.List, cst.Dict, cst.ListComp, cst.DictComp, cst.Lambda, cst.FormattedString)
# Statements whose changes are sorted together: the most suspect ones first.
GROUP = 14
# What is worked out without being run: statements of this rank, and so many.
SUSPECTED, MAX_SUSPECTED = 6.0, 10
BIAS = re.compile(r"b\d*$|bias|^c\d*$", re.IGNORECASE)


class Proposer:
    """Orders statements once, and changes of each state.

    Parameters
    ----------
    setting : Setting
    suspects : sequence of int
        Lines, the most suspect one first.
    """

    def __init__(self, setting: Setting, suspects: Sequence[int]) -> None:
        self._setting = setting
        self._suspects = tuple(dict.fromkeys(suspects))
        self._called = self._helpers_on(self._suspects[:4])
        ranked = [(self._rank(statement), i, statement) for i, statement in enumerate(setting.tree.statements)]
        self._ranked = [
            (rank, statement) for rank, _i, statement in sorted(ranked, key=lambda item: item[:2]) if rank < 20
        ]
        self._made: dict[Statement, tuple[Change, ...]] = {}
        self._reach: dict[Statement, frozenset[int] | None] = {}
        self._idle: set[Statement] = set()  # what does not run again

    def probes(self) -> list[tuple[Statement, str]]:
        """Texts that disturb one statement each: which blocks change tells what the statement is for."""
        found = []
        for _rank, statement in self._ranked[:MAX_PROBES]:
            if isinstance(statement.node, (cst.If, cst.Expr)) or isinstance(statement.roots[0], NOT_PROBED):
                continue
            start, end = self._setting.tree.span(statement.roots[0])
            disturbed = f"(({self._setting.tree.text[start:end]}) * {DISTURBANCE[0]} + {DISTURBANCE[1]})"
            found.append((statement, apply(self._setting.tree.text, [Splice(start, end, disturbed)])))
        return found

    def reached(self, statement: Statement, outcome: Outcome) -> None:
        """What a probe has shown."""
        if outcome.error is None:
            reach = frozenset(i for i, touched in enumerate(outcome.touched) if touched)
            if reach or len(statement.roots) == 1:  # ``d[z < 0] = 0`` may select nothing, which is what is wrong
                self._reach[statement] = reach
        elif outcome.unavailable:
            if role_of(statement, self._setting) is not Role.UPDATE:  # disturbed, ``w = w - ...`` trains no more
                self._idle.add(statement)
        elif outcome.error == CHANGES_LOSS:
            self._reach[statement] = None

    def _reaching(self, change: Change, outcome: Outcome) -> float:
        """Later where the statement bears on blocks that are right; never where it bears on none that is wrong."""
        statement = change.statement
        if statement not in self._reach or outcome.error is not None or change.detail == BOUNDS:
            return 0.0
        reach = self._reach[statement]
        if reach is None:
            return 0.0 if change.kind in ELSEWHERE else 6.0
        if change.kind in ELSEWHERE:
            return 0.0
        wrong = frozenset(range(len(outcome.ratios))) - outcome.right
        if not reach & wrong:
            return NEVER
        if reach & outcome.right:
            return 0.5 if change.kind in CONSTANT and _undone(reach, outcome) else 5.0
        partly = change.kind in CONSTANT and not any(group <= reach for group in _groups(outcome))
        return -1.5 if reach == wrong else 3.0 if partly else 0.0

    def changes(self, outcome: Outcome) -> Iterator[Change]:
        """Changes for a state, most promising first."""
        seen: set[tuple[Splice, ...]] = set()
        text = self._setting.tree.text
        ranked = sorted(
            (
                (rank + self._pattern(statement, outcome), self._bearing(statement, outcome), i, statement)
                for i, (rank, statement) in enumerate(self._ranked)
                if statement not in self._idle
            ),
            key=lambda item: (item[0] + item[1], item[2]),
        )
        for start in range(0, len(ranked), GROUP):
            entries: list[tuple[float, int, Change]] = []
            for rank, _bearing, _i, statement in ranked[start : start + GROUP]:
                for change in (*self._fitting(statement, outcome), *self._all(statement)):
                    key = rank + change.tier + self._kind(change, outcome) + self._reaching(change, outcome)
                    if change.kind is EditKind.NEGATE and _is_copy(statement):
                        key -= FEW_WAYS
                    if key < NEVER / 2:
                        entries.append((key, len(entries), change))
            smallest: dict[tuple[Splice, ...], tuple[tuple[int, int, int], Change]] = {}
            for _key, i, change in entries:  # of two ways to write one change the one that touches least
                same = trimmed(text, change.splices)
                size = sum(splice.end - splice.start + len(splice.new) for splice in change.splices)
                rating = size, change.tier, i
                if same not in smallest or rating < smallest[same][0]:
                    smallest[same] = (rating, change)
            for _key, _i, change in sorted(entries, key=lambda item: item[:2]):
                same = trimmed(text, change.splices)
                if same and same not in seen:
                    seen.add(same)
                    yield smallest[same][1]

    @property
    def suspected(self) -> tuple[Statement, ...]:
        """Statements that may be wrong, the most suspect one first."""
        return tuple(statement for rank, statement in self._ranked if rank < SUSPECTED and statement not in self._idle)[
            :MAX_SUSPECTED
        ]

    def made(self, statement: Statement) -> tuple[Change, ...]:
        """All changes of one statement."""
        return self._all(statement)

    def constants_at(self, statement: Statement) -> list[Change]:
        """What takes a constant of a statement away or exchanges it: plainer than one more factor."""
        return [change for change in self._all(statement) if change.kind in PLAINER]

    def _bearing(self, statement: Statement, outcome: Outcome) -> float:
        """The same of a whole statement, to group them."""
        if outcome.absent and role_of(statement, self._setting) is Role.UPDATE:
            return -1.5  # what a missing update is modelled on
        if outcome.absent and any(
            change.detail == BOUNDS or self._brings(change, outcome) for change in self._all(statement)
        ):
            return -1.5
        reach = self._reach.get(statement, frozenset())
        if reach is None:
            return 6.0
        if statement not in self._reach or outcome.error is not None:
            return 0.0
        wrong = frozenset(range(len(outcome.ratios))) - outcome.right
        return 8.0 if not reach & wrong else 5.0 if reach & outcome.right else -1.5 if reach == wrong else 0.0

    def _all(self, statement: Statement) -> tuple[Change, ...]:
        if statement not in self._made:
            made = (change for generator in GENERATORS for change in generator(self._setting, statement))
            helper = self._setting.scope.is_helper(statement)
            allowed = None if self._setting.scope.computes(statement) else OF_PASSING
            if helper:
                consistent = self._is_right(statement) and self._setting.scope.consistency(statement) >= 0
                allowed = OF_RIGHT_HELPERS if consistent else OF_HELPERS
            self._made[statement] = tuple(change for change in made if allowed is None or change.kind in allowed)
        return self._made[statement]

    def _fitting(self, statement: Statement, outcome: Outcome) -> Iterator[Change]:
        """The constants that would make multiples right."""
        if not self._setting.scope.computes(statement) and not isinstance(statement.node, (cst.Return, cst.Assign)):
            return
        if self._setting.scope.is_helper(statement) and self._is_right(statement):
            return
        for ratio in _distinct(outcome):
            yield from fitting(self._setting, statement, 1.0 / ratio)

    def _kind(self, change: Change, outcome: Outcome) -> float:
        """Constants first where multiples are all that is wrong; last where nothing is a multiple."""
        wrong = len(outcome.ratios) - len(outcome.right)
        off = len(outcome.multiple) - len(outcome.right)
        usual = change.kind is EditKind.REPLACE_OPERAND and change.tier == 0  # a neighbouring index
        if self._brings(change, outcome):
            return -3.0
        if change.detail == BOUNDS and outcome.absent:
            return -3.0  # a loop that does not get there
        if outcome.error is not None and (change.kind in OF_SHAPES or usual):
            return -2.5 if usual else -1.5
        if change.kind in CONSTANT:
            if outcome.error is not None or off == 0:
                return 2.0
            return -2.0 if off == wrong else -0.5
        return 1.5 if off and off == wrong else 0.0

    def _brings(self, change: Change, outcome: Outcome) -> bool:
        """Whether it inserts what a block that claims nothing does not have: its update, or its gradient."""
        return change.kind is EditKind.INSERT and any(
            _short(self._setting.blocks[i]) in change.detail for i in outcome.absent
        )

    def _rank(self, statement: Statement) -> float:  # noqa: PLR0911 (one return a kind of line)
        scope = self._setting.scope
        if not statement.roots:
            return 99.0
        if overwrites(self._setting, statement):
            return OVERWRITING
        lines = range(statement.line, statement.last + 1)
        for i, line in enumerate(self._suspects):
            if line in lines:
                return min(0.4 * i, 3.0)
        backward, helper = scope.is_backward(statement), scope.is_helper(statement)
        if helper:
            if role_of(statement, self._setting) is Role.ACTIVATION:
                return 99.0 if not scope.tree.text[statement.start :].startswith("return") else 9.0
            if scope.is_misnamed(statement):
                return 0.2
            return 0.6 if statement.function in self._called or not self._suspects else 2.5
        if backward:
            return (3.0 if self._suspects else 1.0) + (0.0 if scope.computes(statement) else 2.0)
        return 8.0

    def _is_right(self, statement: Statement) -> bool:
        """Whether a helper is some activation's derivative: then at most another form of it is meant."""
        return bool(self._setting.scope.derivatives(statement.function.rpartition(".")[2]))

    def _helpers_on(self, lines: Sequence[int]) -> frozenset[str]:
        """Functions of the file that suspected lines call."""
        tree = self._setting.tree
        texts = [tree.text[s.start : s.end] for s in tree.statements if any(s.line <= line <= s.last for line in lines)]
        return frozenset(
            name
            for name in tree.definitions
            if any(re.search(rf"\b{re.escape(name.rpartition('.')[2])}\(", t) for t in texts)
        )

    def _pattern(self, statement: Statement, outcome: Outcome) -> float:
        """What the wrong blocks have in common says which role a wrong line has."""
        names, role = self._setting.blocks, role_of(statement, self._setting)
        wrong = [name for i, name in enumerate(names) if i not in outcome.right]
        if not wrong or len(outcome.ratios) != len(names):
            return 0.0
        target = target_text(statement, self._setting.tree)
        biases = [name for name in names if BIAS.search(_short(name))]
        if all(name in biases for name in wrong):
            return (
                -1.5
                if role in (Role.BIAS_GRADIENT, Role.UPDATE)
                and (BIAS.search(_short(target)) or role is Role.BIAS_GRADIENT)
                else 0.5
            )
        if biases and not any(name in biases for name in wrong):
            return -1.5 if role in (Role.WEIGHT_GRADIENT, Role.UPDATE) else 0.5
        if len(wrong) == len(names):
            return {Role.OUTPUT_DELTA: -1.5, Role.LOSS: 3.0, Role.UPDATE: 0.5}.get(role, 0.0)
        return {Role.HIDDEN_DELTA: -1.5, Role.DERIVATIVE: -1.0, Role.LOSS: 3.0}.get(role, 0.0)


def _is_copy(statement: Statement) -> bool:
    """``down = up``: one of the few things that can be wrong with it is its sign."""
    return isinstance(statement.node, cst.Assign) and isinstance(statement.roots[0], (cst.Name, cst.Attribute))


def _distinct(outcome: Outcome) -> list[float]:
    found: list[float] = []
    for ratio in outcome.ratios:
        if ratio is not None and ratio != 1.0 and not any(abs(ratio - other) < 1e-5 * abs(other) for other in found):
            found.append(ratio)
    return found


def _groups(outcome: Outcome) -> list[frozenset[int]]:
    """Blocks that are wrong by one and the same constant."""
    return [
        frozenset(
            i for i, other in enumerate(outcome.ratios) if other is not None and abs(other - ratio) < 1e-5 * abs(ratio)
        )
        for ratio in _distinct(outcome)
    ] or [frozenset()]


def _undone(reach: frozenset[int], outcome: Outcome) -> bool:
    """Whether a constant may be wrong here though some blocks are right: all others by it, it is undone for those."""
    wrong = frozenset(range(len(outcome.ratios))) - outcome.right
    return len(wrong) > 1 and wrong <= reach and any(wrong == group for group in _groups(outcome))


def _short(name: str) -> str:
    return name.rpartition(".")[2].strip("[]'\"")
