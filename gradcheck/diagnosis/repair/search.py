"""Best-first search for a set of changes with which every block of the gradient is right."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.program import Forward
from gradcheck.diagnosis.repair.change import Change, Setting, target_text
from gradcheck.diagnosis.repair.foresight import Foresight
from gradcheck.diagnosis.repair.grounding import Grounds, standing_at
from gradcheck.diagnosis.repair.judging import Judge, Outcome
from gradcheck.diagnosis.repair.proposing import Proposer
from gradcheck.diagnosis.repair.splices import apply, conflict
from gradcheck.diagnosis.repair.syntax import Statement

__all__ = ["State", "search", "text_of"]

CHUNK = 20
MAX_EDITS = 4
# Trials that go on after the first cure, for smaller and equally right ones; for sets, so many for each edit.
AFTER_SINGLE, AFTER_EACH = 60, 60
# What a state loses in rank for each chunk of trials spent on it, and for each edit.
FATIGUE, WEIGHT = 0.12, 0.3
MOST = 8
# After how many chunks of single changes pairs of them are composed, and how exactly constants must cancel.
COMPOSED, ALIKE = 3, 1e-5
# Lines that a change is made at for it to have a common source; a name with its attributes.
SEVERAL, NAME = 2, re.compile(r"(?<![\w.])[^\W\d][\w.]*")
# Every such turn for states of several changes is one for single changes.
EACH_TURN = 3
# What a line that computes a true adjoint now speaks for a state; for how many states, and of how many lines.
GROUNDED, MAX_GROUNDINGS, MOST_GROUNDED = 0.4, 8, 8
# The same for each such line that ran before.
LATER = 0.1


@dataclass(slots=True, eq=False)
class State:
    """Changes made together, what they achieve, and what is still to be tried on top.

    ``grounded`` is what lines that compute true adjoints now speak for it, ``setting`` the values that they have.
    """

    changes: tuple[Change, ...]
    outcome: Outcome
    pending: Iterator[Change] | None = None
    chunks: int = 0
    exhausted: bool = False
    order: int = 0
    grounded: float = 0.0
    setting: Setting | None = None

    @property
    def value(self) -> float:
        """How promising it is to go on from here."""
        if self.outcome.error is not None:
            return -1.0 - FATIGUE * self.chunks
        share = min(1.0, MOST / len(self.outcome.ratios))  # entries of a flat vector count like a few blocks
        right, multiple = share * len(self.outcome.right), share * len(self.outcome.multiple)
        known = right + 0.4 * (multiple - right) + self.grounded
        return known - WEIGHT * len(self.changes) - FATIGUE * self.chunks


@dataclass(slots=True)
class Found:
    """What a search brought.

    ``cures`` in the order found; ``unsure`` what makes a gradient that raised one multiple of the truth: code that has
    never run does not tell the rate of its steps; ``equal`` the changes that had, alone, the same effect as another.
    """

    cures: list[State] = field(default_factory=list)
    best: State | None = None
    unsure: list[State] = field(default_factory=list)
    equal: dict[bytes, list[Change]] = field(default_factory=dict)
    effects: dict[tuple[object, ...], bytes] = field(default_factory=dict)


def text_of(text: str, changes: Sequence[Change]) -> str:
    """A text with several changes made."""
    return apply(text, [splice for change in changes for splice in change.splices])


def search(judge: Judge, proposer: Proposer, setting: Setting, base: Outcome, forward: Forward | None) -> Found:
    """Look for cures until trials or time are used up, or enough is known.

    Parameters
    ----------
    judge : Judge
    proposer : Proposer
    setting : Setting
        Of the text as it is.
    base : Outcome
        Of it.
    forward : Forward or None
        With the true adjoints: lines that compute one are on the way.
    """
    return _Search(judge, proposer, setting, base, forward).run()


class _Search:
    def __init__(
        self, judge: Judge, proposer: Proposer, setting: Setting, base: Outcome, forward: Forward | None
    ) -> None:
        self._judge, self._proposer, self._text = judge, proposer, setting.tree.text
        self._forward, self._grounds = forward, None if forward is None else Grounds(forward)
        self._groundings = 0
        self._root = State((), base, setting=setting)
        self._states = [self._root]
        self._found = Found(best=self._root)
        self._seen = {base.signature}
        self._useless: set[tuple[object, ...]] = set()
        self._touching: dict[tuple[object, ...], tuple[bool, ...]] = {}
        self._stop: int | None = None
        self._effects: list[tuple[Change, tuple[float | None, ...]]] = []
        self._composed: set[frozenset[tuple[object, ...]]] = set()
        self._foresight = Foresight(setting)
        self._deep = 0  # turns for states of several changes
        self._reduced = 0  # cures of which smaller ones were looked for

    def run(self) -> Found:
        self._probe()
        while not self._judge.over and (self._stop is None or self._judge.spent < self._stop):
            open_states = [state for state in self._states if not state.exhausted]
            if self._found.cures:  # only smaller or equally small sets are of interest now
                smallest = min(len(state.changes) for state in self._found.cures)
                open_states = [state for state in open_states if len(state.changes) < smallest]
            if not open_states:
                break
            best = max(open_states, key=lambda state: (state.value, -state.order))
            # what has a change's effect alone may take its place in a cure: single changes go on in turn
            turn = self._found.cures and self._root in open_states and self._root.chunks <= best.chunks
            # and what a way of several changes has begun may begin elsewhere: a line that all of them read
            again = len(best.changes) > 1 and self._root in open_states and self._deep % EACH_TURN == EACH_TURN - 1
            self._deep += len(best.changes) > 1
            self._expand(self._root if turn or again else best)
            self._reduce()
            if not self._found.cures and self._root.chunks % COMPOSED == 0 and not self._judge.over:
                self._compose()
        if not self._found.cures and not self._judge.over:
            self._compose()
        return self._found

    def _reduce(self) -> None:
        """Cures without what is not needed: of several changes some, and one where a quantity is computed for all."""
        for state in self._found.cures[self._reduced :]:
            self._reduced += 1
            fewer = [
                some for size in range(1, len(state.changes)) for some in itertools.combinations(state.changes, size)
            ]
            if fewer and not self._judge.over:
                self._try(self._root, fewer[:CHUNK])
            sources = self._sources(state)
            kinds = {change.kind for change in state.changes}
            single: list[tuple[Change, ...]] = [
                (change,) for source in sources for change in self._proposer.made(source) if change.kind in kinds
            ]
            if single and not self._judge.over:
                self._try(self._root, single[:CHUNK])

    def _sources(self, state: State) -> list[Statement]:
        """What computes something that all lines of a cure read."""
        assert self._root.setting is not None
        tree = self._root.setting.tree
        touched = {change.statement for change in state.changes}
        if len(touched) < SEVERAL:
            return []
        names = [NAME.findall(tree.text[statement.start : statement.end]) for statement in touched]
        read = [{part for name in each for part in (name, name.partition(".")[0])} for each in names]  # of dw.sum() dw
        common = set.intersection(*read)
        functions = {statement.function for statement in touched}
        return [
            statement
            for statement in tree.statements
            if statement.function in functions and statement not in touched and target_text(statement, tree) in common
        ]

    def _compose(self) -> None:
        """Pairs of changes whose constants together take away those of every block: a sign in two places, say."""
        base = self._root.outcome.ratios
        if not base or any(not ratio for ratio in base):
            return
        effects = [
            (change, tuple(now / old for now, old in zip(ratios, base, strict=True) if now and old))
            for change, ratios in self._effects
            if all(ratios)
        ]
        pairs: list[tuple[Change, ...]] = []
        for (one, first), (other, second) in itertools.combinations(effects, 2):
            key = frozenset((one.splices, other.splices))
            if key in self._composed or conflict(one.splices, other.splices) or _pile_up(one, first, other, second):
                continue
            together = (a * b * c for a, b, c in zip(base, first, second, strict=True) if a)
            if all(abs(ratio - 1.0) < ALIKE for ratio in together):
                self._composed.add(key)
                pairs.append((one, other))
        if pairs:
            self._try(self._root, pairs[:CHUNK])

    def _probe(self) -> None:
        """Find out what each statement bears on."""
        if self._root.outcome.error is not None:
            return
        probes = self._proposer.probes()
        for start in range(0, len(probes), CHUNK):
            if self._judge.over:
                return
            some = probes[start : start + CHUNK]
            outcomes = self._judge.judge([text for _statement, text in some], thorough=lambda _outcome: False)
            for (statement, _text), outcome in zip(some, outcomes, strict=True):
                self._proposer.reached(statement, outcome)

    def _ground(self, state: State) -> None:
        """Keep what makes a line compute another true adjoint, though no block may be right with that alone."""
        if self._grounds is None or self._groundings >= MAX_GROUNDINGS or len(state.changes) >= MAX_EDITS - 1:
            return
        if len(state.outcome.multiple) == len(state.outcome.ratios):  # constants are all that is wrong
            return
        self._groundings += 1
        setting = state.setting or self._setting_of(state)
        touched = {change.statement for change in state.changes}
        statements = [statement for statement in self._proposer.suspected if statement not in touched]
        found: dict[Statement, list[tuple[Change, ...]]] = {}
        for changes in self._grounds.changes(setting, statements, self._proposer.made):
            if not any(conflict(one.splices, made.splices) for one in changes for made in state.changes):
                found.setdefault(changes[0].statement, []).append((*state.changes, *changes))
        # what comes first in the run may be why the lines after it are wrong
        for place, statement in enumerate(sorted(found, key=setting.scope.turn)[:MOST_GROUNDED]):
            if self._judge.over or self._found.cures:
                return
            self._try(state, found[statement], grounded=max(GROUNDED - LATER * place, LATER))

    def _setting_of(self, state: State) -> Setting:
        """The values that lines have with changes made; where lines have moved, those that they had before."""
        assert self._root.setting is not None
        text = text_of(self._text, state.changes)
        trace = self._judge.traced(text)
        found = None if trace is None else standing_at(self._root.setting, text, trace, self._forward)
        return found or self._root.setting

    def _expand(self, state: State) -> None:
        if state.pending is None:
            state.pending = self._pending(state)
            if not self._found.cures:
                self._ground(state)
        chunk = list(itertools.islice(state.pending, CHUNK))
        state.chunks += 1
        if not chunk:
            state.exhausted = True
            return
        children = self._try(state, [(*state.changes, change) for change in chunk])
        if len(children) > 1:
            self._merge(state, children)

    def _pending(self, state: State) -> Iterator[Change]:
        """Changes on top of a state: those known to touch what is still wrong first."""
        later = []
        wrong = [i for i in range(len(state.outcome.ratios)) if i not in state.outcome.right]
        for change in self._proposer.changes(state.outcome):
            if any(conflict(change.splices, made.splices) for made in state.changes):
                continue
            if state.changes and change.splices in self._useless:
                continue
            if not state.changes and state.outcome.error is None and self._foresight.is_in_vain(change):
                continue
            touched = self._touching.get(change.splices)
            if state.changes and touched is not None:
                if not any(touched[i] for i in wrong):
                    continue
                if any(touched[i] for i in state.outcome.right):
                    later.append(change)
                    continue
            yield change
        yield from later

    def _try(self, parent: State, sets: list[tuple[Change, ...]], grounded: float = 0.0) -> list[State]:
        """Judge sets of changes; those that achieve more than the parent become states, or are grounded."""
        texts = [text_of(self._text, changes) for changes in sets]
        outcomes = self._judge.judge(texts, thorough=lambda outcome: _better(outcome, parent.outcome))
        children = []
        for changes, outcome in zip(sets, outcomes, strict=True):
            self._remember(parent, changes, outcome)
            if not parent.changes and len(changes) == 1 and outcome.error is None:
                self._effects.append((changes[0], outcome.ratios))
            better = _better(outcome, parent.outcome)
            keeps = parent.outcome.right <= outcome.right and parent.outcome.multiple <= outcome.multiple
            if outcome.error is not None or not (better or (grounded and keeps)):
                continue
            if parent.outcome.error is not None and _is_one_multiple(outcome):
                self._found.unsure.append(State(changes, outcome))
            child = State(changes, outcome, order=len(self._states), grounded=parent.grounded + grounded)
            if outcome.cured:
                self._cured(child)
                continue
            if outcome.signature in self._seen or len(changes) >= MAX_EDITS:
                continue
            self._seen.add(outcome.signature)
            self._states.append(child)
            if better:
                children.append(child)
            if self._found.best is None or child.value > self._found.best.value:
                self._found.best = child
        return children

    def _remember(self, parent: State, changes: tuple[Change, ...], outcome: Outcome) -> None:
        """What single changes do alone."""
        if parent.changes or len(changes) != 1:
            return
        key = changes[0].splices
        if outcome.error is not None:
            if parent.outcome.error is None:
                self._useless.add(key)
            return
        self._touching[key] = outcome.touched
        if outcome.signature == parent.outcome.signature:
            self._useless.add(key)
            return
        self._found.effects[key] = outcome.signature
        self._found.equal.setdefault(outcome.signature, []).append(changes[0])

    def _cured(self, state: State) -> None:
        self._found.cures.append(state)
        extra = AFTER_SINGLE if len(state.changes) == 1 else AFTER_EACH * len(state.changes)
        stop = self._judge.spent + extra
        self._stop = stop if self._stop is None else min(self._stop, stop)

    def _merge(self, parent: State, children: list[State]) -> None:
        """Changes that cure different blocks, made together."""
        ordered = sorted(children, key=lambda state: -len(state.outcome.right))
        done, changes = ordered[0].outcome.right, ordered[0].changes
        for state in ordered[1:]:
            new = state.changes[len(parent.changes) :]
            if state.outcome.right <= done or any(
                conflict(a.splices, b.splices) for a in new for b in changes[len(parent.changes) :]
            ):
                continue
            done, changes = done | state.outcome.right, (*changes, *new)
        if len(changes) > len(ordered[0].changes) and len(changes) <= MAX_EDITS + 2:
            self._try(ordered[0], [changes])


def _pile_up(one: Change, first: tuple[float, ...], other: Change, second: tuple[float, ...]) -> bool:
    """Whether both put a factor on one block: nobody has left out two, and half of a half is what some size is here."""
    both = one.kind is EditKind.SCALE and other.kind is EditKind.SCALE
    return both and any(abs(a - 1.0) > ALIKE and abs(b - 1.0) > ALIKE for a, b in zip(first, second, strict=True))


def _is_one_multiple(outcome: Outcome) -> bool:
    """Whether all blocks are one and the same multiple of the truth, and not right."""
    ratios = [ratio for ratio in outcome.ratios if ratio is not None]
    return (
        len(ratios) == len(outcome.ratios)
        and not outcome.cured
        and max(ratios) - min(ratios) <= ALIKE * abs(max(ratios, key=abs))
    )


def _better(outcome: Outcome, parent: Outcome) -> bool:
    """Whether more blocks are right, or as many and more of them multiples, and none was lost."""
    if outcome.error is not None:
        return False
    if parent.error is not None:
        return True
    if not parent.right <= outcome.right:
        return _turned(outcome, parent)
    return outcome.right > parent.right or (parent.multiple < outcome.multiple) or _simpler(outcome, parent)


def _turned(outcome: Outcome, parent: Outcome) -> bool:
    """Whether more blocks are right now, and those that were before are wrong by a constant: it was undone there."""
    lost = parent.right - outcome.right
    return len(outcome.right) > len(parent.right) and lost <= outcome.multiple and parent.multiple <= outcome.multiple


def _simpler(outcome: Outcome, parent: Outcome) -> bool:
    """Multiples by one constant for all where there were several."""
    return outcome.multiple == parent.multiple and len(set(_rounded(outcome))) < len(set(_rounded(parent)))


def _rounded(outcome: Outcome) -> list[float | None]:
    return [None if ratio is None else round(ratio, 6) for ratio in outcome.ratios]
