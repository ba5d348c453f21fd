"""Diagnose a file, every network in it, or a folder's files, and repair a file by a patch that was verified."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig
from gradcheck.diagnosis.programs.program import SourceText, UnavailableError
from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.patience import Patience
from gradcheck.records import RENDERERS, CheckReport, DiagnosedBug, Diagnosis, Finding, ReportSet, Severity, Verdict
from gradcheck.submissions.check_file import checked
from gradcheck.submissions.configuration import find_settings
from gradcheck.submissions.course import Course
from gradcheck.submissions.exchange.elsewhere import Elsewhere
from gradcheck.submissions.exchange.protocol import Frame
from gradcheck.submissions.exchange.remote_program import RemoteProgram, beside
from gradcheck.submissions.exchange.session import Session
from gradcheck.submissions.folder import each_file
from gradcheck.submissions.isolation.places import Reach
from gradcheck.submissions.isolation.terms import Terms
from gradcheck.submissions.request import TIME_LIMIT, Request, requested, unless_default
from gradcheck.submissions.text.ascent import DESCENDS
from gradcheck.submissions.text.locating import located_all
from gradcheck.submissions.text.patching import applied, back_up, write_bytes, write_like
from gradcheck.submissions.text.rewriting import contents, local_patch
from gradcheck.submissions.text.source import Source, read_source
from gradcheck.submissions.verdict import invalid

__all__ = ["Repair", "as_diagnosis", "diagnose_file", "diagnose_path", "diagnose_request", "repair_file"]

# Added to a seed for the points at which a repaired file is verified.
VERIFYING = 7919
# Interfaces whose problem somebody's own function builds, at other sizes too.
BUILT = ("adapter", "problem-function")
# Of a name that rests on what a file writes down, and on no experiment.
AS_WRITTEN = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a file is, and what was done to it.

    Attributes
    ----------
    report : Diagnosis or ReportSet
    patch : str or None
        The unified diff with which every network of the file was seen to pass.
    written : bool
        Whether it was written into the file.
    backup : Path or None
        Where the old text is; of several files that of the first.
    files, backups : tuple of Path
        Every file that was written, and where its old text is.
    """

    report: Diagnosis | ReportSet
    patch: str | None = None
    written: bool = False
    backup: Path | None = None
    files: tuple[Path, ...] = ()
    backups: tuple[Path, ...] = ()

    def _repr_html_(self) -> str:
        return RENDERERS["html"](self)


def diagnose_path(
    path: str | Path, *, adapter: str | Path | None = None, ignore: Sequence[str] | None = None, **options: Any
) -> Diagnosis | ReportSet:
    """Diagnose a file, or every Python file of a folder and below it.

    Parameters
    ----------
    path : str or Path
    adapter : str or Path, optional
        For every file alike.
    ignore : sequence of str, optional
        Patterns of files in a folder that are left out, such as ``tests/*``.
    **options
        As for ``diagnose_file``; ``None`` says nothing. Settings are those beside ``path``, for every file alike.

    Raises
    ------
    SubmissionError
        If a folder holds no Python file, a single file cannot be loaded, or the settings cannot be used.
    """
    settings = find_settings(Path(path))
    report = each_file(
        path,
        lambda file: _located(*diagnose_request(requested(file, settings, adapter=adapter, **options))),
        adapter=settings.adapter if adapter is None else adapter,
        ignore=settings.ignore if ignore is None else ignore,
        refused=lambda file, reason: as_diagnosis(invalid(file, reason)),
    )
    return report if isinstance(report, ReportSet) else as_diagnosis(report)


def diagnose_file(
    path: str | Path,
    *,
    adapter: str | Path | None = None,
    rng: np.random.Generator | int | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    config: CheckConfig | None = None,
    time_limit: float = TIME_LIMIT,
    keywords: Mapping[str, Any] | None = None,
    isolation: Terms | None = None,
) -> Diagnosis | ReportSet:
    """Check every network in a Python file, and name what is wrong with each: the bug, its line, and a verified patch.

    Parameters
    ----------
    path : str or Path
    adapter, rng, rtol, atol, config, keywords, isolation
        As for ``check_file``.
    time_limit : float
        Seconds that loading, any single question, and the diagnosis of any one network may take. The default itself
        gives way to settings.

    Returns
    -------
    Diagnosis or ReportSet
        One, or one for each network when there are several.

    Raises
    ------
    SubmissionError
        As for ``check_file``.
    """
    request = requested(
        path, adapter=adapter, rng=rng, rtol=rtol, atol=atol, config=config, time_limit=unless_default(time_limit),
        keywords=keywords, isolation=isolation,
    )  # fmt: skip
    return _located(*diagnose_request(request))


def diagnose_request(request: Request) -> tuple[Diagnosis | ReportSet, Source]:
    """What ``diagnose_file`` returns, with lines and patches of the whole program's text, and that program."""
    examiner = _Examiner(request)
    course = Course(request, examiner)
    examiner.text, examiner.reach = course.source.text, course.reach
    report = course.run()
    results = report.results if isinstance(report, ReportSet) else (report,)
    diagnoses = [_trusted(as_diagnosis(result), examiner, len(results)) for result in results]
    return diagnoses[0] if len(diagnoses) == 1 else ReportSet(results=tuple(diagnoses)), course.source


def _located(report: Diagnosis | ReportSet, source: Source) -> Diagnosis | ReportSet:
    found = located_all(report, source)
    assert isinstance(found, (Diagnosis, ReportSet))
    return found


def repair_file(
    path: str | Path, *, write: bool = False, backup: bool = True, adapter: str | Path | None = None, **options: Any
) -> Repair:
    """Find a patch with which every network of a file passes, and write it if that is asked for.

    Parameters
    ----------
    path : str or Path
    write : bool
        Whether to change the file; encoding, line endings and permissions are kept.
    backup : bool
        Whether the old text is then kept beside it, as ``NAME.orig``.
    adapter, **options
        As for ``diagnose_file``.

    Raises
    ------
    SubmissionError
        As for ``diagnose_file``; also when the file has changed meanwhile, a backup of other content exists, or
        something cannot be written. The file is then as it was.
    """
    file = Path(path)
    before = file.read_bytes() if file.is_file() else b""
    raw, source = diagnose_request(requested(file, adapter=adapter, **options))
    report = _located(raw, source)
    patch = _common_patch(raw)
    shown = local_patch(source, patch)
    if patch is None or not write:
        return Repair(report=report, patch=shown)
    if file.read_bytes() != before or read_source(file).text != source.text:
        raise SubmissionError(tr("{file} has changed while it was diagnosed: it was left as it is.", file=file))
    changed = contents(source, _patched(patch, source))
    kept = [back_up(place) for place in changed] if backup else []
    for place, content in changed.items():
        if isinstance(content, str):
            write_like(place, content)
        else:
            write_bytes(place, content)
    return Repair(
        report=report, patch=shown, written=True, backup=kept[0] if kept else None, files=tuple(changed),
        backups=tuple(kept),
    )  # fmt: skip


def as_diagnosis(report: CheckReport) -> Diagnosis:
    """A check's report as a diagnosis that names nothing."""
    if isinstance(report, Diagnosis):
        return report
    return Diagnosis(**{field.name: getattr(report, field.name) for field in dataclasses.fields(report)})


def _turned_round(report: CheckReport) -> Diagnosis:
    """A step that goes down what is to be climbed: its gradient is right but for the sign of the update."""
    finding = report.finding(DESCENDS)
    assert finding is not None
    evidence = tr("Every block is -1 times the gradient of a step that climbs it.")
    bug = DiagnosedBug(
        bug="sign-flip", blocks=tuple(block.name for block in report.blocks), confidence=AS_WRITTEN,
        message=finding.message, evidence=(evidence,),
    )  # fmt: skip
    return dataclasses.replace(as_diagnosis(report), diagnoses=(bug,))


class _Examiner:
    """Diagnoses one network after the other; ``counts`` are the networks that verified texts were seen to hold."""

    def __init__(self, request: Request) -> None:
        self._request, self._file = request, request.file
        rng = request.rng
        self._rng = rng.spawn(1)[0] if isinstance(rng, np.random.Generator) else np.random.default_rng(rng or 0)
        self._seed = int(self._rng.integers(1 << 30))
        self.text = ""
        self.reach = Reach()
        self.counts: dict[str, int] = {}

    def __call__(self, session: Session, introduction: Frame, report: CheckReport) -> CheckReport:
        if report.verdict is Verdict.INVALID and not report.blocks:
            return report
        if report.finding(DESCENDS) is not None:
            return _turned_round(report)
        left = Patience(self._request.time_limit).left
        source = SourceText(name=self._file.name, text=self.text)
        about = {name: getattr(report, name) for name in ("file", "interface", "network", "loss")}
        verify = functools.partial(self._verify, original=report, time_left=left)
        try:
            from gradcheck.diagnosis import diagnose_program  # type: ignore[attr-defined,unused-ignore]

            with contextlib.ExitStack() as stack:
                elsewhere = Elsewhere(
                    stack, self._request.opening(), introduction, source, verify, left, reach=self.reach
                )
                built = report.interface in BUILT
                program = RemoteProgram(
                    session, introduction, source, verify, left=left,
                    elsewhere=None if built else elsewhere.program, restart=elsewhere.reload,
                )  # fmt: skip
                found: Diagnosis = diagnose_program(
                    program,
                    report,
                    rng=np.random.default_rng(self._seed),
                    deadline=left,
                )
        except Exception as error:  # what is known of the gradient is not lost over its explanation
            reason = str(error) or type(error).__name__
            if not isinstance(error, UnavailableError):
                reason = f"{type(error).__name__}: {reason}"
            note = Finding(
                id="diagnosis-incomplete",
                severity=Severity.WARNING,
                message=tr("The diagnosis could not be carried through: {reason}", reason=reason[:500]),
            )
            found = dataclasses.replace(as_diagnosis(report), findings=(*report.findings, note))
        return dataclasses.replace(found, **about)

    def _verify(self, text: str, original: CheckReport, time_left: Callable[[], float]) -> CheckReport:
        left = time_left()
        if left <= 0.0:
            raise UnavailableError(tr("the time for this file is used up"))
        with beside(self._file, text) as copy:
            try:
                report = checked(
                    dataclasses.replace(
                        self._request,
                        file=copy,
                        rng=np.random.default_rng(self._seed + VERIFYING),
                        time_limit=min(self._request.time_limit, left),
                        isolation=Terms(reach=self.reach.beside(copy), require=self._request.isolation.require),
                    )
                )
            except SubmissionError as error:
                raise UnavailableError(tr("with this text {error}", error=error)) from None
        results = report.results if isinstance(report, ReportSet) else (report,)
        self.counts[text] = len(results)
        same = [result for result in results if _continues(original, result)]
        if len(same) != 1:
            raise UnavailableError(tr("with this text the file holds other networks"))
        return same[0]


def _continues(original: CheckReport, report: CheckReport) -> bool:
    """Whether a report is of the same network: of all its parameters, and maybe of one that nothing updated before."""
    before, after = ({(block.name, block.shape) for block in each.blocks} for each in (original, report))
    return report.network == original.network and before <= after


def _trusted(diagnosis: Diagnosis, examiner: _Examiner, networks: int) -> Diagnosis:
    """A patch with which the file holds another number of networks is none."""
    if diagnosis.patch is None or not diagnosis.patch_verified:
        return diagnosis
    try:
        count = examiner.counts.get(applied(diagnosis.patch, examiner.text))
    except ValueError:
        count = math.nan  # type: ignore[assignment]
    if count is None or count == networks:
        return diagnosis
    return dataclasses.replace(diagnosis, patch=None, patch_verified=False)


def _common_patch(report: Diagnosis | ReportSet) -> str | None:
    """The patch that all networks that fail agree on."""
    results = report.results if isinstance(report, ReportSet) else (report,)
    wrong = [result for result in results if result.verdict is Verdict.FAIL]
    patches = {r.patch if isinstance(r, Diagnosis) and r.patch_verified else None for r in wrong}
    return patches.pop() if len(patches) == 1 else None


def _patched(patch: str, source: Source) -> str:
    try:
        return applied(patch, source.text)
    except ValueError as error:
        raise SubmissionError(
            tr("the patch does not fit {path}: {error}. The file was left as it was.", path=source.path, error=error)
        ) from None
