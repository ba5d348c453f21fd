"""Bugs get their names: each edit of a repair by itself, with all others cured; else the numbers alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence

from gradcheck.diagnosis.adjoints.suspicion import Suspicion
from gradcheck.diagnosis.catalogue import CATALOGUE, Family
from gradcheck.diagnosis.edit import Edit
from gradcheck.diagnosis.identifying.cases import Case, cures_of, diff, joined_diff, one_case_each, with_one_division
from gradcheck.diagnosis.identifying.factor_doubts import DOUBTED, is_doubtful
from gradcheck.diagnosis.identifying.findings import findings_of, hints, no_penalties, of_whole_numbers, wrong_blocks
from gradcheck.diagnosis.identifying.merging import changed_lines
from gradcheck.diagnosis.identifying.naming import FOUND, Name, name_bug, names_of_two
from gradcheck.diagnosis.identifying.reach import Reach, reach_of
from gradcheck.diagnosis.looking import Lookout
from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.programs.program import Program
from gradcheck.diagnosis.repair import Partial, Repair
from gradcheck.diagnosis.search.accounts import Hypothesis, NamedBug
from gradcheck.diagnosis.search.hypotheses import hypotheses
from gradcheck.diagnosis.wording import lines_in_words, listed
from gradcheck.language import mark, tr
from gradcheck.records import CheckReport

__all__ = ["Identification"]

# An edit that makes only some of the wrong blocks right may be half of something else.
PARTLY = 0.85
# An edit that cures is given no name that is less sure than this: it is said instead what is known.
LEAST = 0.4
# Names of a whole set by the numbers alone: where many numbers at several places agree, and where few do.
SET, SMALL_SET, REST = 0.75, 0.5, 0.45
ENOUGH_NUMBERS = 12
# Names that the values of one line speak for, where no account of the whole gradient is found: a slope is told by many
# points, an error at the output is only told to be that of no loss known.
ONE_LINE, TRACED = 0.6, {"wrong-derivative-formula": 0.75, "loss-gradient-mismatch": 0.5}
# Seconds that must be left to say what was excluded, and how many explanations are spoken of.
FOR_EXCLUDED, MOST_EXCLUDED = 3.0, 2
# The bug of a number of samples that is written down once.
STALE = "stale-batch-size"
# Bugs that leave no number to look at.
STOPS = ("crash", "shape-mismatch", "bias-not-summed")


class Identification:
    """The naming of a program's bugs.

    Parameters
    ----------
    program : Program
    report : CheckReport
        Of its check.
    lookout : Lookout
        Which has looked.
    suspicion : Suspicion
        Lines, for bugs that no edit cures.
    deadline : callable
        Seconds that are left.

    Attributes
    ----------
    cases : list of Case
        One a bug, in the order in which they were found.
    notes : list of str
        What was excluded, and what fits nothing, one sentence each.
    """

    def __init__(
        self,
        program: Program,
        report: CheckReport,
        lookout: Lookout,
        suspicion: Suspicion,
        deadline: Callable[[], float],
    ) -> None:
        self._source, self._report, self._lookout = program.source, report, lookout
        self._names = [block.name for block in program.problem.blocks]
        self._suspicion, self._deadline = suspicion, deadline
        self.cases: list[Case] = []
        self.notes: list[str] = []

    def identify(self, found: Repair | None) -> None:
        """Name them by what a repair has found, None where there was none."""
        if found is not None and found.verified and found.edits:
            self._by_edits(found)
        elif found is not None and found.partial is not None and found.partial.edits:
            self._by_parts(found.partial)
        else:
            self._by_numbers()
        cases = with_one_division(self.cases, self._lookout.network)
        self.cases = one_case_each(cases, lambda several: joined_diff(self._source, several))

    # --- edits ------------------------------------------------------------------------------------------------------

    def _by_edits(self, found: Repair) -> None:
        """Each bug alone, with the others cured."""
        assert self._source is not None
        cures = cures_of(self._source, found)
        single, complete = len(cures) == 1, True
        for cure in cures:
            edit = cure.edit
            seen = self._lookout.observe(None if single else cure.alone)
            blocks = seen.wrong or wrong_blocks(self._report)
            accounts = _accounts(seen.observations)
            self._exclude(seen.observations, accounts)
            hinted = hints(self._report) if single else self._stopped(seen.observations, seen.error)
            hinted = of_whole_numbers(hinted, seen.observations)
            reach = None if seen.error else self._reach(blocks)
            name = name_bug(accounts, edit, hints=hinted, reach=reach, excluded=no_penalties(seen.observations))
            first, *more = names_of_two(accounts, edit) or (name,)
            if first is None or first.confidence < LEAST:
                self._leave_unnamed(edit, blocks)
                complete = False
                continue
            if is_doubtful(edit, [other.edit for other in cures if other is not cure]):
                first = dataclasses.replace(first, confidence=min(first.confidence, DOUBTED))
            if first.bug == "regularisation-sign" and edit.detail == "dropped":
                self._offer_other_sign(edit)
            alternatives = tuple(diff(self._source, other) for other in cure.alternatives)
            self._add(first, edit, blocks, patch=cure.patch, alternatives=alternatives)
            for other in more:  # cured by the same patch
                self._add(other, edit, blocks)
        if not complete:  # only all edits together cure, and some belong to no case
            self.cases = [dataclasses.replace(case, patch=None, alternatives=()) for case in self.cases]

    def _reach(self, blocks: Sequence[str]) -> Reach | None:
        own = self._lookout.own
        return reach_of(blocks, self._lookout.network, own[0].forward if own else None)

    def _offer_other_sign(self, edit: Edit) -> None:
        """What the loss at hand cannot prove: a penalty that it does not have may be meant all the same."""
        told = mark(
            "The patch takes the penalty out of line {line}, because the loss that the gradient was held against has "
            "none. If you mean the penalty, turn its sign there instead, and add it to the loss of the training."
        )
        self.notes.append(tr(told, line=edit.line))

    def _leave_unnamed(self, edit: Edit, blocks: Sequence[str]) -> None:
        """What is known of a cure without a name: its blocks, its line, and what that line should compute."""
        change = f"{edit.before.strip()} -> {edit.after.strip()}"
        if blocks:
            known = tr(
                "A change of line {line} makes {blocks} right, but fits no bug of the catalogue well enough to be "
                "given its name: {change}.",
                line=edit.line,
                blocks=listed(blocks),
                change=change,
            )
        else:
            known = tr(
                "A change of line {line} is a part of the cure, but fits no bug of the catalogue well enough to be "
                "given its name: {change}.",
                line=edit.line,
                change=change,
            )
        self.notes.append(known)
        if edit.line in self._suspicion.sentences:
            self.notes.append(self._suspicion.sentences[edit.line])

    def _by_parts(self, found: Partial) -> None:
        """Edits that make some blocks right: what is said of all numbers together; else each edit by its own blocks."""
        names = self._names
        cured = {names[i] for i in found.blocks} if max(found.blocks, default=0) < len(names) else set(names)
        if cured.isdisjoint(wrong_blocks(self._report)):  # what was right stays right: that is a part of no cure
            self._by_numbers()
            return
        observations = self._lookout.observe().observations
        accounts = _accounts(observations)
        changed = lines_in_words([edit.line for edit in found.edits])
        told = mark("Changing {lines} makes a part of the gradient right, not the rest.")
        if cured.issuperset(wrong_blocks(self._report)):
            told = mark(
                "Changing {lines} makes the gradient right where it was looked at; it was checked nowhere else."
            )
        self.notes.append(tr(told, lines=changed))
        best = accounts[0] if accounts else None
        if not observations or (best is not None and best.complete and best.bugs):
            self._by_numbers(edits=found.edits)
            return
        for edit, alone in zip(found.edits, found.without, strict=True):
            seen = self._lookout.observe(alone)
            own = tuple(block for block in seen.wrong or wrong_blocks(self._report) if block in cured)
            accounts = _accounts([_restricted(each, cured) for each in seen.observations])
            name = name_bug(accounts, edit, reach=self._reach(own), excluded=no_penalties(seen.observations))
            if name is not None and name.confidence >= LEAST:
                self._add(dataclasses.replace(name, confidence=name.confidence * PARTLY), edit, own)
        self._by_numbers(found.text)

    def _add(
        self,
        name: Name,
        edit: Edit,
        blocks: tuple[str, ...],
        *,
        patch: str | None = None,
        alternatives: tuple[str, ...] = (),
    ) -> None:
        assert self._source is not None
        lines = changed_lines(self._source.text, edit.text) or (edit.line,)
        self.cases.append(
            Case(name=name, edit=edit, patch=patch, alternatives=alternatives, blocks=blocks, lines=lines)
        )

    def _stopped(self, observations: Sequence[Observation], error: str | None) -> dict[str, float]:
        """What the check found of a program that stops; nothing where there merely was no time to run it."""
        if observations or error is None or self._deadline() <= 0.0:
            return {}
        return {identifier: score for identifier, score in hints(self._report).items() if identifier in STOPS}

    # --- numbers alone ----------------------------------------------------------------------------------------------

    def _by_numbers(self, text: str | None = None, edits: Sequence[Edit] = ()) -> None:
        """No patch: what the numbers alone say, and the lines that the trace suspects."""
        observations = self._lookout.observe(text).observations
        accounts = _accounts(observations)
        best = next((account for account in accounts if account.complete and account.bugs), None)
        if best is not None and len(best.bugs) == 1:
            self._exclude(observations, accounts)
        if text is None and not edits and self._name_short_batch(accounts):
            return
        if not observations and text is None:
            self._name_stopped(edits)
        elif best is not None:
            self._name_set(best, accounts, edits)
        elif accounts and accounts[0].bugs:
            self._name_set(accounts[0], accounts, edits)
            self.notes.append(
                tr(
                    "What is wrong with {blocks} fits nothing that the catalogue knows.",
                    blocks=listed(accounts[0].unexplained),
                )
            )
        elif text is None and not edits:
            self._by_trace()

    def _name_short_batch(self, accounts: Sequence[Hypothesis]) -> bool:
        """A constant on everything that is wrong in a batch of another size alone: the size of the full ones."""
        constant = accounts[0] if accounts and accounts[0].complete else None
        if STALE not in hints(self._report) or constant is None:
            return False
        if any(CATALOGUE[named.bug].family is not Family.SCALE or named.block for named in constant.bugs):
            return False
        told = tuple(finding.message for finding in findings_of(self._report, STALE))
        name = Name(bug=STALE, confidence=FOUND, evidence=(*told, *constant.evidence))
        self.cases.append(Case(name=name, blocks=constant.blocks, lines=self._suspicion.lines))
        return True

    def _by_trace(self) -> None:
        """No account of all numbers: what the values of single lines are."""
        for line, bug, blocks in self._suspicion.named:
            name = Name(bug=bug, confidence=TRACED.get(bug, ONE_LINE), layer=self._suspicion.layers.get(line))
            self.cases.append(Case(name=name, blocks=blocks, lines=(line,)))
        if not self._suspicion.named and self._suspicion.lines:
            line = self._suspicion.lines[0]
            told = tr("Line {line} is the first to look at.", line=line)
            self.notes.append(self._suspicion.sentences.get(line, told))

    def _name_set(self, best: Hypothesis, accounts: Sequence[Hypothesis], edits: Sequence[Edit]) -> None:
        """All bugs of one account."""
        single = len(best.bugs) == 1
        for position, named in enumerate(best.bugs):
            name = None
            if single and best.complete:
                name = name_bug([account for account in accounts if len(account.bugs) == 1], None)
            if name is None:
                name = _of_set(best, named, best.evidence[position : position + 1])
            blocks = best.blocks if single else self._blocks_of(named.layers, best.blocks)
            lines = self._lines_of(name, edits)
            if not lines and (named.layers or position == 0):
                lines = self._suspicion.of_layers(named.layers)
            self.cases.append(Case(name=name, blocks=blocks, lines=lines))

    def _name_stopped(self, edits: Sequence[Edit]) -> None:
        """A run that gave no gradient: what the check found."""
        name = name_bug([], edits[0] if edits else None, hints=hints(self._report))
        if name is None:
            return
        source = self._source
        lines = changed_lines(source.text, edits[0].text) if edits and source is not None else ()
        told = tuple(finding.message for finding in findings_of(self._report, name.bug))
        self.cases.append(
            Case(
                name=dataclasses.replace(name, evidence=(*told, *name.evidence)),
                blocks=wrong_blocks(self._report),
                lines=lines or self._suspicion.lines,
            )
        )

    def _lines_of(self, name: Name, edits: Sequence[Edit]) -> tuple[int, ...]:
        """Lines of edits that speak for a bug."""
        found: list[int] = []
        for edit in edits:
            said = name_bug([], edit)
            if self._source is not None and said is not None and {said.bug, *said.same_as} & {name.bug, *name.same_as}:
                found += changed_lines(self._source.text, edit.text)
        return tuple(dict.fromkeys(found))

    def _blocks_of(self, layers: Sequence[int], blocks: Sequence[str]) -> tuple[str, ...]:
        network = self._lookout.network
        if network is None or not layers:
            return tuple(blocks)
        own = {n for i in layers if i < len(network.layers) for n in (network.layers[i].weight, network.layers[i].bias)}
        return tuple(name for name in blocks if name in own) or tuple(blocks)

    # --- what an experiment rules out -------------------------------------------------------------------------------

    def _exclude(self, observations: Sequence[Observation], accounts: Sequence[Hypothesis]) -> None:
        """Explanations that the code's own points allow, and an experiment refutes."""
        own = {look.what for look in self._lookout.own}
        points = [each for each in observations if each.what in own]
        others = [each for each in observations if each.what not in own]
        if not points or not others or self._deadline() < FOR_EXCLUDED:
            return
        left = {named.bug for account in accounts for named in account.bugs}
        left |= {name for account in accounts for name in account.same_as}
        known = _accounts(points)
        rivals = [a.bugs[0].bug for a in known if a.complete and len(a.bugs) == 1 and a.bugs[0].bug not in left]
        for rival in list(dict.fromkeys(rivals))[:MOST_EXCLUDED]:
            by = next((o.what for o in others if not _fits(rival, (*points, o))), None)
            if by is not None:
                told = mark("It could have been {title}; the run with {variation} excluded that.")
                self.notes.append(tr(told, title=tr(CATALOGUE[rival].title), variation=by))


def _accounts(observations: Sequence[Observation]) -> Sequence[Hypothesis]:
    """Of all that have the blocks of the first; none where nothing was seen."""
    blocks = {frozenset(each.claimed) for each in observations[:1]}
    alike = [each for each in observations if frozenset(each.claimed) in blocks]
    return hypotheses(alike) if alike else ()


def _fits(bug: str, observations: Sequence[Observation]) -> bool:
    return any(bug in (a.bugs[0].bug, *a.same_as) for a in _accounts(observations) if len(a.bugs) == 1)


def _of_set(best: Hypothesis, named: NamedBug, evidence: tuple[str, ...]) -> Name:
    """The name of one bug of an account, as sure as all of it is."""
    many = best.numbers >= ENOUGH_NUMBERS and best.of > 1
    sure = min(best.sure, REST if not best.complete else (SET if many else SMALL_SET))
    layer = named.layers[0] if named.layers else None
    return Name(bug=named.bug, same_as=named.same_as, confidence=sure, evidence=evidence, layer=layer)


def _restricted(observation: Observation, blocks: Collection[str]) -> Observation:
    return dataclasses.replace(
        observation,
        claimed={name: value for name, value in observation.claimed.items() if name in blocks},
        true={name: value for name, value in observation.true.items() if name in blocks},
    )
