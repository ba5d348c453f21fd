"""The course of looking at one file: its networks one after the other, each checked; no verdict of a child's counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.errors import SubmissionError
from gradcheck.language import clauses, listed, sentence, tr
from gradcheck.records import CheckReport, Finding, ReportSet, Severity, Verdict
from gradcheck.submissions.exchange.protocol import Frame, text_of
from gradcheck.submissions.exchange.session import Session, SessionError, Status
from gradcheck.submissions.exchange.used import Used
from gradcheck.submissions.instrumenting.instrument import instrument
from gradcheck.submissions.isolation.confinement import Level
from gradcheck.submissions.isolation.places import Reach, reach_of
from gradcheck.submissions.recognition.outputs_meant import Outputs, outputs_meant
from gradcheck.submissions.refusal import partly_isolated, refusal, too_little_isolation, trouble
from gradcheck.submissions.request import Request
from gradcheck.submissions.text.clipping import clipped_gradients
from gradcheck.submissions.text.conduct import conduct
from gradcheck.submissions.text.source import Source, read_source
from gradcheck.submissions.verdict import check_network, common_ratio, invalid

__all__ = ["Course", "Examine"]

# Seconds more for the first request: the interpreter and NumPy are there, other libraries may have to be loaded.
STARTING = 2.0
# Networks of one file; a process that was changed could offer them without end.
MAX_NETWORKS = 40

# (session, introduction of the network, its report) -> the report to keep; the program stands still meanwhile.
Examine = Callable[[Session, Frame, CheckReport], CheckReport]


class Course:
    """Asks for one network after the other, and checks each.

    Parameters
    ----------
    request : Request
    examine : callable, optional
        What is done with each network that becomes a result, while its program stands still. If its process ends over
        that, another one goes on with the networks after it.

    Raises
    ------
    SubmissionError
        If the file or the adapter cannot be read, or is not Python.
    """

    def __init__(self, request: Request, examine: Examine | None = None) -> None:
        source = self.source = read_source(request.file)
        if request.adapter is not None:
            read_source(request.adapter)
        if request.rng is not None:  # all networks draw from one generator
            request = dataclasses.replace(request, rng=np.random.default_rng(request.rng))
        self._request, self._file, self._examine = request, request.file, examine
        self.reach = (request.isolation.reach or reach_of(request.file)).also(
            [] if request.adapter is None else [request.adapter]
        )
        self.reach = self.reach.also(_own_modules(source, self.reach))
        self._used = Used()
        self._clipped = clipped_gradients(source.tree)
        self._trains = bool(instrument(source.tree, source.text).loops)
        self._reports: list[CheckReport] = []
        obeyed = [] if request.obeyed is None else [request.obeyed]
        self._notes: list[Finding] = [*source.findings, *conduct(source.tree), *obeyed]
        self._refusal: str | None = None
        self._trouble: list[str] = []
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
            scipy = "scipy" in self.source.text
            session = Session(time_limit=self._request.time_limit, reach=self.reach, scipy=scipy)
        except SessionError as error:
            raise SubmissionError(
                tr("{file} was not run: {error}.", file=self._file.name, error=error), {"status": "internal"}
            ) from None
        reached, required = session.reached, self._request.isolation.require
        if required is not None and reached.level < required:
            session.close()
            raise SubmissionError(too_little_isolation(self._file, reached, required), {"isolation": reached.to_dict()})
        if reached.level < Level.FULL and not any(note.id == "isolation-partial" for note in self._notes):
            self._note("isolation-partial", Severity.WARNING, partly_isolated(reached))
        return session

    def _go_on(self, session: Session, skipped: int) -> int | None:
        """Go through the networks after the first few; how many are done, if another process must take the rest."""
        number = 0
        try:
            reply = session.request("open", self._request.opening(), time_limit=session.time_limit + STARTING)
            while reply.op == "network":
                number += 1
                if number > MAX_NETWORKS:
                    raise session.abandon(tr("it offers more than {n} networks", n=MAX_NETWORKS))
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
            message = tr(
                "{file}: {refusal}", file=self._file.name, refusal=self._refusal or "no network was found in it"
            )
            told = {"trouble": self._trouble} if self._trouble else {}
            raise SubmissionError(message, {**self._used.to_dict(), "details": self._details(told)})
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
        report = check_network(session, introduction, self._request, self._clipped)
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
            self._functions.append(text_of(function))
            return
        if report.verdict is not Verdict.FAIL or session.failure is not None:
            return
        sizes = listed(f"{block.name} {block.shape}" for block in report.blocks)
        message = tr(
            "Right as it is used here, but not at other sizes ({sizes}): {reason}", sizes=sizes, reason=report.reason
        )
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
        """Code that is driven for its author, once more with one output: what only several bring may not be meant.

        None where it is not that code once more; else what takes the place of the first report, if anything does.
        """
        if not self._reports or self._driven is None or self._driven != report.network or len(self._reports) != 1:
            self._driven = report.network if not self._reports else None
            return None
        known = self._reports[0]
        several = outputs_meant(self.source.tree) is Outputs.SEVERAL
        if known.verdict is Verdict.FAIL and report.verdict is Verdict.FAIL and not several:
            return _fewer_wrong(known, report)
        if known.verdict is Verdict.PASS or report.verdict is not Verdict.PASS:
            return []
        ratio = common_ratio(known) if known.verdict is Verdict.FAIL else None
        if ratio is not None:
            message = tr(
                "Right with one output, as it was checked here; with several outputs every block is {ratio:.6g} x "
                "the gradient of the loss: only one of the two divides by the number of outputs.",
                ratio=ratio,
            )
        elif several:
            return []
        else:
            message = tr(
                "Right with one output, as it was checked here, and not with several: {reason}. The file does not say "
                "how many are meant.",
                reason=known.reason.rstrip(".。"),
            )
        finding = Finding(id="other-sizes", severity=Severity.WARNING, message=message)
        where = [told for told in known.findings if told.id == "bias-sum-without-axis"]
        return [dataclasses.replace(report, findings=(*report.findings, finding, *where))]

    def _finish(self, reply: Frame) -> None:
        data = reply.data
        if reply.op == "unloadable":
            self._refusal = text_of(data.get("message"))
            return
        if data.get("refusal") and not self._reports:
            self._refusal = text_of(data.get("refusal"))
            return
        problems = [text_of(item) for item in data.get("problems") or []]
        missing = [text_of(item) for item in data.get("missing") or []]
        if missing:
            self._note(
                "missing-library",
                Severity.INFO,
                tr("{missing} is not installed: an inert stand-in took its place.", missing=listed(missing)),
            )
        absent = [text_of(item) for item in data.get("missing_data") or []]
        if absent:
            self._note(
                "missing-data",
                Severity.INFO,
                tr("{absent} not found: random numbers took its place.", absent=listed(absent)),
            )
        if problems:
            more = len(problems) - 1
            told = (
                tr("While the program ran: {problem} (and {more} more).", problem=problems[0], more=more)
                if more
                else tr("While the program ran: {problem}.", problem=problems[0])
            )
            self._note("program-error", Severity.WARNING, told)
        self._used.told(data)
        forbidden = [text_of(item) for item in data.get("forbidden") or []]
        if forbidden:
            refused = tr(
                "It tried what gradcheck forbids a file, and was refused: {forbidden}.",
                forbidden=clauses(forbidden[:3]),
            )
            self._note("forbidden", Severity.WARNING, refused)
        exits = [text_of(item) for item in data.get("exits") or []]
        if exits and not self._reports:
            self._ended(tr("the program ends itself while it trains: {exits}", exits=exits[0]))
        if not self._reports:
            self._refusal = refusal(self._file, data, problems, missing)
            self._trouble = trouble(self._file, problems, missing)

    def _stopped(self, error: SessionError) -> None:
        message = tr("the program could not be run to its training: {error}", error=error)
        if not self._reports and error.status is Status.EXIT and self._trains:
            self._ended(message)
        elif not self._reports:
            late = error.status.name == "TIME"
            cure = tr("{message}. Give it a longer --time-limit, or make it smaller.", message=message)
            self._refusal = cure if late else sentence(message, capital=False)
        else:
            self._note(
                f"stopped-{error.status.name.lower()}",
                Severity.WARNING,
                tr("After these results the program was stopped: {error}.", error=error),
            )

    def _ended(self, reason: str) -> None:
        """A program that trains, and ends its own process before any gradient is known, has a result."""
        finding = Finding(id="stopped-exit", severity=Severity.ERROR, message=reason)
        self._reports.append(dataclasses.replace(invalid(self._file, reason), findings=(finding,)))

    def _note(self, identifier: str, severity: Severity, message: str) -> None:
        self._notes.append(Finding(id=identifier, severity=severity, message=message))


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
                tr(
                    "{file}, which {file_2} imports, is a link to outside its folder.",
                    file=part.path.name,
                    file_2=source.path.name,
                )
            )
    return [part.path for part in source.modules]


def _fewer_wrong(known: CheckReport, single: CheckReport) -> list[CheckReport]:
    """A report of one output in place of one of several, where blocks are right with one that several make wrong.

    Parameters
    ----------
    known : CheckReport
        With several outputs.
    single : CheckReport
        With one.
    """
    wrong, left = ({block.name for block in r.blocks if block.verdict is Verdict.FAIL} for r in (known, single))
    if not left < wrong:
        return []
    message = tr(
        "It was checked with one output: {blocks} are right then, and not with several. The file does not say how many "
        "are meant.",
        blocks=listed(sorted(wrong - left)),
    )
    finding = Finding(id="other-sizes", severity=Severity.WARNING, message=message)
    return [dataclasses.replace(single, findings=(*single.findings, finding))]
