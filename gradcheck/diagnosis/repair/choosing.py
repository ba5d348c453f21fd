"""Chooses among the cures that a search has found: the smallest, at the cause, that stands the proof."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence

import libcst as cst

from gradcheck.diagnosis.edit import EditKind, Role
from gradcheck.diagnosis.repair.change import Change, Setting, role_of
from gradcheck.diagnosis.repair.edits import regularisation, statements, sums
from gradcheck.diagnosis.repair.foresight import is_inside
from gradcheck.diagnosis.repair.forgotten import bare, missing_updates
from gradcheck.diagnosis.repair.grounding import Grounds
from gradcheck.diagnosis.repair.judging import Judge
from gradcheck.diagnosis.repair.names import last_part
from gradcheck.diagnosis.repair.proposing import ELSEWHERE, Proposer
from gradcheck.diagnosis.repair.search import Found, State, text_of
from gradcheck.diagnosis.repair.splices import conflict
from gradcheck.diagnosis.repair.verifying import Verifier
from gradcheck.language import tr

__all__ = ["CONSTANT", "KEPT", "MAX_PROOFS", "Chooser"]

# Cures that are put to the proof, and what else is tried where none of them stands it.
MAX_PROOFS, MAX_EXCHANGES, MAX_UNSURE, MAX_LOOK_ALIKES = 6, 6, 3, 12
# Seconds kept back for the proof.
KEPT = 2.0
CONSTANT = {EditKind.NEGATE, EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE}
# What speaks for a change of a helper that is not what its name says.
MISNAMED = 8
# What speaks against ``target - output`` where ``output - target`` stood.
BACKWARDS = 8
# What speaks against a change of a helper that computes what its parameter's name promises; for it, where it does not.
CONSISTENT = 5
# What speaks for a derivative in a line that only gives a value another name.
PASSED_ON = 2
# What speaks against turning a line that computes a true adjoint into one that computes something else.
RIGHT = 5
# What speaks against a 2 that may stand for two outputs; how samples are counted; and a mean of all entries.
HALVED = 6
SAMPLES, MEAN_OF_ALL = re.compile(r"/ *\(?(?:len\(|[\w.]+\.shape\[)"), re.compile(r"\bmean\(")
# What speaks against a factor in a step whose gradient another function hands over: that function is what is wrong,
# however many tokens the factor takes there.
HANDED_OVER = 12
GRADIENTS = (Role.OUTPUT_DELTA, Role.HIDDEN_DELTA, Role.WEIGHT_GRADIENT, Role.BIAS_GRADIENT)
# Kinds that a reader would rather not have where another will do.
AWKWARD = {
    EditKind.DELETE: 4,
    EditKind.SCALE: 4,
    EditKind.KEEP_COPY: 2,
    EditKind.TRANSPOSE: 1,
    EditKind.ASSIGN: 1,
    EditKind.PRODUCT: 1,
}


class Chooser:
    """Weighs the cures of one search.

    Parameters
    ----------
    setting : Setting
    judge : Judge
    proposer : Proposer
    found : Found
    verifier : Verifier
    grounds : Grounds, optional
        The true adjoints: a line that computes one is right.

    Attributes
    ----------
    reasons : list of str
        Why cures were refused.
    unjudged : tuple of Change
        The likeliest cure that could not be put to the proof.
    decays : bool
        Whether what was chosen keeps a decay that was taken out for the proof.
    """

    def __init__(
        self,
        setting: Setting,
        judge: Judge,
        proposer: Proposer,
        found: Found,
        verifier: Verifier,
        grounds: Grounds | None = None,
    ) -> None:
        self._setting, self._judge, self._proposer = setting, judge, proposer
        self._found, self._verifier, self._grounds = found, verifier, grounds
        self._text = setting.tree.text
        self.reasons: list[str] = []
        self.unjudged: tuple[Change, ...] = ()
        self.decays = False

    def choose(self) -> tuple[tuple[Change, ...] | None, list[tuple[Change, ...]]]:
        """The smallest cure that stands the proof, and others of its size that stand the cheap one."""
        necessary = [self._necessary(state) for state in self._found.cures]
        cures = [*necessary, *(self._plainest(changes) for changes in necessary)]
        unique = {frozenset(change.splices for change in changes): changes for changes in cures}
        ordered = sorted(unique.values(), key=self.size)
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
                told = tr("refused a change of line {line}: {reason}", line=changes[0].line, reason=objection)
                self.reasons.append(told)
                refused.append(changes)
                if not self.unjudged and self._verifier.is_unjudged(text):
                    self.unjudged = changes
            elif chosen is None:
                chosen = changes
            else:
                rivals.append(changes)
        if chosen is None:
            chosen = self._look_alike(refused) or self._unsure() or self._softmax() or self._targets()
        return (None if chosen is None else self._keeping_decay(self._complete(chosen))), rivals

    def _complete(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """With the updates that biases lack which the check, for want of them, did not take for parameters."""
        tried = 0
        for update in missing_updates(self._setting):
            if any(conflict(update.splices, change.splices) for change in changes) or update in changes:
                continue
            if tried >= MAX_UNSURE or self._verifier.left <= KEPT:
                break
            tried += 1
            text = text_of(self._text, (*changes, update))
            passes = self._verifier.refusal(text) is None
            if passes and last_part(update.detail) in map(bare, self._verifier.blocks(text)):
                return (*changes, update)
        return changes

    def _keeping_decay(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """A decay turned round rather than taken out, where with that it is all that the loss does not have.

        That a step makes the weights smaller is its author's choice, which a loss without a penalty does not judge.
        """
        for i, change in enumerate(changes):
            for turned in regularisation.turned_decay(self._setting, change):
                kept = (*changes[:i], turned, *changes[i + 1 :])
                if self._verifier.left > KEPT and self._verifier.only_decays(text_of(self._text, kept)):
                    self.decays = True
                    return kept
        return changes

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

    def _targets(self) -> tuple[Change, ...] | None:
        """Flat targets against a column of outputs make a table that no loss is meant of: they are what is wrong."""
        setting = self._setting
        changes = [
            change
            for statement in setting.tree.statements
            for change in statements.reshaping(setting, statement)
            if change.tier == 0
        ]
        together = _disjoint(changes)
        sets = [*((change,) for change in changes), *([together] if len(together) > 1 else [])]
        for some in sets[:MAX_UNSURE]:
            if self._verifier.left > KEPT and self._verifier.refusal(text_of(self._text, some)) is None:
                return some
        return None

    def _unsure(self) -> tuple[Change, ...] | None:
        """What only the whole check can judge."""
        unsure = sorted((state.changes for state in self._found.unsure), key=self.size)
        for changes in unsure[:MAX_UNSURE]:
            if self._verifier.refusal(text_of(self._text, changes)) is None:
                return changes
        return None

    def size(self, changes: Sequence[Change]) -> tuple[int, float]:
        """How many changes a reader must follow, and how unlikely they are to be what was meant."""
        cost = sum(
            change.cost(self._setting.tree) + 2 * change.tier + AWKWARD.get(change.kind, 0) for change in changes
        )
        updates = sum(1.5 for change in changes if change.role is Role.UPDATE and change.kind in CONSTANT)
        misnamed = sum(MISNAMED for change in changes if self._setting.scope.is_misnamed(change.statement))
        cost += sum(BACKWARDS for change in changes if self._turns_round(change))
        cost -= sum(PASSED_ON for change in changes if self._is_passed_on(change))
        cost += sum(RIGHT for change in changes if self._spoils(change))
        cost += sum(RIGHT for change in changes if self._gives_up(change))
        cost += sum(HALVED for change in changes if self._may_count_outputs(change))
        cost += sum(HANDED_OVER for change in changes if self._is_handed_over(change))
        consistent = sum(CONSISTENT * self._setting.scope.consistency(change.statement) for change in changes)
        return len(changes), cost + updates - misnamed + consistent

    def _is_handed_over(self, change: Change) -> bool:
        """Whether it puts a factor on a step of a gradient that other functions compute, and none of its own."""
        if change.kind is not EditKind.SCALE or change.role is not Role.UPDATE:
            return False
        scope = self._setting.scope
        computing = {
            statement.function
            for statement in self._setting.tree.statements
            if scope.is_backward(statement) and scope.computes(statement)
            if role_of(statement, self._setting) in GRADIENTS
        }
        return bool(computing) and change.statement.function not in computing

    def _may_count_outputs(self, change: Change) -> bool:
        """Whether its 2 may be the two outputs: of a loss that is a mean of all entries, where only samples divide."""
        if change.kind not in CONSTANT or change.detail not in ("2", "2.0", "2.", "0.5"):
            return False
        scope, code = self._setting.scope, self._text[change.statement.start : change.statement.end]
        if scope.sizes.get("outputs") != 2 or ".size" in code or not SAMPLES.search(code):
            return False
        forward = (item for item in self._setting.tree.statements if not scope.is_backward(item))
        texts = (self._text[statement.start : statement.end] for statement in forward)
        return any(MEAN_OF_ALL.search(text) and "axis" not in text for text in texts)

    def _is_passed_on(self, change: Change) -> bool:
        """Whether it gives ``dz = da``, which computes nothing, the factor that such a line is there for."""
        assigns = isinstance(change.statement.node, cst.Assign) and len(change.statement.roots) == 1
        return change.kind is EditKind.ADD_DERIVATIVE and assigns and isinstance(change.statement.roots[0], cst.Name)

    def _spoils(self, change: Change) -> bool:
        """Whether a line that makes a true adjoint out of something else is made to compute anything but that.

        A line that only hands one on (``dZ1 = dA1``) makes none. Constants may be taken away later, and what moves,
        goes or comes has no value before: neither is judged.
        """
        if self._grounds is None or change.kind in {*CONSTANT, *ELSEWHERE, EditKind.REDUCTION}:
            return False
        scope, statement = self._setting.scope, change.statement
        if scope.is_helper(statement) or not scope.is_backward(statement) or not is_inside(change, statement):
            return False
        own = self._grounds.computed(self._setting, statement)
        operands = (cst.Name, cst.Attribute, cst.Subscript)
        return own is not None and not any(
            self._grounds.adjoint(scope.value(self._setting.tree.code(node), statement)) == own
            for node in self._setting.tree.expressions(statement)
            if isinstance(node, operands)
        )

    def _gives_up(self, change: Change) -> bool:
        """Whether it puts something else in the place of an operand that holds a true adjoint.

        With one output ``error @ W.T * slope`` is as right as ``delta @ W.T``, with several it is not.
        """
        if self._grounds is None or change.kind not in (EditKind.REPLACE_OPERAND, EditKind.REPLACE_ARGUMENT):
            return False
        value, statement = self._setting.scope.value, change.statement
        return any(
            self._grounds.adjoint(value(self._text[splice.start : splice.end], statement)) is not None
            and self._grounds.adjoint(value(splice.new, statement)) is None
            for splice in change.splices
        )

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
                if self.size([other]) < self.size([change])
                and not any(conflict(other.splices, kept.splices) for kept in others)
            ]
            for other in sorted(equal, key=lambda c: self.size([c]))[:MAX_EXCHANGES]:
                exchanged = (*changes[:i], other, *changes[i + 1 :])
                text = text_of(self._text, exchanged)
                if self._judge.judge([text], thorough=lambda outcome: outcome.cured)[0].cured:
                    changes = exchanged
                    break
        return changes


def _disjoint(changes: Sequence[Change]) -> tuple[Change, ...]:
    """One change a statement."""
    return tuple({change.statement: change for change in reversed(changes)}.values())[::-1]
