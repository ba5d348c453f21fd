"""The smallest set of edits with which the claimed gradient is the true one."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import libcst as cst
import numpy as np

from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.program import Array, Forward, Program, Trace
from gradcheck.diagnosis.repair.change import Change, Setting, target_text
from gradcheck.diagnosis.repair.diffs import unified
from gradcheck.diagnosis.repair.edits import sums
from gradcheck.diagnosis.repair.edits.statements import assigning
from gradcheck.diagnosis.repair.judging import Judge, Outcome, Point
from gradcheck.diagnosis.repair.losses import loss_changes
from gradcheck.diagnosis.repair.proposing import Proposer
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.search import Found, State, search, text_of
from gradcheck.diagnosis.repair.splices import conflict
from gradcheck.diagnosis.repair.syntax import Tree
from gradcheck.diagnosis.repair.verifying import Varied, Verifier

__all__ = ["Partial", "Repair", "isolated", "repair"]

MAX_TRIALS = 400
# Cures that are put to the proof, and alternatives of each edit.
MAX_PROOFS, MAX_ALTERNATIVES, MAX_EXCHANGES, MAX_UNSURE = 6, 2, 6, 3
MAX_LOOK_ALIKES = 12
# Seconds kept back for the proof, and left for alternatives to be proved.
KEPT, SPARE = 2.0, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The best that edits achieve where none cures.

    Attributes
    ----------
    edits : tuple of Edit
    blocks : tuple of int
        The blocks, by place, that are right with them.
    text : str
        With all of them.
    without : tuple of str
        For each edit, the text with all the others.
    """

    edits: tuple[Edit, ...]
    blocks: tuple[int, ...]
    text: str = field(default="", repr=False)
    without: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was found.

    Attributes
    ----------
    edits : tuple of Edit
        A smallest set that cures, output layer first; empty when there is none, or nothing is wrong.
    text : str
        The whole text with all of them.
    patch : str
        Unified diff of that against the original; empty without edits.
    verified : bool
        Whether the whole check passes with it.
    patches : tuple of str
        Unified diff of each edit alone, against the original.
    alternatives : tuple of tuple of Edit
        For each edit, others that cure as well in its place.
    without : tuple of str
        For each edit, the text with all the others: that bug alone.
    trials : int
    partial : Partial or None
    reasons : tuple of str
        What speaks for the result, or why there is none.
    """

    edits: tuple[Edit, ...] = ()
    text: str = ""
    patch: str = ""
    verified: bool = False
    patches: tuple[str, ...] = ()
    alternatives: tuple[tuple[Edit, ...], ...] = ()
    without: tuple[str, ...] = field(default=(), repr=False)
    trials: int = 0
    partial: Partial | None = None
    reasons: tuple[str, ...] = ()


def isolated(program: Program, repair: Repair, i: int) -> str:  # noqa: ARG001 (the program that the repair is of)
    """The text with all edits but the i-th: one bug alone, so that its numbers can be looked at."""
    return repair.without[i]


def repair(
    program: Program,
    *,
    points: Sequence[Sequence[Array]],
    truth: Sequence[Sequence[Array]],
    forward: Forward | None = None,
    trace: Trace | None = None,
    suspects: Sequence[int] = (),
    elsewhere: Sequence[Varied] | None = None,
    deadline: Callable[[], float] | None = None,
    max_trials: int = MAX_TRIALS,
) -> Repair:
    """Find the smallest set of source edits that makes the claimed gradient the true one.

    Parameters
    ----------
    program : Program
    points : sequence of sequence of ndarray
        Two or more points, one array a block each.
    truth : sequence of sequence of ndarray
        The true gradient at each.
    forward : Forward, optional
        Tells the lines that the loss depends on.
    trace : Trace, optional
        Tells the lines that ran, and values by name.
    suspects : sequence of int
        Lines, the most suspect one first.
    elsewhere : sequence of Varied, optional
        The program at other sizes, rates and data, with the truth there; where it is not given the program is varied
        for each proof.
    deadline : callable, optional
        ``deadline()`` returns the seconds that are left.
    max_trials : int
        How many texts may be tried.

    Returns
    -------
    Repair
    """
    source = program.source
    if source is None:
        return Repair(reasons=("the code has no text that could be changed",))
    try:
        tree = Tree(source.text)
    except ValueError as error:
        return Repair(text=source.text, reasons=(f"no edit could be made: {error}",))
    left = deadline or (lambda: math.inf)
    judge = Judge(
        program,
        [Point(arrays=tuple(a), truth=tuple(t)) for a, t in zip(points, truth, strict=True)],
        lambda: left() - KEPT,
        max_trials,
    )
    base = judge.begin(source.text)
    blocks = program.problem.blocks
    setting = Setting(
        tree=tree,
        scope=Scope(
            tree,
            program.sizes,
            trace,
            forward,
            {block.name: np.asarray(array, dtype=float) for block, array in zip(blocks, points[0], strict=True)},
        ),
        blocks=tuple(block.name for block in blocks),
        shapes=tuple(block.shape for block in blocks),
    )
    if base.cured:
        return _stateless(setting, judge, Verifier(program, left, ()), source.name)
    proposer = Proposer(setting, suspects)
    found = search(judge, proposer, source.text, base)
    return _Result(program, setting, judge, proposer, found, Verifier(program, left, elsewhere)).make(source.name, base)


def _stateless(setting: Setting, judge: Judge, verifier: Verifier, name: str) -> Repair:
    """What is right the first time only adds up over calls: assigned instead, or begun from zero."""
    tree, text = setting.tree, setting.tree.text
    right = Repair(text=text, trials=judge.spent, reasons=("the gradient is right: nothing to repair",))
    adding = [
        statement
        for statement in tree.statements
        if isinstance(statement.node, cst.AugAssign)
        and re.search(r"[.\[]", target_text(statement, tree))
        and setting.scope.is_backward(statement)
    ]
    each = [[c for c in assigning(setting, statement) if c.kind is not EditKind.DELETE] for statement in adding]
    if not any(each) or verifier.refusal(text) is None:
        return right
    first = tuple(changes[0] for changes in each if changes)
    sets = [first, *((change,) for changes in each for change in changes)]
    for changes in itertools.islice(dict.fromkeys(sets), MAX_PROOFS):
        changed = text_of(text, changes)
        if verifier.left > KEPT and verifier.refusal(changed) is None:
            edits = tuple(change.edit(tree) for change in changes)
            return Repair(
                edits=edits, text=changed, patch=unified(text, changed, name), verified=True,
                patches=tuple(unified(text, edit.text, name) for edit in edits),
                alternatives=((),) * len(edits),
                without=tuple(text_of(text, [c for c in changes if c is not change]) for change in changes),
                trials=judge.spent,
            )  # fmt: skip
    return right


class _Result:
    """From what a search found to what is handed out."""

    def __init__(
        self,
        program: Program,
        setting: Setting,
        judge: Judge,
        proposer: Proposer,
        found: Found,
        verifier: Verifier,
    ) -> None:
        self._program, self._setting, self._judge, self._proposer = program, setting, judge, proposer
        self._found, self._verifier = found, verifier
        self._text = setting.tree.text
        self._reasons: list[str] = []

    def make(self, name: str, base: Outcome) -> Repair:
        chosen, rivals = self._choose()
        if chosen is None:
            return self._nothing()
        changes = self._ordered(chosen)
        edits = tuple(change.edit(self._setting.tree) for change in changes)
        text = text_of(self._text, changes)
        return Repair(
            edits=edits,
            text=text,
            patch=unified(self._text, text, name),
            verified=True,
            patches=tuple(unified(self._text, edit.text, name) for edit in edits),
            alternatives=tuple(self._alternatives(changes, i, rivals, base) for i in range(len(changes))),
            without=tuple(text_of(self._text, [c for c in changes if c is not change]) for change in changes),
            trials=self._judge.spent,
            reasons=tuple(self._reasons),
        )

    def _choose(self) -> tuple[tuple[Change, ...] | None, list[tuple[Change, ...]]]:
        """The smallest cure that stands the proof, and others of its size that stand the cheap one."""
        necessary = [self._necessary(state) for state in self._found.cures]
        cures = [*necessary, *(self._plainest(changes) for changes in necessary)]
        unique = {frozenset(change.splices for change in changes): changes for changes in cures}
        ordered = sorted(unique.values(), key=self._size)
        chosen: tuple[Change, ...] | None = None
        rivals = []
        refused: list[tuple[Change, ...]] = []
        proofs = 0
        for changes in ordered:
            text = text_of(self._text, changes)
            if chosen is not None and len(changes) > len(chosen):
                break
            objection = self._verifier.objection(text)
            if objection is None and chosen is None and proofs < MAX_PROOFS:
                proofs += 1
                objection = self._verifier.refusal(text)
            if objection is not None:
                self._reasons.append(f"refused a change of line {changes[0].line}: {objection}")
                refused.append(changes)
            elif chosen is None:
                chosen = changes
            else:
                rivals.append(changes)
        if chosen is None:
            chosen = self._look_alike(refused) or self._unsure() or self._softmax()
        return chosen, rivals

    def _look_alike(self, refused: Sequence[tuple[Change, ...]]) -> tuple[Change, ...] | None:
        """What does the same as a refused cure at the points looked at, and need not elsewhere."""
        variants = (
            (*changes[:i], other, *changes[i + 1 :])
            for changes in refused
            for i, change in enumerate(changes)
            for other in self._found.equal.get(self._found.effects.get(change.splices, b""), ())
            if other is not change
            and not any(conflict(other.splices, kept.splices) for kept in changes if kept is not change)
        )
        for changes in itertools.islice(variants, MAX_LOOK_ALIKES):
            text = text_of(self._text, changes)
            if self._verifier.left <= KEPT:
                break
            if self._verifier.objection(text) is None and self._verifier.refusal(text) is None:
                return changes
        return None

    def _softmax(self) -> tuple[Change, ...] | None:
        """A softmax over the wrong axis belongs to no gradient that anybody writes: it is itself what is wrong."""
        tree = self._setting.tree
        powers = {
            (statement.owner, statement.function)
            for statement in tree.statements
            if "exp(" in tree.text[statement.start : statement.end]
        }
        changes = [
            dataclasses.replace(change, role=Role.ACTIVATION)
            for statement in tree.statements
            if (statement.owner, statement.function) in powers
            if re.search(r"/.*sum\(", tree.text[statement.start : statement.end])
            for change in sums.propose(self._setting, statement)
            if change.kind is EditKind.AXIS and "keepdims" in change.detail
        ]
        for change in changes[:MAX_UNSURE]:
            if self._verifier.left > KEPT and self._verifier.refusal(text_of(self._text, (change,))) is None:
                return (change,)
        return None

    def _unsure(self) -> tuple[Change, ...] | None:
        """What only the whole check can judge."""
        unsure = sorted((state.changes for state in self._found.unsure), key=self._size)
        for changes in unsure[:MAX_UNSURE]:
            if self._verifier.refusal(text_of(self._text, changes)) is None:
                return changes
        return None

    def _size(self, changes: Sequence[Change]) -> tuple[int, float]:
        cost = sum(
            change.cost(self._setting.tree) + 2 * change.tier + AWKWARD.get(change.kind, 0) for change in changes
        )
        updates = sum(1.5 for change in changes if change.role is Role.UPDATE and change.kind in CONSTANT)
        misnamed = sum(MISNAMED for change in changes if self._setting.scope.is_misnamed(change.statement))
        cost += sum(BACKWARDS for change in changes if self._turns_round(change))
        consistent = sum(CONSISTENT * self._setting.scope.consistency(change.statement) for change in changes)
        return len(changes), cost + updates - misnamed + consistent

    def _turns_round(self, change: Change) -> bool:
        """Whether it takes output minus target for target minus output: then what adds it is wrong, the update."""
        if change.kind is not EditKind.NEGATE or change.role is Role.UPDATE:
            return False
        target = r"(?:self\.)?(?:[yYtT]\d?|targets?|labels?|y_true)(?:\[[^\]]*\])?"
        return re.search(rf"- *{target}(?![\w.\[(])", change.edit(self._setting.tree).before) is not None

    def _necessary(self, state: State) -> tuple[Change, ...]:
        """Without the changes that are not needed."""
        changes = state.changes
        for change in state.changes:
            rest = tuple(other for other in changes if other is not change)
            if rest and len(changes) > 1:
                outcome = self._judge.judge([text_of(self._text, rest)], thorough=lambda outcome: outcome.cured)[0]
                if outcome.cured:
                    changes = rest
        return changes

    def _plainest(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Each change of a set exchanged for the smallest that alone has the same effect."""
        for i, change in enumerate(changes):
            others = (*changes[:i], *changes[i + 1 :])
            effect = self._found.effects.get(change.splices, b"")
            candidates = list(self._found.equal.get(effect, ())) if len(changes) > 1 else []
            if change.kind is EditKind.SCALE:
                candidates += self._proposer.constants_at(change.statement)
            equal = [
                other
                for other in candidates
                if self._size([other]) < self._size([change])
                and not any(conflict(other.splices, kept.splices) for kept in others)
            ]
            for other in sorted(equal, key=lambda c: self._size([c]))[:MAX_EXCHANGES]:
                exchanged = (*changes[:i], other, *changes[i + 1 :])
                text = text_of(self._text, exchanged)
                if self._judge.judge([text], thorough=lambda outcome: outcome.cured)[0].cured:
                    changes = exchanged
                    break
        return changes

    def _ordered(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """Output layer first: as back-propagation meets them."""
        roles = [Role.LOSS, Role.OUTPUT_DELTA]
        return tuple(sorted(changes, key=lambda c: (c.role not in roles, c.line)))

    def _alternatives(
        self, changes: tuple[Change, ...], i: int, rivals: list[tuple[Change, ...]], base: Outcome
    ) -> tuple[Edit, ...]:
        """Others that would do in place of the i-th."""
        others = [change for j, change in enumerate(changes) if j != i]
        kept = {change.splices for change in others}
        candidates = [
            change
            for rival in rivals
            if kept <= {c.splices for c in rival}
            for change in rival
            if change.splices not in kept
        ]
        effect = self._found.effects.get(changes[i].splices)
        if effect is not None:
            candidates += self._found.equal.get(effect, [])
        found: list[Edit] = []
        texts = {text_of(self._text, changes)}
        for change in sorted(candidates, key=lambda c: self._size([c])):
            if len(found) >= MAX_ALTERNATIVES or self._verifier.left < SPARE:
                break
            if any(conflict(change.splices, other.splices) for other in others):
                continue
            text = text_of(self._text, [*others, change])
            if text in texts or not self._another_way(change, changes[i]):
                continue
            if change.kind in (*CONSTANT, EditKind.REDUCTION) and not self._verifier.has_other_sizes:
                continue  # of constants that are equal here nothing would tell which is meant
            texts.add(text)
            if self._verifier.objection(text) is None and self._verifier.refusal(text) is None:
                found.append(change.edit(self._setting.tree))
        return (*found, *self._losses(changes, i, base))

    def _losses(self, changes: tuple[Change, ...], i: int, base: Outcome) -> tuple[Edit, ...]:
        """The loss changed instead, where the output delta belongs to another one."""
        if len(changes) > 1 or changes[i].role not in (Role.OUTPUT_DELTA, Role.OTHER, Role.HIDDEN_DELTA):
            return ()
        for change in itertools.islice(loss_changes(self._setting, changes[i], base), 3):
            if self._verifier.left < SPARE:
                break
            if self._verifier.refusal(text_of(self._text, [change])) is None:
                return (change.edit(self._setting.tree),)
        return ()

    def _another_way(self, change: Change, chosen: Change) -> bool:
        """Not the same thing spelled otherwise on the same line."""
        return change.line != chosen.line or change.kind is not chosen.kind

    def _nothing(self) -> Repair:
        best = self._found.best
        partial = None
        if best is not None and best.changes:
            changes = self._ordered(best.changes)
            partial = Partial(
                edits=tuple(change.edit(self._setting.tree) for change in changes),
                blocks=tuple(sorted(best.outcome.right)),
                text=text_of(self._text, changes),
                without=tuple(text_of(self._text, [c for c in changes if c is not change]) for change in changes),
            )
        self._reasons.append(f"no edit or pair of edits among {self._judge.spent} tried makes every block right")
        if self._judge.refused:
            self._reasons.append(f"{self._judge.refused} edits could not be tried in the running program")
        return Repair(
            text=self._text, trials=self._judge.spent, partial=partial, reasons=tuple(dict.fromkeys(self._reasons))
        )


CONSTANT = {EditKind.NEGATE, EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE}
# What speaks for a change of a helper that is not what its name says.
MISNAMED = 8
# What speaks against ``target - output`` where ``output - target`` stood.
BACKWARDS = 8
# What speaks against a change of a helper that computes what its parameter's name promises; for it, where it does not.
CONSISTENT = 5
# Kinds that a reader would rather not have where another will do.
AWKWARD = {
    EditKind.DELETE: 4,
    EditKind.SCALE: 4,
    EditKind.KEEP_COPY: 2,
    EditKind.TRANSPOSE: 1,
    EditKind.ASSIGN: 1,
    EditKind.PRODUCT: 1,
}
