"""The smallest set of edits with which the claimed gradient is the true one."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence

import libcst as cst
import numpy as np

from gradcheck.diagnosis.batch_size import with_batch
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.programs.program import Array, Forward, Program, Trace
from gradcheck.diagnosis.repair.change import Change, Setting, target_text
from gradcheck.diagnosis.repair.choosing import CONSTANT, KEPT, MAX_PROOFS, Chooser
from gradcheck.diagnosis.repair.diffs import unified
from gradcheck.diagnosis.repair.edits.statements import assigning
from gradcheck.diagnosis.repair.grounding import Grounds
from gradcheck.diagnosis.repair.judging import Judge, Outcome, Point
from gradcheck.diagnosis.repair.losses import loss_changes
from gradcheck.diagnosis.repair.proposing import Proposer
from gradcheck.diagnosis.repair.records import Partial, Repair
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.search import Found, search, text_of
from gradcheck.diagnosis.repair.splices import conflict
from gradcheck.diagnosis.repair.syntax import Tree
from gradcheck.diagnosis.repair.verifying import Varied, Verifier, sharpened
from gradcheck.language import mark, tr

__all__ = ["Partial", "Repair", "isolated", "repair"]

MAX_TRIALS = 400
# Of each edit.
MAX_ALTERNATIVES = 2
# Seconds that must be left for alternatives to be proved.
SPARE = 6.0


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
        return Repair(reasons=(tr("the code has no text that could be changed"),))
    try:
        tree = Tree(source.text)
    except ValueError as error:
        return Repair(text=source.text, reasons=(tr("no edit could be made: {reason}", reason=error),))
    left = deadline or (lambda: math.inf)
    judge = Judge(
        program,
        [
            Point(arrays=tuple(a), truth=sharpened(program, a, t, None if i else forward))
            for i, (a, t) in enumerate(zip(points, truth, strict=True))
        ],
        lambda: left() - KEPT,
        max_trials,
    )
    base = judge.begin(source.text)
    blocks = program.problem.blocks
    setting = Setting(
        tree=tree,
        scope=Scope(
            tree,
            with_batch(program.sizes, forward),
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
    found = search(judge, proposer, setting, base, forward)
    verifier = Verifier(program, left, elsewhere)
    chooser = Chooser(setting, judge, proposer, found, verifier, None if forward is None else Grounds(forward))
    return _Result(program, setting, judge, chooser, found, verifier).make(source.name, base)


def _stateless(setting: Setting, judge: Judge, verifier: Verifier, name: str) -> Repair:
    """What is right the first time only adds up over calls: assigned instead, or begun from zero."""
    tree, text = setting.tree, setting.tree.text
    right = Repair(text=text, trials=judge.spent, reasons=(tr("the gradient is right: nothing to repair"),))
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
        chooser: Chooser,
        found: Found,
        verifier: Verifier,
    ) -> None:
        self._program, self._setting, self._judge, self._chooser = program, setting, judge, chooser
        self._found, self._verifier = found, verifier
        self._text = setting.tree.text

    def make(self, name: str, base: Outcome) -> Repair:
        chosen, rivals = self._chooser.choose()
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
            decays=self._chooser.decays,
            patches=tuple(unified(self._text, edit.text, name) for edit in edits),
            alternatives=tuple(self._alternatives(changes, i, rivals, base) for i in range(len(changes))),
            without=tuple(text_of(self._text, [c for c in changes if c is not change]) for change in changes),
            trials=self._judge.spent,
            reasons=tuple(self._chooser.reasons),
        )

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
        for change in sorted(candidates, key=lambda c: self._chooser.size([c])):
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
        changes, right = (best.changes, best.outcome.right) if best is not None else ((), frozenset())
        if self._chooser.unjudged:  # right at all points looked at, and nothing more is known of it
            changes, right = self._chooser.unjudged, frozenset(range(len(self._setting.blocks)))
        partial = None
        if changes:
            changes = self._ordered(changes)
            partial = Partial(
                edits=tuple(change.edit(self._setting.tree) for change in changes),
                blocks=tuple(sorted(right)),
                text=text_of(self._text, changes),
                without=tuple(text_of(self._text, [c for c in changes if c is not change]) for change in changes),
            )
        reasons = self._chooser.reasons
        if not self._chooser.unjudged:
            told = mark("no edit or pair of edits among {number} tried makes every block right")
            reasons.append(tr(told, number=self._judge.spent))
        if self._judge.late:
            reasons.append(tr("the time was used up before all edits were tried: a longer --time-limit tries more"))
        if self._judge.hopeless:
            reasons.append(
                tr(
                    "the search was given up: {refused} of {number} edits change what has already run and does not run "
                    "again",
                    refused=self._judge.refused,
                    number=self._judge.spent,
                )
            )
        elif self._judge.refused:
            told = mark("{number} edits could not be tried in the running program")
            reasons.append(tr(told, number=self._judge.refused))
        return Repair(
            text=self._text,
            trials=self._judge.spent,
            partial=partial,
            reasons=tuple(dict.fromkeys(reasons)),
        )
