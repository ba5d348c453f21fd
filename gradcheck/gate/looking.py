"""Looks at files and folders: every program checked, what fails diagnosed, what is no back-propagation set aside."""

from __future__ import annotations

import ast
import json
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradcheck.errors import SubmissionError
from gradcheck.gate.failures import failures_of, results_of, unchecked
from gradcheck.gate.outcome import Outcome, Skipped
from gradcheck.gate.places import name_in
from gradcheck.language import tr
from gradcheck.records import CheckReport, ReportSet, Severity, Verdict
from gradcheck.submissions.configuration import find_settings
from gradcheck.submissions.folder import each_file
from gradcheck.submissions.text.source import read_source

__all__ = ["Engine", "look"]

Ask = Callable[[Path], CheckReport | ReportSet]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Who answers for one file.

    Attributes
    ----------
    check : callable
        ``check(file)`` returns what it holds, or raises ``SubmissionError``.
    diagnose : callable or None
        The same with diagnoses, asked for files that fail; None where nobody wants to know.
    adapter : Path or None
        With which everything is driven: then a file in which nothing is recognised has failed.
    """

    check: Ask
    diagnose: Ask | None = None
    adapter: Path | None = None


def look(
    paths: Sequence[Path],
    engine: Engine,
    *,
    root: Path,
    selection: Callable[[Path], bool] | None = None,
    allow_empty: bool = False,
    advance: Callable[[int, int], None] = lambda _done, _total: None,
) -> Outcome:
    """Check everything that is recognised in some files and folders.

    Parameters
    ----------
    paths : sequence of Path
        A program that is named twice is looked at once.
    engine : Engine
    root : Path
        The repository's root.
    selection : callable, optional
        ``selection(file)`` says whether a program is looked at at all.
    allow_empty : bool
        Whether it is well when nothing is recognised.
    advance : callable
        ``advance(done, total)`` is called before each program.

    Raises
    ------
    SubmissionError
        If a path does not exist, or the settings beside it cannot be used.
    """
    for path in paths:
        if not path.exists():
            raise SubmissionError(tr("{path} does not exist: check the spelling and the current folder.", path=path))
    round_trip = _Round(engine, selection)
    programs = round_trip.listed(paths)
    reports = round_trip.asked(paths, lambda done: advance(done, len(programs)))
    kept, skipped = _sorted_out(reports, root, strict=engine.adapter is not None)
    looked_at = {name_in(root, file) for file in round_trip.chosen}
    recognised = sorted({name_in(root, report.file or "") for report in kept if _is_network(report)})
    return Outcome(
        results=kept,
        names=tuple(name_in(root, report.file or "") for report in kept),
        failures=failures_of(kept, root),
        skipped=skipped,
        unchanged=tuple(name_in(root, file) for file in round_trip.unchanged),
        looked_at=tuple(sorted(looked_at)),
        recognised=tuple(recognised),
        empty_allowed=allow_empty,
    )


class _Round:
    """One round over the paths; `chosen` are the programs that were looked at, `unchanged` those that were not."""

    def __init__(self, engine: Engine, selection: Callable[[Path], bool] | None) -> None:
        self._engine, self._selection = engine, selection
        self.chosen: list[Path] = []
        self.unchanged: list[Path] = []

    def listed(self, paths: Iterable[Path]) -> list[Path]:
        """The programs that there are, in their order, each once; sorted into those to look at and the others."""
        programs: dict[Path, Path] = {}

        def note(file: Path) -> ReportSet:
            programs.setdefault(file.resolve(), file)
            return ReportSet(results=())

        for path in paths:
            self._each(path, note)
        for file in programs.values():
            chosen = self._selection is None or self._selection(file)
            (self.chosen if chosen else self.unchanged).append(file)
        return self.chosen

    def asked(self, paths: Iterable[Path], advance: Callable[[int], None]) -> list[CheckReport]:
        """What the chosen programs hold."""
        waiting = {file.resolve() for file in self.chosen}
        total = len(waiting)

        def ask(file: Path) -> CheckReport | ReportSet:
            if file.resolve() not in waiting:
                return ReportSet(results=())
            advance(total - len(waiting))
            waiting.remove(file.resolve())
            return self._answer(file)

        return [report for path in paths for report in self._each(path, ask)]

    def _each(self, path: Path, ask: Ask) -> tuple[CheckReport, ...]:
        settings = find_settings(path)
        try:
            return results_of(
                each_file(path, ask, adapter=self._engine.adapter or settings.adapter, ignore=settings.ignore)
            )
        except SubmissionError as error:
            return (unchecked(str(path), str(error), **error.run),)

    def _answer(self, file: Path) -> CheckReport | ReportSet:
        report = self._engine.check(file)
        failed = any(result.verdict is Verdict.FAIL for result in results_of(report))
        if self._engine.diagnose is None or not failed:
            return report
        try:
            return self._engine.diagnose(file)
        except SubmissionError:  # what is known of the gradient is not lost over its explanation
            return report


def _sorted_out(
    reports: Iterable[CheckReport], root: Path, *, strict: bool
) -> tuple[tuple[CheckReport, ...], tuple[Skipped, ...]]:
    """Results that count, and files that are no back-propagation."""
    kept: list[CheckReport] = []
    skipped: list[Skipped] = []
    for report in reports:
        if strict or _is_recognised(report) or _is_broken(Path(report.file or "")):
            kept.append(report)
        else:
            skipped.append(_skipped(report, root))
    return tuple(kept), tuple(skipped)


def _skipped(report: CheckReport, root: Path) -> Skipped:
    """What is said of it, in a line: that nothing was recognised, and what happened while it ran."""
    first = (report.reason.splitlines() or [""])[0]
    trouble = report.details.get("trouble", ())
    reason = " ".join(" ".join((first, *trouble)).split())
    return Skipped(
        file=name_in(root, report.file or ""),
        reason=reason.removeprefix(tr("{file}: {refusal}", file=Path(report.file or "").name, refusal="")),
        ran=not trouble and report.status in (None, "ok"),
    )


def _is_recognised(report: CheckReport) -> bool:
    """Whether a result is about a network; one that ends its process while it trains is one, too."""
    return _is_network(report) or any(finding.severity is Severity.ERROR for finding in report.findings)


def _is_network(report: CheckReport) -> bool:
    return bool(report.blocks) or report.loss is not None


def _is_broken(file: Path) -> bool:
    """Whether a file holds what Python, or Jupyter, cannot read: then nobody knows what it is."""
    if not file.is_file():
        return False
    try:
        read_source(file)
    except SubmissionError:
        pass
    else:
        return False
    try:
        content = file.read_bytes()
        if not content.strip():
            return False
        if file.suffix.lower() == ".ipynb":
            json.loads(content)
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content)
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        return True
    return False
