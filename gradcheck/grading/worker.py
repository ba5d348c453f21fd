"""Grades one submission: what a worker of a pool runs. A submission's faults are results; it raises for ours alone."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck._version import __version__
from gradcheck.errors import GradcheckError, GradingError
from gradcheck.grading.assignment.records import Assignment, Integrity
from gradcheck.grading.batch.work import Work
from gradcheck.grading.corrected import Fixed, Given, fixed_by_adjoints, fixed_by_patches, right_given_forward
from gradcheck.grading.discretion import Discretion, plain, said
from gradcheck.grading.fingerprint import fingerprint
from gradcheck.grading.follow_through import as_carried_before, charged_at_forward, follow_through
from gradcheck.grading.integrity import integrity_findings, memorised
from gradcheck.grading.items import MEASURES, QUESTIONS
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.faults import without_place
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.marking import marks
from gradcheck.grading.records import GradeRecord, State
from gradcheck.grading.reference.network import Expected
from gradcheck.grading.reference.points import Point, hidden_points, point_of
from gradcheck.grading.reference.reference import Reference
from gradcheck.grading.reference.sources import reference_of
from gradcheck.grading.roughness import rough_gradient
from gradcheck.grading.subject.driving import Driving, driving_of
from gradcheck.grading.subject.naming import renamed
from gradcheck.grading.subject.opening import opened
from gradcheck.grading.subject.staging import Staged, staged
from gradcheck.grading.subject.subject import Subject
from gradcheck.grading.subject.ungradable import UngradableError
from gradcheck.language import tr
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis, Finding, ReportSet, Severity, Verdict
from gradcheck.submissions.diagnose_file import as_diagnosis, diagnose_request
from gradcheck.submissions.exchange.protocol import text_of
from gradcheck.submissions.isolation.terms import Terms
from gradcheck.submissions.request import Request
from gradcheck.submissions.text.locating import located

__all__ = ["DIAGNOSIS_TIME", "grade_work"]

# Seconds that naming what is wrong with one submission may take.
DIAGNOSIS_TIME = 20.0
# Items that may run long or end the process go after the others; what the process says at its end comes last.
LATE = {"update": 1, "robustness": 2, "purity": 2, "property": 3, "convergence": 4, "loads": 5}
# Of the points of fingerprints: the assignment's own, whatever the hidden points are.
FINGERPRINT_SEEDS = (104_729, 1_299_709)
FINGERPRINT_BATCH = 5
NO_MODULE = re.compile(r"No module named '([^']+)'")
# Tells the data of a diagnosis, whose seed the program could see, from the hidden points.
DIAGNOSING = 7919


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What all submissions of an assignment have in common: computed once by each process."""

    driving: Driving
    reference: Reference
    points: tuple[Point, ...]
    expected: tuple[Expected, ...]
    printed: tuple[Point, ...]


_PREPARED: dict[tuple[str, int], _Prepared] = {}


def grade_work(
    work: Work,
    assignment: Assignment,
    *,
    seed: int,
    diagnose: bool = True,
    known: Mapping[str, Any] | None = None,
    time_limit: float = DIAGNOSIS_TIME,
) -> GradeRecord:
    """Grade one submission.

    Parameters
    ----------
    work : Work
    assignment : Assignment
    seed : int
        Of the hidden points, where the assignment gives none.
    diagnose : bool
        Whether what is wrong is named, and later steps are looked at with it put right.
    known : mapping, optional
        The diagnosis, in JSON form, of another submission whose gradient is wrong in the same way.
    time_limit : float
        Seconds that the diagnosis may take.

    Returns
    -------
    GradeRecord
        Of the state ``UNGRADABLE`` where it could not be run, with the cure; ``INTERNAL`` over a fault of the tool.

    Raises
    ------
    GradingError
        If the assignment cannot be graded at all: its interface, its reference, or a library that it needs.
    """
    seed = assignment.hidden.seed if assignment.hidden.seed is not None else seed
    unrun = GradeRecord(
        submission=work.key, digest=work.digest, assignment=assignment.digest, version=__version__, seed=seed,
        state=State.UNGRADABLE, reason=work.fault or "", cure=work.cure,
    )  # fmt: skip
    if work.fault is not None:
        return unrun
    prepared = _prepare(assignment, seed)
    discretion: Discretion | None = None
    try:
        with staged(work.path, assignment.interface, prepared.driving.text) as program:
            discretion = _discretion(program, assignment, prepared.driving)
            grader = _Grader(program, assignment, prepared, seed, discretion)
            return dataclasses.replace(unrun, **grader.grade(diagnose=diagnose, known=known, time_limit=time_limit))
    except UngradableError as error:
        return dataclasses.replace(unrun, **_unrun(error, discretion))
    except GradingError:
        raise
    except Exception as error:  # noqa: BLE001 (one submission's is not the end of a class)
        reason = f"{type(error).__name__}: {str(error)[:500]}"
        return dataclasses.replace(unrun, state=State.INTERNAL, reason=reason)


class _Grader:
    """One submission's course."""

    def __init__(
        self, program: Staged, assignment: Assignment, prepared: _Prepared, seed: int, discretion: Discretion
    ) -> None:
        self._program, self._assignment, self._prepared, self._seed = program, assignment, prepared, seed
        self._discretion = discretion

    def grade(self, *, diagnose: bool, known: Mapping[str, Any] | None, time_limit: float) -> dict[str, Any]:
        """The fields of a record that depend on the submission."""
        prepared, assignment = self._prepared, self._assignment
        subject: Subject = opened(self._program, assignment, prepared.driving)
        try:
            points, expected = self._points(subject)
            bench = Bench(subject, assignment, prepared.reference, points, expected, self._seed)
            if not bench.is_as_declared():
                subject.settle(points[0], expected[0].values)
                bench = Bench(subject, assignment, prepared.reference, points, expected, self._seed)
            measured = self._measured(bench)
            report = bench.report
            print_ = self._fingerprint(bench) if self._is_wrong(bench) else None
            raw = self._diagnosed(bench, time_limit) if diagnose and print_ is not None and known is None else None
            bugs = raw.diagnoses if raw is not None else _bugs_of(known)
            fixed = self._fixed(bench, raw, measured) if diagnose and print_ is not None else []
            given = self._right_given_forward(bench, measured)
            carried = follow_through(bench, measured, fixed, given)
            if known is not None:
                carried |= as_carried_before(assignment, measured, known)
            repeated = tuple(memorised(bench.points, _answers(bench)))
            rough = None if _is_told(report) else rough_gradient(bench)
            measured |= {
                leaf.path: MEASURES["loads"](bench, leaf) for leaf in assignment.leaves if leaf.checks == "loads"
            }
            told = subject.told()
            _require_own_modules(bench, told)
        finally:
            subject.close()
        shown = None if raw is None else located(raw, self._program.source)
        full: CheckReport = shown if shown is not None else _with_known(report, known)
        if shown is None:
            full = dataclasses.replace(full, **subject.used)
        full = dataclasses.replace(full, reason=plain(full.reason))
        found = marks(assignment, measured, full.diagnoses if isinstance(full, Diagnosis) else bugs, carried)
        findings = integrity_findings(self._program.source.tree, assignment.integrity, full, subject.ended, told)
        return {
            "state": State.GRADED,
            "reason": tr(State.GRADED.value),
            "marks": tuple(map(self._discretion.mark, found)),
            "report": dataclasses.replace(full, file=self._program.file.name),
            "findings": (*findings, *repeated, *(() if rough is None else (rough,))),
            "fingerprint": print_,
            "curves": {name: curve for item in measured.values() for name, curve in item.curves.items()},
        }

    def _right_given_forward(self, bench: Bench, measured: Mapping[str, Measured]) -> Given:
        """What only the forward pass makes wrong; looked for in its text, where no call takes its values."""
        driven = self._prepared.driving
        if driven.text is None or not charged_at_forward(bench, measured):
            return Given()
        return right_given_forward(bench, self._program, driven)

    def _points(self, subject: Subject) -> tuple[Sequence[Point], Sequence[Expected]]:
        """The hidden points, of as many samples as the program takes."""
        prepared, hidden = self._prepared, self._assignment.hidden
        if subject.batch is None or subject.batch == hidden.batch:
            return prepared.points, prepared.expected
        resized = dataclasses.replace(self._assignment, hidden=dataclasses.replace(hidden, batch=subject.batch))
        points = hidden_points(resized, self._seed)
        return points, [prepared.reference.expected(point) for point in points]

    def _measured(self, bench: Bench) -> dict[str, Measured]:
        """Every item but loading, those that may end the process last."""
        leaves = [leaf for leaf in self._assignment.leaves if leaf.checks not in (None, "loads")]
        leaves = sorted(leaves, key=lambda leaf: LATE.get(str(leaf.checks), 0))
        first = [leaf for leaf in leaves if LATE.get(str(leaf.checks), 0) == 0]
        found = {leaf.path: MEASURES[str(leaf.checks)](bench, leaf) for leaf in first}
        together = [leaf for leaf in leaves if leaf.checks in QUESTIONS]
        bench.ask_ahead([question for leaf in together for question in QUESTIONS[str(leaf.checks)](bench, leaf)])
        return found | {leaf.path: MEASURES[str(leaf.checks)](bench, leaf) for leaf in leaves if leaf not in first}

    @staticmethod
    def _is_wrong(bench: Bench) -> bool:
        """Whether there is something to name: a gradient that is not that of its own loss."""
        return bench.report.verdict is Verdict.FAIL or not all(reply.complete for reply in bench.gradients)

    def _fingerprint(self, bench: Bench) -> str:
        printed, batch = self._prepared.printed, bench.subject.batch
        if batch is not None:
            printed = tuple(point_of(self._assignment.network, batch=batch, seed=n) for n in FINGERPRINT_SEEDS)
        replies = bench.subject.gradient(printed) if bench.subject.can("gradient") else ()
        agreement = bench.loss_agreement
        if agreement.right:
            return fingerprint(replies, agreement.constant)
        losses = bench.subject.ask("loss", printed, ("loss",)) if bench.subject.can("loss") else ()
        values = [float(reply.values["loss"]) if reply.complete else float("nan") for reply in losses]
        return fingerprint(replies, also=values)

    def _diagnosed(self, bench: Bench, time_limit: float) -> Diagnosis | None:
        """What is wrong by name; lines and patches are of the program's whole text."""
        keywords: dict[str, Any] = {}
        if self._prepared.driving.text is not None:
            form = self._prepared.driving.forms.index(bench.subject.form)
            drawn = np.random.SeedSequence([self._seed, DIAGNOSING]).generate_state(1)[0]
            keywords = {"seed": int(drawn) >> 1, "form": form}
        request = Request(
            file=self._program.file, adapter=self._program.adapter, rng=np.random.default_rng(self._seed),
            time_limit=time_limit, keywords=keywords, isolation=Terms(reach=self._program.reach),
        )  # fmt: skip
        try:
            report, _source = diagnose_request(request)
        except GradcheckError:
            return None
        found = _meant(report, bench.subject.names)
        return renamed(as_diagnosis(found), bench.subject.names)

    def _fixed(self, bench: Bench, raw: Diagnosis | None, measured: Mapping[str, Measured]) -> list[Fixed]:
        """What shows which errors are whose: patches first, else adjoints put in."""
        program, driving = self._program, self._prepared.driving
        if raw is not None and (raw.patch_verified or any(bug.patch for bug in raw.diagnoses)):
            patch = raw.patch if raw.patch_verified else None
            found = fixed_by_patches(bench, program, driving, raw.diagnoses, patch, measured)
            if found:
                return found
        lines = [line for bug in (raw.diagnoses if raw is not None else ()) for line in bug.lines]
        return fixed_by_adjoints(bench, program, driving, lines)


def _is_told(report: CheckReport) -> bool:
    """Whether the gradient was seen to be a difference quotient."""
    return any(finding.id == "numerical-gradient" for finding in report.findings)


def _meant(report: Diagnosis | ReportSet, names: Mapping[str, str]) -> CheckReport:
    """Of several networks of a file the one that was marked."""
    results = report.results if isinstance(report, ReportSet) else (report,)
    return next((item for item in results if names and {b.name for b in item.blocks} == set(names)), results[0])


def _prepare(assignment: Assignment, seed: int) -> _Prepared:
    key = (assignment.digest or repr(assignment), seed)
    if key not in _PREPARED:
        driving = driving_of(assignment)
        reference = reference_of(assignment, driving)
        points = hidden_points(assignment, seed)
        _PREPARED.clear()  # one class at a time
        _PREPARED[key] = _Prepared(
            driving=driving,
            reference=reference,
            points=points,
            expected=tuple(reference.expected(point) for point in points),
            printed=tuple(
                point_of(assignment.network, batch=FINGERPRINT_BATCH, seed=number) for number in FINGERPRINT_SEEDS
            ),
        )
    return _PREPARED[key]


def _require_own_modules(bench: Bench, told: Mapping[str, Any]) -> None:
    """Of a file that imports what was not handed in, and of which nothing runs: that it lacks it, with the cure.

    Raises
    ------
    UngradableError
    """
    problems = [text_of(item) for item in told.get("problems") or []]
    lacking = next((found for problem in problems if (found := NO_MODULE.search(problem))), None)
    if lacking is None or any(reply.complete for replies in _answers(bench).values() for reply in replies):
        return
    module = said(lacking[1])
    raise UngradableError(
        tr(
            "it imports {module}, which is neither among the files that were handed in nor a library that is "
            "installed: {error}",
            module=module,
            error=said(without_place(lacking.string)),
        ),
        tr(
            "Hand in {file} as well, in one archive with the file that imports it; if it is a library, do without it.",
            file=f"{said(lacking[1].partition('.')[0])}.py",
        ),
    )


def _answers(bench: Bench) -> dict[str, Sequence[Any]]:
    found: dict[str, Sequence[Any]] = {}
    if bench.subject.can("forward"):
        found["output"] = bench.forward
    if bench.subject.can("loss"):
        found["loss"] = bench.losses
    found["gradient"] = bench.gradients
    return found


def _discretion(program: Staged, assignment: Assignment, driving: Driving) -> Discretion:
    """What students are shown of a program's words: sizes are no secret."""
    batches = (assignment.hidden.batch, assignment.data.samples)
    sizes = (*assignment.network.sizes, *(size for size in batches if size))
    ours = [tr("took longer than {seconds:g} seconds", seconds=assignment.limits.time)]
    source, numbers = program.source, assignment.hidden.told
    return Discretion(source.text, source.tree, sizes, driving.text, ours, numbers=numbers)


def _unrun(error: UngradableError, discretion: Discretion | None) -> dict[str, Any]:
    """The fields of a record of what could not be run; all that its program says is told to staff."""
    findings, reason = _ended(error), str(error)
    if discretion is None:
        return {"reason": plain(reason), "cure": plain(error.cure), "findings": findings}
    shown = discretion.shown(reason)
    if shown != plain(reason):
        findings = (*findings, Finding(id="ended-with", severity=Severity.INFO, message=plain(reason)))
    return {"reason": shown, "cure": discretion.shown(error.cure), "findings": findings}


def _ended(error: UngradableError) -> tuple[Finding, ...]:
    ended = [] if error.status is None else [error.status]
    return integrity_findings(ast.Module(body=[], type_ignores=[]), Integrity(), None, ended, {})


def _bugs_of(known: Mapping[str, Any] | None) -> tuple[DiagnosedBug, ...]:
    """Of another submission's diagnosis what is true of this one too: lines and patches are not."""
    if known is None:
        return ()
    return tuple(
        DiagnosedBug(
            bug=str(item["bug"]), same_as=tuple(item.get("same_as", ())), blocks=tuple(item.get("blocks", ())),
            confidence=float(item.get("confidence") or 0.0), message=str(item.get("message", "")),
            formula_wrong=str(item.get("formula_wrong", "")), formula_right=str(item.get("formula_right", "")),
        )
        for item in known.get("diagnoses", ())
    )  # fmt: skip


def _with_known(report: CheckReport, known: Mapping[str, Any] | None) -> CheckReport:
    if known is None or report.verdict is not Verdict.FAIL:
        return report
    return dataclasses.replace(as_diagnosis(report), diagnoses=_bugs_of(known))
