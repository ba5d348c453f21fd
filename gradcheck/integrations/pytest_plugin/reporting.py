"""``--gradcheck-report``: what all checks of a run have found, in one file, wherever the tests ran."""

from __future__ import annotations

import base64
import html
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gradcheck.integrations.pytest_plugin.places import of_test
from gradcheck.records import CheckReport, ReportSet

__all__ = ["PAYLOAD", "ReportWriter", "payload"]

Results = tuple[CheckReport, ...]
# The attribute of a test's report that holds what its checks have found; pytest-xdist carries it to the controller.
PAYLOAD = "gradcheck"
FORMATS = ("sarif", "junit", "json", "html")
ENDINGS = {
    ".sarif.json": "sarif",
    ".sarif": "sarif",
    ".junit.xml": "junit",
    ".junit": "junit",
    ".xml": "junit",
    ".json": "json",
    ".html": "html",
    ".htm": "html",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A file to write, and as what."""

    format: str
    path: Path


def destination(text: str, folder: Path) -> Destination:
    """What ``[FORMAT:]PATH`` names.

    Raises
    ------
    pytest.UsageError
        If the format is not known.
    """
    before, colon, after = text.partition(":")
    if colon and before in FORMATS:
        return Destination(format=before, path=folder / after)
    for ending, name in ENDINGS.items():
        if text.lower().endswith(ending):
            return Destination(format=name, path=folder / text)
    raise pytest.UsageError(
        f"--gradcheck-report {text}: the ending says no format that is known; write FORMAT:{text} with FORMAT one of "
        f"{', '.join(FORMATS)}."
    )


def payload(item: pytest.Item, reports: Sequence[CheckReport]) -> str:
    """What the checks of a test have found, for ``ReportWriter``."""
    named = [report if report.file else of_test(item, report) for report in reports]
    return base64.b64encode(pickle.dumps(named)).decode("ascii")


class ReportWriter:
    """Collects what the tests' reports bring, and writes it when all have run.

    Parameters
    ----------
    config : pytest.Config

    Raises
    ------
    pytest.UsageError
        If a format is not known, or a file cannot be there.
    """

    def __init__(self, config: pytest.Config) -> None:
        folder = config.invocation_params.dir
        self._destinations = [destination(text, folder) for text in config.option.gradcheck_reports]
        for place in self._destinations:
            if place.path.is_dir():
                raise pytest.UsageError(f"--gradcheck-report: {place.path} is a folder; name a file.")
        self._folder = folder
        self._found: dict[str, list[CheckReport]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test has brought."""
        text = getattr(report, PAYLOAD, None)
        if text is not None:  # by this plugin, in this process or in a worker that pytest-xdist has started
            self._found.setdefault(report.nodeid, []).extend(pickle.loads(base64.b64decode(text)))  # noqa: S301

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write the files; in the order of the tests' ids, whichever came first."""
        results = tuple(found for _, group in sorted(self._found.items()) for found in group)
        for place in self._destinations:
            try:
                place.path.parent.mkdir(parents=True, exist_ok=True)
                place.path.write_text(WRITERS[place.format](results, self._folder), encoding="utf-8")
            except OSError as error:
                reason = f"--gradcheck-report: {place.path} cannot be written: {error.strerror or error}"
                pytest.exit(reason, returncode=pytest.ExitCode.USAGE_ERROR)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where they are."""
        count = sum(map(len, self._found.values()))
        for place in self._destinations:
            checks = f"{count} gradient check{'' if count == 1 else 's'}"
            terminalreporter.write_sep("-", f"{checks} written to {place.path} ({place.format})")


def _as_json(results: Results, _folder: Path) -> str:
    from gradcheck.reports.json import to_json

    return to_json(ReportSet(results=results))


def _as_html(results: Results, _folder: Path) -> str:
    """One page, in one file."""
    from gradcheck.reports.html import render_html

    title = html.escape(f"{len(results)} gradient check{'' if len(results) == 1 else 's'}")
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
        f"<body>\n{render_html(ReportSet(results=results))}\n</body>\n</html>\n"
    )


def _as_sarif(results: Results, folder: Path) -> str:
    from gradcheck.gate import outcome_of, root_of
    from gradcheck.reports.sarif import to_sarif

    return to_sarif(outcome_of(ReportSet(results=results), root_of(folder)))


def _as_junit(results: Results, folder: Path) -> str:
    from gradcheck.gate import outcome_of, root_of
    from gradcheck.reports.junit import to_junit

    return to_junit(outcome_of(ReportSet(results=results), root_of(folder)))


WRITERS: Mapping[str, Callable[[Results, Path], str]] = {
    "sarif": _as_sarif,
    "junit": _as_junit,
    "json": _as_json,
    "html": _as_html,
}
