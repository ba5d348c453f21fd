"""The course of looking at one file: its networks one after the other, each checked; all verdicts are computed here."""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.checks import CheckConfig, check
from gradcheck.errors import GradcheckError, SubmissionError
from gradcheck.problem import Problem
from gradcheck.records import CheckReport, Evaluations, Finding, ReportSet, Severity, Verdict
from gradcheck.submissions.adapter import template
from gradcheck.submissions.clipping import announce_clipping, clipped_gradients
from gradcheck.submissions.conduct import conduct
from gradcheck.submissions.instrument import instrument
from gradcheck.submissions.isolation.confinement import Level, Reached
from gradcheck.submissions.isolation.places import Reach, reach_of
from gradcheck.submissions.isolation.terms import Terms
from gradcheck.submissions.package import Program, programs_in
from gradcheck.submissions.protocol import Frame
from gradcheck.submissions.remote import RemoteDriver, parse_findings
from gradcheck.submissions.session import Session, SessionError, Status
from gradcheck.submissions.source import Source, read_source
from gradcheck.submissions.standins import package_of
from gradcheck.submissions.used import Used

__all__ = ["TIME_LIMIT", "Course", "Examine", "each_file", "invalid"]

# Seconds for running the program up to its next network, and for any one question about it.
TIME_LIMIT = 20.0
# Seconds more for the first request: the interpreter and NumPy are there, other libraries may have to be loaded.
STARTING = 2.0
# Ratios of all blocks that agree to this are one constant; a smoothed loss moves each by about 1e-7.
RATIO_AGREEMENT = 1e-4
# Names of what is meant to be as large as possible; a negative one is meant to be small.
LIKELIHOOD = re.compile(r"^(?!.*(neg|nll)).*(likelihood|loglik)", re.IGNORECASE)
IGNORED_FOLDERS = {".ipynb_checkpoints", "__pycache__", ".git", ".venv", "venv", "node_modules", "site-packages"}

# (session, introduction of the network, its report) -> the report to keep; the program stands still meanwhile.
Examine = Callable[[Session, Frame, CheckReport], CheckReport]


def each_file(
    path: str | Path,
    ask: Callable[[Path], CheckReport | ReportSet],
    *,
    adapter: str | Path | None = None,
    refused: Callable[[Path, str], CheckReport] | None = None,
    ignore: Sequence[str] = (),
) -> CheckReport | ReportSet:
    """Ask for a file, or for every program of a folder and below it: each file and notebook that no other imports.

    Parameters
    ----------
    path : str or Path
    ask : callable
        ``ask(file)`` returns what it holds, or raises ``SubmissionError``.
    adapter : str or Path, optional
        A file that is no submission.
    refused : callable, optional
        ``refused(file, reason)`` stands for a file of a folder that cannot be loaded.
    ignore : sequence of str
        Patterns of files that are none, as in ``tests/*``, relative to the folder.

    Raises
    ------
    SubmissionError
        If a folder holds no Python file and no notebook, or a single file cannot be loaded.
    """
    root = Path(path)
    if not root.is_dir():
        return ask(root)
    skip = Path(adapter).resolve() if adapter is not None else None
    files = [
        file
        for file in sorted((*root.rglob("*.py"), *root.rglob("*.ipynb")))
        if not IGNORED_FOLDERS & set(file.relative_to(root).parts)
        and not (skip is not None and _is_same(file, skip))
        and not any(fnmatch.fnmatch(file.relative_to(root).as_posix(), pattern) for pattern in ignore)
    ]
    if not files:
        raise SubmissionError(f"{root} holds no Python file and no notebook: pass a .py file, or a folder with some.")
    strays = {file: reason for file in files if (reason := _stray(file, root)) is not None}
    programs = programs_in([file for file in files if file not in strays])
    found = [(program, _results(program.file, ask, refused or invalid)) for program in programs]
    good = {member for program, results in found for member in program.group if any(map(_is_network, results))}
    results = [(refused or invalid)(file, reason) for file, reason in strays.items()]
    seen: set[Any] = set()
    for program, reports in found:
        shared = len(program.group) > 1
        for report in reports:
            if shared and not _is_network(report) and program.file in good:
                continue  # a helper, or a test, of a program that was checked
            key = _network_key(report, program) if shared else None
            if key is None or key not in seen:
                results.append(report)
            seen.add(key)
    return ReportSet(results=tuple(results))


def _results(
    file: Path,
    ask: Callable[[Path], CheckReport | ReportSet],
    refused: Callable[[Path, str], CheckReport],
) -> tuple[CheckReport, ...]:
    try:
        report = ask(file)
    except SubmissionError as error:
        report = dataclasses.replace(refused(file, str(error)), **error.run)
    return report.results if isinstance(report, ReportSet) else (report,)


def _is_network(report: CheckReport) -> bool:
    """Whether a result is about a network, not about a file in which none was found."""
    return bool(report.blocks) or report.loss is not None


def _network_key(report: CheckReport, program: Program) -> Any:
    """Tells networks of files that hang together apart: its parameters, and the shared file that its loss is in."""
    place = re.search(r"\(([^()]+\.py), line \d+\)", report.loss or "")
    if place is None or not _is_network(report):
        return None
    return program.group, report.loss, tuple(block.name for block in report.blocks)


def _stray(file: Path, folder: Path) -> str | None:
    """Why an entry of somebody's folder is not looked at: a link is no way to a file that is not theirs."""
    try:
        place = file.resolve(strict=True)
    except (OSError, RuntimeError):
        return f"{file} is a link that leads nowhere."
    if not place.is_relative_to(folder.resolve()):
        return f"{file} is a link to a file outside of {folder}: check that file itself."
    return None if place.is_file() else f"{file} is no file: a pipe, a device or a folder."


def _is_same(file: Path, other: Path) -> bool:
    try:
        return file.resolve() == other
    except (OSError, RuntimeError):
        return False


class Course:
    """Asks for one network after the other, and checks each.

    Parameters
    ----------
    file : Path
    adapter : str or Path, optional
    rng, rtol, atol, config
        As for ``check``.
    time_limit : float
        Seconds that loading, and any single question, may take.
    keywords : mapping, optional
        Passed to the adapter's ``build``.
    isolation : Terms, optional
        What the file may read, and with how little isolation it is not run.
    examine : callable, optional
        What is done with each network that becomes a result, while its program stands still. If its process ends over
        that, another one goes on with the networks after it.

    Raises
    ------
    SubmissionError
        If the file or the adapter cannot be read, or is not Python.
    """

    def __init__(
        self,
        file: Path,
        *,
        adapter: str | Path | None = None,
        rng: np.random.Generator | int | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        config: CheckConfig | None = None,
        time_limit: float = TIME_LIMIT,
        keywords: Mapping[str, Any] | None = None,
        isolation: Terms | None = None,
        examine: Examine | None = None,
    ) -> None:
        source = self.source = read_source(file)
        if adapter is not None:
            read_source(Path(adapter))
        seed = rng if rng is None or isinstance(rng, np.random.Generator) else np.random.default_rng(rng)
        self._file = file
        self._options: dict[str, Any] = {"rng": seed, "rtol": rtol, "atol": atol, "config": config}
        self._time_limit, self._examine = time_limit, examine
        terms = isolation or Terms()
        self._required = terms.require
        self.reach = (terms.reach or reach_of(file)).also([] if adapter is None else [adapter])
        self.reach = self.reach.also(_own_modules(source, self.reach))
        self._used = Used()
        self._opening = {
            "path": str(file.resolve()),
            "adapter": None if adapter is None else str(Path(adapter).resolve()),
            "keywords": dict(keywords or {}),
        }
        self._clipped = clipped_gradients(source.tree)
        self._trains = bool(instrument(source.tree, source.text).loops)
        self._reports: list[CheckReport] = []
        self._notes: list[Finding] = [*source.findings, *conduct(source.tree)]
        self._refusal: str | None = None
        self._functions: list[str] = []
        self._driven: str | None = None
        self._lost = False  # the process, over what was done with a network after its check

    def run(self) -> CheckReport | ReportSet:
        """Until the program has ended.

        Raises
        ------
        SubmissionError
            If nothing was recognised as a network: what was looked for, and what it lacked.
        """
        done: int | None = 0
        while done is not None:
            with self._session() as session:
                done = self._go_on(session, done)
            self._used.add(session)
        return self._result()

    def _session(self) -> Session:
        """A process for the file, if it is shut in as far as is asked for."""
        try:
            session = Session(time_limit=self._time_limit, reach=self.reach)
        except SessionError as error:
            raise SubmissionError(f"{self._file.name} was not run: {error}.", {"status": "internal"}) from None
        reached = session.reached
        if self._required is not None and reached.level < self._required:
            session.close()
            raise SubmissionError(_too_little(self._file, reached, self._required), {"isolation": reached.to_dict()})
        if reached.level < Level.FULL and not any(note.id == "isolation-partial" for note in self._notes):
            self._note("isolation-partial", Severity.WARNING, _partial(reached))
        return session

    def _go_on(self, session: Session, skipped: int) -> int | None:
        """Go through the networks after the first few; how many are done, if another process must take the rest."""
        number = 0
        try:
            reply = session.request("open", self._opening, time_limit=session.time_limit + STARTING)
            while reply.op == "network":
                number += 1
                if number > skipped:
                    self._lost = False
                    self._take(session, reply)
                    if session.failure is not None:
                        return number if self._lost else None
                reply = session.request("next")
            self._finish(reply)
        except SessionError as error:
            if not skipped:
                self._stopped(error)
        return None

    def _result(self) -> CheckReport | ReportSet:
        """What was found; or why nothing was."""
        if not self._reports:
            message = f"{self._file.name}: {self._refusal or 'no network was found in it'}"
            raise SubmissionError(message, {**self._used.to_dict(), "details": self._details({})})
        reports = [
            dataclasses.replace(
                report,
                findings=(*report.findings, *self._notes),
                details=self._details(report.details),
                **self._used.to_dict(),
            )
            for report in self._reports
        ]
        return reports[0] if len(reports) == 1 else ReportSet(results=tuple(reports))

    def _details(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """With the traceback of what went wrong while the file was loaded, if anything did."""
        told = {"traceback": list(self._used.traceback)} if self._used.traceback else {}
        return {**details, **told}

    def _take(self, session: Session, introduction: Frame) -> None:
        """A network of the file's own use is a result; the same code at other sizes is a note to it."""
        report = self._check(session, introduction)
        if introduction.data.get("own_use") is not True and session.failure is None:
            instead = self._is_meant_for_one(report)
            if instead is not None:
                if instead:
                    self._reports = [self._kept(session, introduction, instead[0])]
                return
        function = introduction.data.get("function")
        own = [i for i, known in enumerate(self._functions) if known and known == function]
        if introduction.data.get("own_use") is True or not own:
            self._reports.append(self._kept(session, introduction, report))
            self._functions.append(_text(function))
            return
        if report.verdict is not Verdict.FAIL or session.failure is not None:
            return
        sizes = ", ".join(f"{block.name} {block.shape}" for block in report.blocks)
        message = f"Right as it is used here, but not at other sizes ({sizes}): {report.reason}"
        finding = Finding(id="other-sizes", severity=Severity.WARNING, message=message)
        for i in own:
            if self._reports[i].verdict is Verdict.PASS:
                self._reports[i] = dataclasses.replace(self._reports[i], findings=(*self._reports[i].findings, finding))

    def _kept(self, session: Session, introduction: Frame, report: CheckReport) -> CheckReport:
        """A result, after what is to be done with it while its program stands still."""
        if self._examine is None or session.failure is not None:
            return report
        examined = self._examine(session, introduction, report)
        self._lost = session.failure is not None
        return examined

    def _is_meant_for_one(self, report: CheckReport) -> list[CheckReport] | None:
        """Code that is driven for its author: a constant that only several outputs bring is none of its own use.

        None where it is not that code once more; else what takes the place of the first report, if anything does.
        """
        if not self._reports or self._driven is None or self._driven != report.network or len(self._reports) != 1:
            self._driven = report.network if not self._reports else None
            return None
        known, ratio = self._reports[0], _common_ratio(self._reports[0])
        if known.verdict is not Verdict.FAIL or report.verdict is not Verdict.PASS or ratio is None:
            return []
        message = (
            f"Right with one output, as it was checked here; with several outputs every block is {ratio:.6g} x the "
            "gradient of the loss: only one of the two divides by the number of outputs."
        )
        finding = Finding(id="other-sizes", severity=Severity.WARNING, message=message)
        return [dataclasses.replace(report, findings=(*report.findings, finding))]

    def _check(self, session: Session, introduction: Frame) -> CheckReport:
        data = introduction.data
        about: dict[str, Any] = {
            "file": str(self._file),
            "interface": _text(data.get("interface")),
            "network": _text(data.get("name")) or None,
            "loss": _text(data.get("loss")) or None,
        }
        try:
            driver = RemoteDriver(session, introduction)
            problem = Problem.from_driver(driver, sign=-1 if data.get("sign") == -1 else 1)
            report = check(problem, **self._options)
            if _climbs(report, about["loss"] or ""):
                report = _climbing(check(Problem.from_driver(driver, sign=-problem.sign), **self._options))
        except (GradcheckError, ValueError) as error:
            if session.failure is None:
                return dataclasses.replace(invalid(self._file, str(error)), **about)
            report = None
        except SessionError:
            report = None
        except Exception as error:  # answers that make no sense are the child's, not ours
            session.abandon(f"{type(error).__name__}: {str(error)[:500]}")
            report = None
        if session.failure is not None:
            failure = session.failure
            reason = f"the program stopped answering: {failure}"
            finding = Finding(id=f"stopped-{failure.status.name.lower()}", severity=Severity.ERROR, message=reason)
            return dataclasses.replace(invalid(self._file, reason), findings=(finding,), **about)
        assert report is not None
        report = _settle_decay(report, own_loss=data.get("own_loss") is True)
        report = announce_clipping(_settle_batches(report), self._clipped)
        report = _held_against(report, _text(data.get("held_against")))
        findings = (*report.findings, *parse_findings(data.get("findings")))
        return dataclasses.replace(report, findings=findings, **about)

    def _finish(self, reply: Frame) -> None:
        data = reply.data
        if reply.op == "unloadable":
            self._refusal = _text(data.get("message"))
            return
        if data.get("refusal") and not self._reports:
            self._refusal = _text(data.get("refusal"))
            return
        problems = [_text(item) for item in data.get("problems") or []]
        missing = [_text(item) for item in data.get("missing") or []]
        if missing:
            self._note(
                "missing-library",
                Severity.INFO,
                f"{', '.join(missing)} is not installed: an inert stand-in took its place.",
            )
        absent = [_text(item) for item in data.get("missing_data") or []]
        if absent:
            self._note("missing-data", Severity.INFO, f"{', '.join(absent)} not found: random numbers took its place.")
        if problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            self._note("program-error", Severity.WARNING, f"While the program ran: {problems[0]}{more}.")
        self._used.told(data)
        forbidden = [_text(item) for item in data.get("forbidden") or []]
        if forbidden:
            refused = f"It tried what gradcheck forbids a file, and was refused: {'; '.join(forbidden[:3])}."
            self._note("forbidden", Severity.WARNING, refused)
        exits = [_text(item) for item in data.get("exits") or []]
        if exits and not self._reports:
            self._ended(f"the program ends itself while it trains: {exits[0]}")
        if not self._reports:
            self._refusal = _refusal(self._file.name, data, problems, missing)

    def _stopped(self, error: SessionError) -> None:
        message = f"the program could not be run to its training: {error}"
        if not self._reports and error.status is Status.EXIT and self._trains:
            self._ended(message)
        elif not self._reports:
            cure = " Give it a longer --time-limit, or make it smaller." if error.status.name == "TIME" else ""
            self._refusal = f"{message}.{cure}"
        else:
            self._note(
                f"stopped-{error.status.name.lower()}",
                Severity.WARNING,
                f"After these results the program was stopped: {error}.",
            )

    def _ended(self, reason: str) -> None:
        """A program that trains, and ends its own process before any gradient is known, has a result."""
        finding = Finding(id="stopped-exit", severity=Severity.ERROR, message=reason)
        self._reports.append(dataclasses.replace(invalid(self._file, reason), findings=(finding,)))

    def _note(self, identifier: str, severity: Severity, message: str) -> None:
        self._notes.append(Finding(id=identifier, severity=severity, message=message))


def _climbs(report: CheckReport, loss: str) -> bool:
    """Whether what is called a likelihood is climbed: every block is its gradient with the other sign."""
    ratios = [block.ratio for block in report.blocks]
    opposite = all(ratio is not None and abs(ratio + 1.0) <= RATIO_AGREEMENT for ratio in ratios)
    return report.verdict is Verdict.FAIL and bool(ratios) and opposite and LIKELIHOOD.search(loss) is not None


def _climbing(report: CheckReport) -> CheckReport:
    """Said, since whoever means it to be descended must know."""
    message = (
        "The step climbs what is called a likelihood, as it should. Were it the negative likelihood, which is "
        "descended, every gradient would have the wrong sign."
    )
    finding = Finding(id="gradient-ascent", severity=Severity.INFO, message=message)
    return dataclasses.replace(report, findings=(*report.findings, finding))


def _common_ratio(report: CheckReport) -> float | None:
    """What every block is multiplied by, if that is one positive number."""
    ratios = [block.ratio for block in report.blocks]
    if any(ratio is None for ratio in ratios):
        return None
    found = [float(ratio) for ratio in ratios if ratio is not None]
    return found[0] if found and found[0] > 0 and np.ptp(found) <= RATIO_AGREEMENT * found[0] else None


def _held_against(report: CheckReport, against: str) -> CheckReport:
    """The reason names the loss that a verdict rests on, where that is none that the training uses."""
    if not against or report.verdict is Verdict.INVALID:
        return report
    first, line_break, rest = report.reason.partition("\n")
    return dataclasses.replace(report, reason=f"{first.rstrip('.')}; {against}{line_break}{rest}")


def _settle_decay(report: CheckReport, *, own_loss: bool) -> CheckReport:
    """What the step shrinks the parameters by must be in the loss that the file itself computes."""
    if report.verdict is not Verdict.INVALID or report.finding("weight-decay") is None:
        return report
    if not own_loss:
        reason = (
            "The step adds a penalty's gradient (weight decay), and the loop that updates computes no loss that "
            "would say which penalty is meant. Compute the loss, penalty included, beside the update, or use an "
            "adapter."
        )
        return dataclasses.replace(report, reason=reason)
    reason = f"the penalty in the gradient is not that of the loss: {report.reason}"
    return dataclasses.replace(report, verdict=Verdict.FAIL, reason=reason)


def _settle_batches(report: CheckReport) -> CheckReport:
    """Several updates in one turn of a loop: how their sum goes with one loss of the whole turn nobody knows."""
    if report.verdict is not Verdict.FAIL or report.finding("rate-dependent-step") is None:
        return report
    reason = (
        "One turn of the loop updates the parameters several times (batches), and the loss that was found belongs to "
        "the whole turn, so that the two cannot be compared. Compute the loss of each batch beside its update, or use "
        "an adapter."
    )
    return dataclasses.replace(report, verdict=Verdict.INVALID, reason=reason)


def _refusal(name: str, data: Mapping[str, Any], problems: list[str], missing: list[str]) -> str:
    lines = ["no network was recognised in it."]
    if problems:
        lines.append(f"While it ran: {problems[0].rstrip('.')}.")
    absent = [*missing, *filter(None, map(_absent_module, problems))]
    if absent:
        installed = " ".join(dict.fromkeys(map(package_of, absent)))
        lines.append(f"Not installed: {', '.join(dict.fromkeys(absent))}; install it: pip install {installed}.")
    lacks = [item for item in data.get("lacks") or [] if isinstance(item, Mapping)]
    lines.extend(f"- {_text(item.get('where'))}: {_text(item.get('lacks'))}" for item in lacks)
    if absent or data.get("crashed") is True:
        return "\n".join(lines)  # nobody can say yet whether an adapter is what it lacks
    names = data.get("names")
    lines.append(
        "What helps: a loop in the file that trains on data of its own; or a function gradcheck_problem() in it that "
        "returns a gradcheck.Problem. Or write an adapter and pass it with --adapter; one to start from:"
    )
    lines.append("\n" + template(name, names if isinstance(names, dict) else {}))
    return "\n".join(lines)


def _own_modules(source: Source, reach: Reach) -> list[Path]:
    """The files that a program imports, if none of them is a link to what the program may not read.

    Raises
    ------
    SubmissionError
    """
    for part in source.modules:
        place = part.path.resolve()
        if place != part.path.absolute() and not reach.covers(place):
            raise SubmissionError(
                f"{part.path.name}, which {source.path.name} imports, is a link to outside its folder."
            )
    return [part.path for part in source.modules]


def _partial(reached: Reached) -> str:
    """Said loudly: what stands between the file and this machine."""
    lacking = f" Missing here: {'; '.join(reached.lacking)}." if reached.lacking else ""
    return (
        f"The file did not run in full isolation, but in {reached.level.words}.{lacking} Run only files that you "
        "trust, or see `gradcheck sandbox`."
    )


def _too_little(file: Path, reached: Reached, required: Level) -> str:
    lacking = f" Missing here: {'; '.join(reached.lacking)}." if reached.lacking else ""
    return (
        f"{file.name} was not run: isolation '{required.name.lower()}' is required, and this machine gives "
        f"'{reached.level.name.lower()}' ({reached.level.words}).{lacking} See `gradcheck sandbox`, or require less."
    )


def _absent_module(problem: str) -> str | None:
    """The library that an import did not find."""
    found = re.match(r"ModuleNotFoundError: No module named '([\w.]+)'", problem)
    return found[1].partition(".")[0] if found else None


def _text(value: Any) -> str:
    return str(value)[:4000] if value is not None else ""


def invalid(file: Path, reason: str) -> CheckReport:
    """The report of a file of which nothing could be checked."""
    return CheckReport(
        verdict=Verdict.INVALID,
        reason=reason,
        blocks=(),
        evaluations=Evaluations(loss=0, gradient=0),
        power={},
        file=str(file),
    )
