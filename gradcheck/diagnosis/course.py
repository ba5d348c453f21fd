"""``diagnose``: from a wrong gradient to named bugs, their lines, and a verified patch.

The course: what is claimed and what is true at a few points and variations; what the numbers alone say; which lines
first leave the true adjoints; the smallest edits that cure; then each bug by itself, with all others cured, gets its
name from its numbers and its edit together.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig, check
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit, EditKind
from gradcheck.diagnosis.hypotheses import Hypothesis, Observation, hypotheses
from gradcheck.diagnosis.local import LocalProgram
from gradcheck.diagnosis.merging import changed_lines, together
from gradcheck.diagnosis.naming import Name, name_bug, reach_of
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.observing import Look, Observer
from gradcheck.diagnosis.program import Array, Program, Trial, UnavailableError, Variation
from gradcheck.diagnosis.repair import Partial, Repair, Varied, repair
from gradcheck.diagnosis.suspicion import Suspicion, suspicion
from gradcheck.diagnosis.wording import fill, names_for
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, Finding, Severity, Verdict

__all__ = ["diagnose", "diagnose_program"]

# Points of the code's own problem; what all of them agree on is no coincidence of one.
POINTS = 2
# Further ones, where neither of those shows that anything is wrong.
MORE_POINTS = 4
# What is varied to tell explanations apart, where the code can be built or driven so.
EXPERIMENTS = (
    ("three samples", Variation(rows=3)),
    ("half the learning rate", Variation(learning_rate=0.5)),
    ("other sizes", Variation(batch=5, outputs=4, features=6, hidden=7)),
    ("stronger regularisation", Variation(regularisation=3.0)),
)
# Texts that a repair may try.
MAX_TRIALS = 600
# An edit that makes only some of the wrong blocks right may be half of something else.
PARTLY = 0.85
# Seconds kept back from the search for patches, to try the texts that it finds at other sizes and to name the bugs.
FOR_NAMES = 1.5
# Names of a whole set by the numbers alone: where many numbers at several places agree, and where few do.
SET, SMALL_SET, REST = 0.75, 0.5, 0.45
ENOUGH_NUMBERS = 12
# Seconds that must be left to say what was excluded, and how many explanations are spoken of.
FOR_EXCLUDED, MOST_EXCLUDED = 3.0, 2
# One division, in the weights and in the biases.
MEAN_OF_BIASES, MEANS = "bias-mean-instead-of-sum", ("mean-instead-of-sum", "double-mean")
MUTATED, RANDOM = "input-mutated", "nondeterministic"
# Bugs that leave no number to look at.
STOPS = ("crash", "shape-mismatch", "bias-not-summed")
# What a finding says for a bug that may show itself in this way, beside the one that has its name.
ALSO = 0.7


def diagnose(
    problem: Problem | Callable[..., Problem],
    *,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
) -> Diagnosis:
    """Check a gradient, and say what is wrong with it by name.

    Parameters
    ----------
    problem : Problem, or callable
        A problem; or a family, ``build(*, batch, outputs, features, hidden, learning_rate, regularisation,
        weight_scale, input_scale, dtype, seed, ...) -> Problem``, all of whose keywords have defaults: only those that
        it names are passed. With a family, explanations that one problem cannot tell apart are settled by building it
        otherwise.
    rng, rtol, atol, config
        As for ``check``.

    Returns
    -------
    Diagnosis
        The check's report, and ``diagnoses``, most confident first; empty where nothing is wrong, or nothing fits.

    Raises
    ------
    InvalidArgumentError
        For an argument that cannot be used, and a family that does not build a problem.

    Examples
    --------
    >>> import numpy as np
    >>> import gradcheck
    >>> X, y = np.arange(12.0).reshape(4, 3) / 6 - 1, np.array([1.0, -2.0, 0.5, 3.0])
    >>> loss = lambda w: float(np.mean((X @ w - y) ** 2))
    >>> gradient = lambda w: X.T @ (X @ w - y) / 4  # the 2 is missing
    >>> gradcheck.diagnose(gradcheck.Problem(loss, gradient, np.zeros(3))).diagnoses[0].bug
    'missing-factor-2'
    """
    family = None
    if not isinstance(problem, Problem):
        if not callable(problem):
            raise InvalidArgumentError(
                f"problem is a {type(problem).__name__}; expected gradcheck.Problem(loss, gradient, params), or a "
                "function that builds one."
            )
        family, problem = problem, problem()
        if not isinstance(problem, Problem):
            raise InvalidArgumentError(f"the family returned a {type(problem).__name__}; expected gradcheck.Problem.")
    report = check(problem, rng=rng, rtol=rtol, atol=atol, config=config)
    program = LocalProgram(problem, family)
    return diagnose_program(program, report, rng=np.random.default_rng(report.seed or 0))


def diagnose_program(
    program: Program,
    report: CheckReport,
    *,
    rng: np.random.Generator,
    deadline: Callable[[], float] | None = None,
    train: bool = True,
) -> Diagnosis:
    """What is wrong with a program that was checked.

    Parameters
    ----------
    program : Program
    report : CheckReport
        Of its check.
    rng : numpy.random.Generator
        Draws points.
    deadline : callable, optional
        ``deadline()`` returns the seconds that are left.
    train : bool
        Whether a program whose gradient is right may be trained for a short while, to find trouble elsewhere.

    Returns
    -------
    Diagnosis
        With the report's own fields unchanged.
    """
    course = _Course(program, report, rng, deadline or (lambda: math.inf))
    if report.verdict is Verdict.FAIL:
        course.explain()
    elif report.verdict is Verdict.PASS and train:
        course.look_elsewhere()
    else:
        course.explain_findings()
    return course.diagnosis()


@dataclass(slots=True)
class _Case:
    """One bug while it is put together."""

    name: Name
    edit: Edit | None = None
    patch: str | None = None
    alternatives: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Configuration:
    """One place where texts are compared: a program, a point, the truth there."""

    look: Look
    sizes: Mapping[str, float]


class _Course:
    """One diagnosis, step by step."""

    def __init__(
        self, program: Program, report: CheckReport, rng: np.random.Generator, deadline: Callable[[], float]
    ) -> None:
        self._program, self._report, self._rng, self._deadline = program, report, rng, deadline
        self._cases: list[_Case] = []
        self._tried: list[str] = []
        self._incomplete: list[str] = []
        self._configurations: list[_Configuration] = []
        self._repair: Repair | None = None
        self._suspicion = Suspicion()

    # --- the three ways ---------------------------------------------------------------------------------------------

    def explain(self) -> None:
        """A wrong gradient."""
        self._carry_out("looking at it", self._look)
        if self._configurations:
            self._carry_out("comparing its lines", self._suspect)
            self._carry_out("trying patches", self._mend)
            self._carry_out("naming the bugs", self._name)
        if not self._cases:
            self.explain_findings()

    def _carry_out(self, what: str, stage: Callable[[], None]) -> None:
        """One stage; where it breaks off, what the others find is not lost, and the report says so."""
        try:
            stage()
        except Exception as error:  # noqa: BLE001 (whatever it was, the report still says what else was found)
            self._incomplete.append(f"{what} broke off: {type(error).__name__}: {error}")

    def _name(self) -> None:
        found = self._repair
        if found is not None and found.verified and found.edits:
            self._name_edits(found)
        elif found is not None and found.partial is not None and found.partial.edits:
            self._name_partly(found.partial)
        else:
            self._name_numbers()
        self._join_biases()
        self._cases = _one_each(self._cases, self._joined_patch)

    def _join_biases(self) -> None:
        """A division of all weights and one of all biases are one, as they are by the same number."""
        network = self._network()
        if network is None:
            return
        biases = {layer.bias for layer in network.layers if layer.bias is not None}
        weights = {layer.weight for layer in network.layers}
        mean = next((c for c in self._cases if c.name.bug in MEANS and set(c.blocks) == weights), None)
        for case in self._cases:
            if mean is not None and case.name.bug == MEAN_OF_BIASES and set(case.blocks) == biases:
                name = dataclasses.replace(case.name, bug=mean.name.bug, same_as=mean.name.same_as)
                case.name = dataclasses.replace(name, confidence=mean.name.confidence)

    def explain_findings(self, *, right: bool = False) -> None:
        """What the check itself has found by name; of a right gradient what leaves it right."""
        hinted = self._hinted(right=right)
        if MUTATED in hinted and RANDOM in hinted:  # what changes its inputs gives another loss in the next call
            hinted[RANDOM] = 0.5 * hinted[MUTATED]
        for identifier, score in hinted.items():
            finding = next(f for f in self._report.findings if f.id in CATALOGUE[identifier].findings)
            name = Name(bug=identifier, confidence=0.9 * score, evidence=(finding.message,))
            self._cases.append(_Case(name=name, blocks=self._wrong_blocks()))

    def look_elsewhere(self) -> None:
        """A right gradient: whether it trains."""
        from gradcheck.diagnosis.trouble import find_trouble

        self.explain_findings(right=True)
        observer = Observer(self._program, self._rng)
        try:
            run = self._program.train(TRAINING_STEPS)
        except UnavailableError as error:
            self._tried.append(f"It was not trained: {error}.")
            run = None
        network = None
        try:
            network = observer.look(observer.start(), "as it starts", traced=False).network
        except UnavailableError as error:
            self._tried.append(f"Its layers were not looked at: {error}.")
        for identifier, confidence, evidence in find_trouble(self._report, network, run):
            name = Name(bug=identifier, confidence=confidence, evidence=tuple(evidence))
            self._cases.append(_Case(name=name))

    # --- looking ----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        observer = Observer(self._program, self._rng)
        for number, arrays in enumerate(observer.points(POINTS)):
            self._add(observer, arrays, f"point {number + 1}", traced=True)
        if self._configurations and not any(each.look.wrong() for each in self._configurations):
            self._look_on(observer)
        if self._configurations:
            self._tried += self._configurations[0].look.missing
        for what, variation in EXPERIMENTS:
            if self._deadline() < 1.0:
                self._tried.append("There was no time left to build the problem otherwise.")
                break
            self._experiment(what, variation)
        self._tried += self._compared()

    def _compared(self) -> list[str]:
        own = [c for c in self._configurations if c.look.program is self._program]
        varied = [c.look.what for c in self._configurations if c.look.program is not self._program]
        if not own:
            return []
        points = "one point" if len(own) == 1 else f"{len(own)} points"
        also = f", and with {_listed(varied)}" if varied else "; the code could not be run at other sizes"
        return [f"The claimed gradient was compared with the true one at {points}{also}."]

    def _excluded(self, observations: Sequence[Observation], accounts: Sequence[Hypothesis]) -> None:
        """Explanations that the code's own points allow, and an experiment refutes."""
        own = {c.look.what for c in self._configurations if c.look.program is self._program}
        points = [each for each in observations if each.what in own]
        others = [each for each in observations if each.what not in own]
        if not points or not others or self._deadline() < FOR_EXCLUDED:
            return
        left = {named.bug for account in accounts for named in account.bugs}
        left |= {name for account in accounts for name in account.same_as}
        known = self._accounts(points)
        rivals = [a.bugs[0].bug for a in known if a.complete and len(a.bugs) == 1 and a.bugs[0].bug not in left]
        for rival in list(dict.fromkeys(rivals))[:MOST_EXCLUDED]:
            by = next((o.what for o in others if not self._fits(rival, (*points, o))), None)
            if by is not None:
                self._tried.append(f"It could have been {CATALOGUE[rival].title}; the run with {by} excluded that.")

    def _fits(self, bug: str, observations: Sequence[Observation]) -> bool:
        return any(bug in (a.bugs[0].bug, *a.same_as) for a in self._accounts(observations) if len(a.bugs) == 1)

    def _look_on(self, observer: Observer) -> None:
        """Until a point shows what is wrong, where the first ones do not: rectifiers that are on, or off, there."""
        for number, arrays in enumerate((observer.start(), *observer.points(MORE_POINTS))):
            before = len(self._configurations)
            self._add(observer, arrays, f"point {POINTS + number + 1}", traced=True)
            if len(self._configurations) > before and self._configurations[-1].look.wrong():
                self._configurations.insert(0, self._configurations.pop())
                return

    def _experiment(self, what: str, variation: Variation) -> None:
        if self._program.sizes.get("outputs") == 1:  # code for one output may be right for that alone
            variation = dataclasses.replace(variation, outputs=None)
        for single in (variation, *_singly(variation)):
            try:
                other = self._program.vary(single)
            except UnavailableError:
                continue
            observer = Observer(other, self._rng)
            self._add(observer, observer.points(1)[0], what, traced=False)
            return

    def _add(self, observer: Observer, arrays: Sequence[Array], what: str, *, traced: bool) -> None:
        try:
            look = observer.look(arrays, what, traced=traced)
        except UnavailableError as error:
            self._tried.append(f"{what.capitalize()}: {error}.")
            return
        self._configurations.append(_Configuration(look, observer.program.sizes))

    # --- lines ------------------------------------------------------------------------------------------------------

    def _suspect(self) -> None:
        looks = [c.look for c in self._configurations if c.look.trace is not None and c.look.program is self._program]
        self._suspicion = suspicion(looks, self._program.source)
        if looks and self._suspicion.basis:
            self._tried.append(f"Lines were compared by {self._suspicion.basis}.")
        elif self._program.source is not None:
            self._tried.append("No line was compared: the backward pass could not be followed.")

    def _mend(self) -> None:
        own = [c.look for c in self._configurations if c.look.program is self._program]
        if self._program.source is None or len(own) < POINTS:
            return
        try:
            self._repair = repair(
                self._program,
                points=[look.arrays for look in own],
                truth=[list(look.true.values()) for look in own],
                forward=own[0].forward,
                trace=own[0].trace,
                suspects=self._suspicion.lines,
                elsewhere=[
                    Varied(
                        what=c.look.what,
                        program=c.look.program,
                        arrays=c.look.arrays,
                        truth=tuple(c.look.true.values()),
                    )
                    for c in self._configurations
                    if c.look.program is not self._program
                ],
                deadline=lambda: self._deadline() - FOR_NAMES,
                max_trials=MAX_TRIALS,
            )
        except UnavailableError as error:
            self._tried.append(f"No edit could be tried: {error}.")
            return
        if self._repair.trials:
            self._tried.append(f"{self._repair.trials} small changes of the text were tried.")
        if not self._repair.verified:
            self._tried += [f"{reason[:1].upper()}{reason[1:]}." for reason in self._repair.reasons]

    # --- names ------------------------------------------------------------------------------------------------------

    def _name_edits(self, found: Repair) -> None:
        """Each bug alone, with the others cured."""
        text = self._program.source.text if self._program.source is not None else ""
        edits = self._edits(text, found)
        single = len(edits) == 1
        for edit, alone, patch, alternatives in edits:
            observations, blocks, error = self._observe(text if single else alone, original=single)
            accounts = self._accounts(observations)
            self._excluded(observations, accounts)
            hints = self._hinted() if single else self._stopped(observations, error)
            name = name_bug(accounts, edit, hints=hints, reach=reach_of(blocks, self._network()) if not error else None)
            if name is None:
                self._tried.append(
                    f"A change of line {edit.line} cures the gradient, but fits no bug of the catalogue: "
                    f"{edit.before.strip()} -> {edit.after.strip()}."
                )
                continue
            lines = changed_lines(text, edit.text) or (edit.line,)
            case = _Case(name=name, edit=edit, patch=patch, blocks=blocks, lines=lines)
            case.alternatives = tuple(self._diff(other) for other in alternatives)
            self._cases.append(case)

    def _edits(self, text: str, found: Repair) -> list[tuple[Edit, str, str, tuple[Edit, ...]]]:
        """Edits with the text of that bug alone, their patch and alternatives; those of one line are one."""
        each = list(zip(found.edits, found.without, found.patches, found.alternatives, strict=True))
        places = [frozenset(changed_lines(text, edit.text)) for edit in found.edits]
        for first, second in combinations(range(len(each)), 2):
            if places[first] == places[second] and len(places[first]) == 1:
                others = [edit.text for n, edit in enumerate(found.edits) if n not in (first, second)]
                one = self._as_one(text, found, found.edits[first], together(text, others))
                if one is not None:
                    return [one, *(each[n] for n in range(len(each)) if n not in (first, second))]
        return each

    def _as_one(
        self, text: str, found: Repair, edit: Edit, alone: str | None
    ) -> tuple[Edit, str, str, tuple[Edit, ...]] | None:
        """Two edits of one line; ``alone`` is the text with all the others."""
        own, cured = text.splitlines(keepends=True), found.text.splitlines(keepends=True)
        rest = None if alone is None else alone.splitlines(keepends=True)
        if alone is None or rest is None or not len(own) == len(cured) == len(rest):
            return None
        changed = [number for number, (old, new) in enumerate(zip(rest, cured, strict=True)) if old != new]
        if len(changed) != 1:
            return None
        number = changed[0]
        whole = "".join((*own[:number], cured[number], *own[number + 1 :]))
        before, after = own[number].strip(), cured[number].strip()
        signs = _unsigned(before) == _unsigned(after)
        kind = EditKind.NEGATE if signs else (edit.kind if edit.kind is EditKind.LOSS else EditKind.FORMULA)
        one = dataclasses.replace(edit, kind=kind, before=before, after=after, text=whole, detail="")
        return one, alone, self._diff(one), ()

    def _stopped(self, observations: Sequence[Observation], error: str | None) -> dict[str, float]:
        """What the check found of a program that stops; nothing where there merely was no time to run it."""
        if observations or error is None or self._deadline() <= 0.0:
            return {}
        return {identifier: score for identifier, score in self._hinted().items() if identifier in STOPS}

    def _joined_patch(self, cases: Sequence[_Case]) -> str | None:
        """One patch for several cases."""
        source = self._program.source
        edits = [case.edit for case in cases if case.edit is not None and case.patch is not None]
        if source is None or len(edits) < len(cases):
            return None
        text = together(source.text, [edit.text for edit in edits])
        return None if text is None else self._diff(dataclasses.replace(edits[0], text=text))

    def _name_partly(self, found: Partial) -> None:
        """Edits that make some blocks right: what is said of all numbers together; else each edit by its own blocks."""
        assert self._program.source is not None
        names = [block.name for block in self._program.problem.blocks]
        cured = {names[i] for i in found.blocks} if max(found.blocks, default=0) < len(names) else set(names)
        observations, _, _ = self._observe(None, original=True)
        accounts = self._accounts(observations)
        changed = _lines([edit.line for edit in found.edits])
        self._tried.append(f"Changing {changed} makes a part of the gradient right, not the rest.")
        best = accounts[0] if accounts else None
        if not observations or (best is not None and best.complete and best.bugs):
            self._name_numbers(edits=found.edits)
            return
        for i, edit in enumerate(found.edits):
            seen, blocks, _ = self._observe(found.without[i], original=False)
            name = name_bug(
                self._accounts([_restricted(each, cured) for each in seen]),
                edit,
                reach=reach_of([block for block in blocks if block in cured], self._network()),
            )
            if name is not None:
                name = dataclasses.replace(name, confidence=name.confidence * PARTLY)
                own = tuple(block for block in blocks if block in cured)
                lines = changed_lines(self._program.source.text, edit.text) or (edit.line,)
                self._cases.append(_Case(name=name, edit=edit, blocks=own, lines=lines))
        self._name_numbers(found.text)

    def _name_numbers(self, text: str | None = None, edits: Sequence[Edit] = ()) -> None:
        """No patch: what the numbers alone say, and the lines that the trace suspects."""
        observations, _, _ = self._observe(text, original=text is None)
        accounts = self._accounts(observations)
        best = next((account for account in accounts if account.complete and account.bugs), None)
        if best is not None and len(best.bugs) == 1:
            self._excluded(observations, accounts)
        if not observations and text is None:
            self._name_stopped(edits)
        elif best is not None:
            self._name_set(best, accounts, edits)
        elif accounts and accounts[0].bugs:
            self._name_set(accounts[0], accounts, edits)
            self._tried.append(
                f"What is wrong with {_listed(accounts[0].unexplained)} fits nothing that the catalogue knows."
            )

    def _name_set(self, best: Hypothesis, accounts: Sequence[Hypothesis], edits: Sequence[Edit]) -> None:
        single = len(best.bugs) == 1 and best.complete
        many = best.numbers >= ENOUGH_NUMBERS and best.of > 1
        for position, named in enumerate(best.bugs):
            name = name_bug([a for a in accounts if len(a.bugs) == 1], None) if single else None
            if name is None:
                sure = REST if not best.complete else (SET if many else SMALL_SET)
                own = best.evidence[position : position + 1]
                layer = named.layers[0] if named.layers else None
                name = Name(bug=named.bug, same_as=named.same_as, confidence=sure, evidence=own, layer=layer)
            blocks = best.blocks if len(best.bugs) == 1 else self._blocks_of(named.layers, best.blocks)
            lines = self._lines_of(name, edits)
            if not lines and (named.layers or position == 0):
                lines = self._suspicion.of_layers(named.layers)
            self._cases.append(_Case(name=name, blocks=blocks, lines=lines))

    def _lines_of(self, name: Name, edits: Sequence[Edit]) -> tuple[int, ...]:
        """Lines of edits that speak for a bug."""
        source = self._program.source
        found: list[int] = []
        for edit in edits:
            said = name_bug([], edit)
            if source is not None and said is not None and {said.bug, *said.same_as} & {name.bug, *name.same_as}:
                found += changed_lines(source.text, edit.text)
        return tuple(dict.fromkeys(found))

    def _name_stopped(self, edits: Sequence[Edit]) -> None:
        """A run that gave no gradient: what the check found."""
        name = name_bug([], edits[0] if edits else None, hints=self._hinted())
        if name is not None:
            source = self._program.source
            lines = changed_lines(source.text, edits[0].text) if edits and source is not None else ()
            own = CATALOGUE[name.bug].findings
            told = tuple(finding.message for finding in self._report.findings if finding.id in own)
            name = dataclasses.replace(name, evidence=(*told, *name.evidence))
            self._cases.append(_Case(name=name, blocks=self._wrong_blocks(), lines=lines or self._suspicion.lines))

    def _observe(self, text: str | None, *, original: bool) -> tuple[list[Observation], tuple[str, ...], str | None]:
        """What a text claims in every configuration; the blocks that are wrong; what it raised."""
        observations: list[Observation] = []
        wrong: list[str] = []
        error: str | None = None
        for configuration in self._configurations:
            look = configuration.look
            claimed: Mapping[str, Array] | None = look.claimed
            if not original:
                trial = self._try(look, text or "")
                error = error or trial.error
                claimed = dict(zip(look.true, trial.gradient, strict=True)) if trial.gradient else None
            elif look.error is not None:
                error = error or look.error
            if not claimed:
                continue
            wrong += look.wrong(claimed)
            observations.append(
                Observation(
                    claimed=claimed,
                    true=look.true,
                    network=look.network,
                    sizes=configuration.sizes,
                    what=look.what,
                    precision=look.precision,
                )
            )
        names = [block.name for block in self._program.problem.blocks]
        return observations, tuple(name for name in names if name in wrong) or self._wrong_blocks(), error

    def _try(self, look: Look, text: str) -> Trial:
        try:
            return look.program.trial(text, look.arrays)
        except UnavailableError as error:
            return Trial(error=str(error))

    def _accounts(self, observations: Sequence[Observation]) -> Sequence[Hypothesis]:
        if not observations:
            return ()
        sizes = {frozenset(o.claimed) for o in observations}
        if len(sizes) > 1:
            observations = [o for o in observations if frozenset(o.claimed) == frozenset(observations[0].claimed)]
        return hypotheses(observations)

    # --- small things -----------------------------------------------------------------------------------------------

    def _network(self) -> Network | None:
        return next((c.look.network for c in self._configurations if c.look.network is not None), None)

    def _hinted(self, *, right: bool = False) -> dict[str, float]:
        """Bugs that a finding of the check is, errors before warnings; ``right``: those that leave a gradient right.

        What is only good to know (a smoothing constant in a logarithm) is no mistake.
        """
        weights = {Severity.ERROR: 1.0, Severity.WARNING: 0.6, Severity.INFO: 0.0}
        found: dict[str, float] = {}
        for finding in self._report.findings:
            for bug in CATALOGUE.values():
                wanted = not right or not bug.gradient_wrong
                weight = weights[finding.severity] * (1.0 if bug.id == finding.id else ALSO)
                if wanted and finding.id in bug.findings and weight > 0.0:
                    found[bug.id] = max(found.get(bug.id, 0.0), weight)
        return found

    def _wrong_blocks(self) -> tuple[str, ...]:
        return tuple(block.name for block in self._report.blocks if block.verdict is Verdict.FAIL)

    def _blocks_of(self, layers: Sequence[int], blocks: Sequence[str]) -> tuple[str, ...]:
        network = self._network()
        if network is None or not layers:
            return tuple(blocks)
        own = {n for i in layers if i < len(network.layers) for n in (network.layers[i].weight, network.layers[i].bias)}
        return tuple(name for name in blocks if name in own) or tuple(blocks)

    def _diff(self, edit: Edit) -> str:
        from gradcheck.diagnosis.repair.diffs import unified

        source = self._program.source
        assert source is not None
        return unified(source.text, edit.text, source.name)

    # --- the report -------------------------------------------------------------------------------------------------

    def diagnosis(self) -> Diagnosis:
        """Everything together, most confident first."""
        fields = {f.name: getattr(self._report, f.name) for f in dataclasses.fields(CheckReport)}
        cured = self._repair is not None and self._repair.verified and bool(self._repair.edits)
        ordered = sorted(self._cases, key=lambda case: -case.name.confidence)
        incomplete = tuple(
            Finding(id="diagnosis-incomplete", severity=Severity.WARNING, message=f"In the diagnosis, {reason[:500]}")
            for reason in self._incomplete
        )
        fields["findings"] = (*self._report.findings, *incomplete)
        return Diagnosis(
            **fields,
            diagnoses=tuple(self._told(case) for case in ordered),
            patch=self._repair.patch if cured and self._repair is not None else None,
            patch_verified=cured,
            tried=tuple(dict.fromkeys(self._tried)),
        )

    def _proof(self, case: _Case, lines: Sequence[int]) -> tuple[str, ...]:
        """What its patch was seen to do."""
        if case.patch is None:
            return ()
        others = "" if len(self._cases) == 1 else " and the other patches applied"
        return (f"With {_lines(lines)} changed{others}, the whole check passes at fresh points.",)

    def _told(self, case: _Case) -> DiagnosedBug:
        bug = CATALOGUE[case.name.bug]
        network = self._suspicion.network or self._network()
        names = names_for(network, case.name.layer, case.blocks)
        lines = tuple(dict.fromkeys(case.lines))
        source = self._program.source
        line = lines[0] if lines else None
        what, why = fill(bug.what, names), fill(bug.why, names)
        trace = [self._suspicion.sentences[number] for number in lines if number in self._suspicion.sentences]
        return DiagnosedBug(
            bug=bug.id,
            same_as=case.name.same_as,
            blocks=case.blocks,
            confidence=round(case.name.confidence, 3),
            line=line,
            lines=lines,
            code=source.line(line) if source is not None and line is not None else None,
            message=f"{what} {why}".strip(),
            evidence=(*case.name.evidence, *trace[:2], *self._proof(case, lines)),
            patch=case.patch,
            alternatives=case.alternatives,
            formula_wrong=fill(bug.formula_wrong, names),
            formula_right=fill(bug.formula_right, names),
        )


def _restricted(observation: Observation, blocks: Collection[str]) -> Observation:
    return dataclasses.replace(
        observation,
        claimed={name: value for name, value in observation.claimed.items() if name in blocks},
        true={name: value for name, value in observation.true.items() if name in blocks},
    )


def _unsigned(text: str) -> str:
    return "".join(character for character in text if character not in "+-() ")


def _one_each(cases: Sequence[_Case], joined: Callable[[Sequence[_Case]], str | None]) -> list[_Case]:
    """One case a bug: the same slip in several lines is one mistake."""
    groups: dict[str, list[_Case]] = {}
    for case in cases:
        groups.setdefault(case.name.bug, []).append(case)
    out: list[_Case] = []
    for group in groups.values():
        first = max(group, key=lambda case: (case.edit is not None, case.name.confidence))
        patched = [case for case in group if case.patch is not None]
        patch = first.patch if len(group) == 1 else joined(patched or group)
        if len(group) > 1 and len(patched) > 1 and patch is None:
            out += group  # their patches do not go together
            continue
        ordered = [first, *(case for case in group if case is not first)]
        told = dict.fromkeys(sentence for case in ordered for sentence in case.name.evidence[:3])
        out.append(
            _Case(
                name=dataclasses.replace(first.name, evidence=tuple(told)),
                edit=first.edit,
                patch=patch,
                alternatives=first.alternatives if len(group) == 1 else (),
                blocks=tuple(dict.fromkeys(block for case in group for block in case.blocks)),
                lines=_lines_first(ordered),
            )
        )
    return out


def _lines_first(cases: Sequence[_Case]) -> tuple[int, ...]:
    """Lines of edits alone, where there are edits."""
    sure = [case for case in cases if case.edit is not None] or list(cases)
    return tuple(dict.fromkeys(line for case in sure for line in case.lines))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _lines(numbers: Sequence[int]) -> str:
    told = [str(number) for number in dict.fromkeys(numbers)]
    return f"line {told[0]}" if len(told) == 1 else f"lines {', '.join(told[:-1])} and {told[-1]}"


# Steps of a short training run: enough to see it fall or rise, few enough to wait for.
TRAINING_STEPS = 200


def _singly(variation: Variation) -> tuple[Variation, ...]:
    """The same, one thing at a time, for code that cannot vary all of it together."""
    given: dict[str, Any] = variation.given()
    return tuple(Variation(**{name: value}) for name, value in given.items()) if len(given) > 1 else ()
