"""``diagnose``: from a wrong gradient to named bugs, their lines, and a verified patch.

The course: what is claimed and what is true at a few points and variations; what the numbers alone say; which lines
first leave the true adjoints; the smallest edits that cure; then each bug by itself, with all others cured, gets its
name from its numbers and its edit together.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig, check
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit
from gradcheck.diagnosis.hypotheses import Hypothesis, Observation, hypotheses
from gradcheck.diagnosis.local import LocalProgram
from gradcheck.diagnosis.naming import Name, name_bug
from gradcheck.diagnosis.observing import Look, Observer
from gradcheck.diagnosis.program import Array, Program, Trial, UnavailableError, Variation
from gradcheck.diagnosis.repair import Partial, Repair, repair
from gradcheck.diagnosis.suspicion import Suspicion, suspicion
from gradcheck.diagnosis.wording import fill, names_for
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, Finding, Severity, Verdict

__all__ = ["diagnose", "diagnose_program"]

# Points of the code's own problem; what all of them agree on is no coincidence of one.
POINTS = 2
# What is varied to tell explanations apart, where the code can be built or driven so.
EXPERIMENTS = (
    ("three samples", Variation(rows=3)),
    ("half the learning rate", Variation(learning_rate=0.5)),
    ("other sizes", Variation(batch=5, outputs=4, features=6, hidden=7)),
    ("stronger regularisation", Variation(regularisation=3.0)),
)
# Texts that a repair may try.
MAX_TRIALS = 400
# An edit that makes only some of the wrong blocks right may be half of something else.
PARTLY = 0.85


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
    evidence: list[str] = field(default_factory=list)


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
        except Exception as error:
            self._incomplete.append(f"{what} broke off: {type(error).__name__}: {error}")

    def _name(self) -> None:
        found = self._repair
        if found is not None and found.verified and found.edits:
            self._name_edits(found)
        elif found is not None and found.partial is not None and found.partial.edits:
            self._name_partly(found.partial)
        else:
            self._name_numbers()

    def explain_findings(self) -> None:
        """What the check itself has found by name."""
        for identifier, score in self._hinted().items():
            finding = next(f for f in self._report.findings if f.id in CATALOGUE[identifier].findings)
            name = Name(bug=identifier, confidence=0.9 * score, evidence=(finding.message,))
            self._cases.append(_Case(name=name, blocks=self._wrong_blocks()))

    def look_elsewhere(self) -> None:
        """A right gradient: whether it trains."""
        from gradcheck.diagnosis.trouble import find_trouble

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
        if self._configurations:
            self._tried += self._configurations[0].look.missing
        for what, variation in EXPERIMENTS:
            if self._deadline() < 1.0:
                self._tried.append("There was no time left to build the problem otherwise.")
                break
            self._experiment(what, variation)

    def _experiment(self, what: str, variation: Variation) -> None:
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
                deadline=self._deadline,
                max_trials=MAX_TRIALS,
            )
        except UnavailableError as error:
            self._tried.append(f"No edit could be tried: {error}.")
            return
        if not self._repair.verified:
            self._tried += [f"Patches: {reason}." for reason in self._repair.reasons]

    # --- names ------------------------------------------------------------------------------------------------------

    def _name_edits(self, found: Repair) -> None:
        """Each bug alone, with the others cured."""
        text = self._program.source.text if self._program.source is not None else ""
        for i, edit in enumerate(found.edits):
            alone = text if len(found.edits) == 1 else found.without[i]
            observations, blocks, error = self._observe(alone, original=len(found.edits) == 1)
            accounts = self._accounts(observations)
            name = name_bug(accounts, edit, hints=self._hinted() if len(found.edits) == 1 or error else None)
            if name is None:
                self._tried.append(
                    f"A change of line {edit.line} cures the gradient, but fits no bug of the catalogue: "
                    f"{edit.before.strip()} -> {edit.after.strip()}."
                )
                continue
            case = _Case(name=name, edit=edit, patch=found.patches[i], blocks=blocks, lines=(edit.line,))
            case.alternatives = tuple(self._diff(other) for other in found.alternatives[i])
            others = "" if len(found.edits) == 1 else " and the other patches applied"
            case.evidence.append(f"With line {edit.line} changed{others}, the whole check passes at fresh points.")
            self._cases.append(case)

    def _name_partly(self, found: Partial) -> None:
        """Edits that make some blocks right: each by what it does to those, and what is left by its numbers."""
        assert self._program.source is not None
        names = [block.name for block in self._program.problem.blocks]
        cured = {names[i] for i in found.blocks}
        text = found.text
        for i, edit in enumerate(found.edits):
            observations, blocks, _ = self._observe(found.without[i], original=False)
            seen = [_restricted(observation, cured) for observation in observations]
            name = name_bug(self._accounts(seen), edit)
            if name is not None:
                name = dataclasses.replace(name, confidence=name.confidence * PARTLY)
                own = tuple(block for block in blocks if block in cured)
                self._cases.append(_Case(name=name, edit=edit, blocks=own, lines=(edit.line,)))
        self._tried.append(
            f"Changes of {_lines([edit.line for edit in found.edits])} make {', '.join(sorted(cured))} right."
        )
        self._name_numbers(text)

    def _name_numbers(self, text: str | None = None) -> None:
        """No patch: what the numbers alone say, and the lines that the trace suspects."""
        observations, _, error = self._observe(text, original=text is None)
        accounts = self._accounts(observations)
        best = next((account for account in accounts if account.complete), None)
        if best is None or not best.bugs:
            name = name_bug([], None, hints=self._hinted())
            if name is not None and error is not None:
                self._cases.append(_Case(name=name, blocks=self._wrong_blocks(), lines=self._suspected()))
            elif accounts and accounts[0].bugs:
                self._tried.append(
                    f"The numbers of {', '.join(accounts[0].blocks)} fit "
                    f"{', '.join(named.bug for named in accounts[0].bugs)}, those of "
                    f"{', '.join(accounts[0].unexplained)} nothing that is known."
                )
            return
        for position, named in enumerate(best.bugs):
            single = len(best.bugs) == 1
            name = name_bug([a for a in accounts if len(a.bugs) == 1], None) if single else None
            if name is None:
                sure = 0.75 if best.numbers >= 12 and best.of > 1 else 0.5
                name = Name(bug=named.bug, same_as=named.same_as, confidence=sure, evidence=best.evidence)
            blocks = best.blocks if single else self._blocks_of(named.layers, best.blocks)
            lines = self._suspicion.of_layers(named.layers) if named.layers or position == 0 else ()
            self._cases.append(_Case(name=name, blocks=blocks, lines=lines))

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

    def _hinted(self) -> dict[str, float]:
        """Bugs that a finding of the check is, errors before warnings."""
        weights = {Severity.ERROR: 1.0, Severity.WARNING: 0.6, Severity.INFO: 0.0}
        found: dict[str, float] = {}
        for finding in self._report.findings:
            for bug in CATALOGUE.values():
                if finding.id in bug.findings and weights[finding.severity] > 0.0:
                    found[bug.id] = max(found.get(bug.id, 0.0), weights[finding.severity])
        return found

    def _wrong_blocks(self) -> tuple[str, ...]:
        return tuple(block.name for block in self._report.blocks if block.verdict is Verdict.FAIL)

    def _suspected(self) -> tuple[int, ...]:
        return self._suspicion.lines

    def _blocks_of(self, layers: Sequence[int], blocks: Sequence[str]) -> tuple[str, ...]:
        network = self._configurations[0].look.network if self._configurations else None
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

    def _told(self, case: _Case) -> DiagnosedBug:
        bug = CATALOGUE[case.name.bug]
        network = self._suspicion.network or next(
            (c.look.network for c in self._configurations if c.look.network is not None), None
        )
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
            evidence=(*case.name.evidence, *trace[:2], *case.evidence),
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


def _lines(numbers: Sequence[int]) -> str:
    told = [str(number) for number in dict.fromkeys(numbers)]
    return f"line {told[0]}" if len(told) == 1 else f"lines {', '.join(told[:-1])} and {told[-1]}"


# Steps of a short training run: enough to see it fall or rise, few enough to wait for.
TRAINING_STEPS = 200


def _singly(variation: Variation) -> tuple[Variation, ...]:
    """The same, one thing at a time, for code that cannot vary all of it together."""
    given: dict[str, Any] = variation.given()
    return tuple(Variation(**{name: value}) for name, value in given.items()) if len(given) > 1 else ()
