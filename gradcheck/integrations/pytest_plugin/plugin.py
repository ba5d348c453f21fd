"""pytest's hooks: thin, and cheap to import, as every run of pytest where gradcheck is installed loads them.

Nothing is checked, and neither NumPy nor the rest of gradcheck is imported, before a test asks for it. What a check has
found travels with its test's report, so that it arrives where pytest-xdist runs the tests in other processes.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from gradcheck.errors import GradcheckError, GradientMismatchError
from gradcheck.integrations.pytest_plugin.keeping import BARE, MARKER, is_worker, keep, seed_of, taken
from gradcheck.records import Verdict
from gradcheck.records.runs import TestRun, running

if TYPE_CHECKING:
    from gradcheck.integrations.pytest_plugin.checker import GradientCheck
    from gradcheck.records import CheckReport

__all__ = ["gradient_check"]

MARKER_LINE = (
    "gradcheck(points=1, verdict='PASS', rtol=None, atol=None, config=None, **sizes): the function returns a "
    "gradcheck.Problem, whose gradient is checked for each value of each keyword, such as batch=[1, 7]."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The three options."""
    group = parser.getgroup("gradcheck", "gradients that were written by hand (gradcheck)")
    group.addoption(
        "--gradcheck",
        dest="gradcheck_globs",
        metavar="GLOB",
        action="append",
        default=[],
        help="Check the gradients of these Python files and notebooks, each a test FILE::gradients; as an argument, "
        "FILE::NETWORK is one network of it. They run in processes of their own. Repeatable; ** stands for any number "
        "of folders.",
    )
    group.addoption(
        "--gradcheck-report",
        dest="gradcheck_reports",
        metavar="[FORMAT:]PATH",
        action="append",
        default=[],
        help="Write what all checks have found. FORMAT is sarif, junit, json or html, by default by the name's ending. "
        "Repeatable.",
    )
    group.addoption(
        "--gradcheck-seed",
        dest="gradcheck_seed",
        metavar="N",
        type=_seed,
        default=None,
        help="Seed of all random draws of checks (default: 0); the same seed gives the same result.",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Import no ``conftest.py`` from beside a file that is checked in a process of its own."""
    if not early_config.known_args_namespace.gradcheck_globs:
        return (yield)
    from gradcheck.integrations.pytest_plugin.collecting import unseen

    with unseen(early_config):
        return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what options ask for."""
    config.addinivalue_line("markers", MARKER_LINE)
    if config.option.gradcheck_globs:
        from gradcheck.integrations.pytest_plugin.collecting import FileCollection

        config.pluginmanager.register(FileCollection(config), "gradcheck-files")
    if config.option.gradcheck_reports and not is_worker(config):
        from gradcheck.integrations.pytest_plugin.reporting import ReportWriter

        config.pluginmanager.register(ReportWriter(config), "gradcheck-reports")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """One line, where an option was used."""
    option = config.option
    if not (option.gradcheck_globs or option.gradcheck_reports or option.gradcheck_seed is not None):
        return []
    said = [f"seed {seed_of(config)}"]
    said += [f"files {glob}" for glob in option.gradcheck_globs]
    said += [f"report {report}" for report in option.gradcheck_reports]
    return [f"gradcheck: {', '.join(said)}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each case of a marked function."""
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is not None:
        from gradcheck.integrations.pytest_plugin.cases import parametrise

        parametrise(metafunc, marker)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Check what a marked function returns."""
    __tracebackhide__ = True
    if pyfuncitem.get_closest_marker(MARKER) is None:
        return None
    from gradcheck.integrations.pytest_plugin.marked import run_marked

    run_marked(pyfuncitem)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the assertions of a test, and of its fixtures, draw with the seed of the run."""

    def hear(report: CheckReport) -> None:
        keep(item, report, instead=heard.pop() if heard and _is_repeated(item) else None)
        heard.append(report)

    heard: list[CheckReport] = []
    with running(TestRun(seed=seed_of(item.config), hear=hear)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give a test's report what its checks have found, and its failure without gradcheck's own lines of code."""
    told = _tell(item, call)
    report = yield
    if not told and _tell(item, call):  # a test of unittest, whose error is handed over only now
        assert call.excinfo is not None
        report.longrepr = item.repr_failure(call.excinfo)
    if call.excinfo is not None and isinstance(call.excinfo.value, GradcheckError) and item.stash.get(BARE, False):
        from gradcheck.integrations.pytest_plugin.failures import readable

        report.longrepr = readable(call.excinfo, item)
    # What is wrong and yet let its test pass was wrong on purpose.
    found = [known for known in taken(item) if call.excinfo is not None or known.verdict is Verdict.PASS]
    if found:
        from gradcheck.integrations.pytest_plugin.reporting import PAYLOAD, payload

        setattr(report, PAYLOAD, payload(item, found))
    return report


@pytest.fixture
def gradient_check(request: pytest.FixtureRequest) -> GradientCheck:
    """Check a gradient, and fail with what is wrong with it.

    ``gradient_check(problem)`` passes where ``gradcheck.check`` does, with the seed of this run; a failure shows the
    blocks, the mistake by name, and how to see it again. ``gradient_check.report(problem)`` returns the report alone.
    """
    from gradcheck.integrations.pytest_plugin.checker import GradientCheck

    return GradientCheck(request.node, seed_of(request.config))


def _tell(item: pytest.Item, call: pytest.CallInfo[None]) -> bool:
    """Bring an error of a check into the form that a reader gets; whether there is one."""
    if call.excinfo is None or not isinstance(call.excinfo.value, GradientMismatchError):
        return False
    from gradcheck.integrations.pytest_plugin.checker import complete
    from gradcheck.integrations.pytest_plugin.failures import without_own_frames

    complete(item, call.excinfo.value)
    keep(item, call.excinfo.value.report)
    without_own_frames(call.excinfo)
    return True


def _is_repeated(item: pytest.Item) -> bool:
    """Whether Hypothesis runs a test many times; its last run then stands for all that have passed."""
    return bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False))


def _seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if seed < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; expected a whole number, 0 or more.")
    return seed
