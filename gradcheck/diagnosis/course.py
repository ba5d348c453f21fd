"""``diagnose``: from a wrong gradient to named bugs, their lines, and a verified patch.

The course: what is claimed and what is true at a few points and variations; what the numbers alone say; which lines
first leave the true adjoints; the smallest edits that cure; then each bug by itself, with all others cured, gets its
name from its numbers and its edit together.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from gradcheck.checks import CheckConfig, check
from gradcheck.diagnosis.adjoints.suspicion import Suspicion, suspicion
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.identifying.cases import Case
from gradcheck.diagnosis.identifying.findings import explained, findings_of, wrong_blocks
from gradcheck.diagnosis.identifying.identification import Identification
from gradcheck.diagnosis.identifying.naming import Name
from gradcheck.diagnosis.looking import POINTS, Lookout
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.observing import Observer
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.diagnosis.programs.program import Program, UnavailableError
from gradcheck.diagnosis.repair import Repair, Varied, repair
from gradcheck.diagnosis.starting_values import zero_starts
from gradcheck.diagnosis.wording import fill, lines_in_words, listed, names_for
from gradcheck.errors import InvalidArgumentError
from gradcheck.language import mark, sentence, tr
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, Finding, Severity, Verdict

__all__ = ["diagnose", "diagnose_program"]

# Texts that a repair may try.
MAX_TRIALS = 600
# Seconds kept back from the search for patches, to try the texts that it finds at other sizes and to name the bugs.
FOR_NAMES = 1.5
# The finding of a step whose size does not follow from its gradient and a rate.
ADAPTIVE = "adaptive-step"
# The diagnosis of weights that all begin alike.
SYMMETRIC = "symmetric-initialisation"
# How sure a name is that a finding of the check alone speaks for; less of one that may be of how the code was run: a
# loss that draws its batches is another one in every call, and no mistake.
BY_FINDING, OF_THE_RUN = 0.9, {"nondeterministic": 0.6}
# What a patch keeps that the check of the patched file does not judge; its message says what was seen instead.
KEPT_DECAY = "decay-kept"
# Steps of a short training run: enough to see it fall or rise, few enough to wait for.
TRAINING_STEPS = 200


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
                tr(
                    "problem is a {type}; expected gradcheck.Problem(loss, gradient, params), or a function that "
                    "builds one.",
                    type=type(problem).__name__,
                )
            )
        family, problem = problem, problem()
        if not isinstance(problem, Problem):
            told = tr("the family returned a {type}; expected gradcheck.Problem.", type=type(problem).__name__)
            raise InvalidArgumentError(told)
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
        With the report's own fields unchanged, but for what is said of them: findings of what broke off are added, and
        what was diagnosed is none of the blind spots.
    """
    course = _Course(program, report, rng, deadline or (lambda: math.inf))
    if report.verdict is Verdict.FAIL:
        course.explain()
    elif report.verdict is Verdict.PASS and train:
        course.look_elsewhere()
    else:
        course.explain_findings()
    return course.diagnosis()


class _Course:
    """One diagnosis, step by step."""

    def __init__(
        self, program: Program, report: CheckReport, rng: np.random.Generator, deadline: Callable[[], float]
    ) -> None:
        self._program, self._report, self._rng, self._deadline = program, report, rng, deadline
        adaptive = any(finding.id == ADAPTIVE for finding in report.findings)
        self._lookout = Lookout(program, rng, deadline, rates=not adaptive)
        self._suspicion = Suspicion()
        self._repair: Repair | None = None
        self._cases: list[Case] = []
        self._tried: list[str] = []
        self._incomplete: list[str] = []

    # --- the three ways ---------------------------------------------------------------------------------------------

    def explain(self) -> None:
        """A wrong gradient."""
        self._carry_out(mark("looking at it"), self._lookout.look)
        if self._lookout.places:
            self._carry_out(mark("comparing its lines"), self._suspect)
            self._carry_out(mark("trying patches"), self._mend)
            self._carry_out(mark("naming the bugs"), self._name)
        if not self._cases:
            self.explain_findings()

    def explain_findings(self, *, right: bool = False) -> None:
        """What the check itself has found by name; of a right gradient what leaves it right."""
        blocks = wrong_blocks(self._report)
        for identifier, score in explained(self._report, right=right).items():
            told = findings_of(self._report, identifier)[0].message
            sure = OF_THE_RUN.get(identifier, BY_FINDING)
            name = Name(bug=identifier, confidence=sure * score, evidence=(told,))
            self._cases.append(Case(name=name, blocks=blocks))

    def look_elsewhere(self) -> None:
        """A right gradient: whether it trains."""
        from gradcheck.diagnosis.trouble import find_trouble

        self.explain_findings(right=True)
        observer = Observer(self._program, self._rng)
        try:
            run = self._program.train(TRAINING_STEPS)
        except UnavailableError as error:
            self._tried.append(tr("It was not trained: {reason}.", reason=error))
            run = None
        network, trace = None, None
        try:
            look = observer.look(observer.start(), tr("as it starts"))
            network, trace = look.network, look.trace
        except UnavailableError as error:
            self._tried.append(tr("Its layers were not looked at: {reason}.", reason=error))
        text = "" if self._program.source is None else self._program.source.text
        for trouble in find_trouble(self._report, network, run, text=text, trace=trace):
            name = Name(bug=trouble.bug, confidence=trouble.confidence, evidence=trouble.evidence)
            self._cases.append(Case(name=name, lines=trouble.lines))
        if network is not None and SYMMETRIC not in {case.name.bug for case in self._cases}:
            self._look_for_zeros(network)

    def _look_for_zeros(self, network: Network) -> None:
        """Weights that begin at zero, where no step moves them: what was checked and trained began elsewhere."""
        weights = list(dict.fromkeys(layer.weight for layer in network.layers))
        hidden = [layer for layer in network.layers[:-1] if layer.weights.shape[1] > 1]
        source = self._program.source
        lines = zero_starts(source.text, weights) if source is not None and hidden else ()
        if lines:
            told = tr(
                "{weights} are all zero at the start: {lines}.", weights=listed(weights), lines=lines_in_words(lines)
            )
            name = Name(bug=SYMMETRIC, confidence=BY_FINDING, evidence=(told,))
            self._cases.append(Case(name=name, lines=lines))

    # --- the stages of a wrong gradient -----------------------------------------------------------------------------

    def _carry_out(self, what: str, stage: Callable[[], None]) -> None:
        """One stage; where it breaks off, what the others find is not lost, and the report says so."""
        try:
            stage()
        except Exception as error:  # noqa: BLE001 (whatever it was, the report still says what else was found)
            self._incomplete.append(
                tr("{stage} broke off: {error}", stage=tr(what), error=f"{type(error).__name__}: {error}")
            )

    def _suspect(self) -> None:
        looks = [look for look in self._lookout.own if look.trace is not None]
        self._suspicion = suspicion(looks, self._program.source)
        if looks and self._suspicion.basis:
            self._tried.append(tr("Lines were compared by {basis}.", basis=tr(self._suspicion.basis)))
        elif self._program.source is not None:
            self._tried.append(tr("No line was compared: the backward pass could not be followed."))

    def _mend(self) -> None:
        own = self._lookout.own
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
                    Varied(what=look.what, program=look.program, arrays=look.arrays, truth=tuple(look.true.values()))
                    for look in self._lookout.varied
                ],
                deadline=lambda: self._deadline() - FOR_NAMES,
                max_trials=MAX_TRIALS,
            )
        except UnavailableError as error:
            self._tried.append(tr("No edit could be tried: {reason}.", reason=error))
            return
        if self._repair.trials:
            self._tried.append(tr("{number} small changes of the text were tried.", number=self._repair.trials))
        if not self._repair.verified:
            self._tried += [sentence(reason) for reason in self._repair.reasons]

    def _name(self) -> None:
        naming = Identification(self._program, self._report, self._lookout, self._suspicion, self._deadline)
        try:
            naming.identify(self._repair)
        finally:  # the names that it has come to are names, whatever broke off
            self._cases = naming.cases
            self._tried += naming.notes

    # --- the report -------------------------------------------------------------------------------------------------

    def diagnosis(self) -> Diagnosis:
        """Everything together, most confident first."""
        fields = {f.name: getattr(self._report, f.name) for f in dataclasses.fields(CheckReport)}
        cured = self._repair is not None and self._repair.verified and bool(self._repair.edits)
        ordered = sorted(self._cases, key=lambda case: -case.name.confidence)
        incomplete = tuple(
            Finding(
                id="diagnosis-incomplete",
                severity=Severity.WARNING,
                message=tr("In the diagnosis, {reason}", reason=reason[:500]),
            )
            for reason in self._incomplete
        )
        fields["findings"] = (*self._report.findings, *incomplete, *self._kept_decay())
        named = {identifier for case in self._cases for identifier in (case.name.bug, *case.name.same_as)}
        fields["blind_spots"] = tuple(bug for bug in self._report.blind_spots if bug not in named)
        return Diagnosis(
            **fields,
            diagnoses=tuple(self._told(case) for case in ordered),
            patch=self._repair.patch if cured and self._repair is not None else None,
            patch_verified=cured,
            tried=tuple(dict.fromkeys([*self._lookout.notes, *self._tried])),
        )

    def _kept_decay(self) -> tuple[Finding, ...]:
        """That a patch is no more than one of the gradient without the decay that the update adds to it."""
        if self._repair is None or not self._repair.decays:
            return ()
        told = self._proven_without_decay([edit.line for edit in self._repair.edits])
        return (Finding(id=KEPT_DECAY, severity=Severity.INFO, message=told),)

    def _proven_without_decay(self, lines: Sequence[int]) -> str:
        told = mark(
            "With {lines} changed, the step is that of the gradient and a decay of the weights, which no loss of "
            "the file judges; without the decay the whole check passes at fresh points."
        )
        return tr(told, lines=lines_in_words(lines))

    def _proof(self, case: Case, lines: Sequence[int]) -> tuple[str, ...]:
        """What its patch was seen to do."""
        if case.patch is None:
            return ()
        if self._repair is not None and self._repair.decays:
            return (self._proven_without_decay(lines),)
        told = mark("With {lines} changed, the whole check passes at fresh points.")
        if len(self._cases) > 1:
            told = mark("With {lines} changed and the other patches applied, the whole check passes at fresh points.")
        return (tr(told, lines=lines_in_words(lines)),)

    def _told(self, case: Case) -> DiagnosedBug:
        bug = CATALOGUE[case.name.bug]
        network = self._suspicion.network or self._lookout.network
        names = names_for(network, case.name.layer, case.blocks, family=bug.family)
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
            message=tr("{first} {second}", first=what, second=why).strip(),
            evidence=(*case.name.evidence, *trace[:2], *self._proof(case, lines)),
            patch=case.patch,
            alternatives=case.alternatives,
            formula_wrong=fill(bug.formula_wrong, names),
            formula_right=fill(bug.formula_right, names),
            file=source.file if source is not None and line is not None else None,
        )
