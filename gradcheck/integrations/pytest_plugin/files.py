"""The nodes of a checked file: the file, and the test of its networks, which runs it."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import GradientMismatchError, SubmissionError
from gradcheck.integrations.pytest_plugin.failures import Again, told
from gradcheck.integrations.pytest_plugin.keeping import BARE, keep, seed_of
from gradcheck.records import CheckReport, Evaluations, ReportSet, Verdict
from gradcheck.reports.unicode import printable
from gradcheck.submissions import check_file, diagnose_file
from gradcheck.submissions.configuration import find_settings

__all__ = ["ALL", "GradientFile", "GradientItem"]

# What the test of all networks of a file is called.
ALL = "gradients"


class GradientFile(pytest.File):
    """A file or notebook; which networks it has is known once it has run up to its training, in its own process.

    That happens when its test runs, so that collecting is cheap, and one worker of pytest-xdist runs it, not each.
    """

    def __init__(self, *, only: set[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._only = only

    def collect(self) -> Iterator[pytest.Item]:
        """A test of all its networks, or of each that was asked for by name."""
        for name in [ALL] if self._only is None else sorted(self._only):
            yield GradientItem.from_parent(self, name=name)

    @property
    def shown(self) -> str:
        """The path as one would type it."""
        return Path(os.path.relpath(self.path, self.config.invocation_params.dir)).as_posix()

    @functools.cached_property
    def reports(self) -> tuple[CheckReport, ...]:
        """What its networks are; asked for once, when a test of it runs.

        Raises
        ------
        SubmissionError
            If it could not be loaded, or no network was recognised in it.
        """
        return self._asked(check_file)

    @functools.cached_property
    def diagnoses(self) -> tuple[CheckReport, ...]:
        """What is wrong with its networks; asked for once, when the first of them fails."""
        return self._asked(diagnose_file)

    def _asked(self, question: Callable[..., CheckReport | ReportSet]) -> tuple[CheckReport, ...]:
        options = find_settings(self.path).options()
        seed = seed_of(self.config)
        found = question(self.path, rng=seed, **options)
        results = found.results if isinstance(found, ReportSet) else (found,)
        return tuple(dataclasses.replace(result, file=self.shown, seed=seed) for result in results)


class GradientItem(pytest.Item):
    """The gradients of a file's networks, or of the one that it is called after."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stash[BARE] = True  # there is no line of a test to show
        self._networks: dict[int, str] = {}

    @property
    def file(self) -> GradientFile:
        """Of which it is one."""
        assert isinstance(self.parent, GradientFile)
        return self.parent

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, and what it is called in the list of failures."""
        return self.path, None, f"{self.name} in {self.file.shown}"

    def setup(self) -> None:
        """Run the file; one in which there is nothing to check is an error that says why.

        Raises
        ------
        SubmissionError
            If it could not be loaded, or no network, or none of that name, was recognised in it.
        """
        try:
            known = _names(self.file.reports)
        except SubmissionError as error:
            keep(self, _unchecked(self.file.shown, str(error)))
            raise SubmissionError(printable(str(error))) from None
        self._networks = {place: name for place, name in enumerate(known) if self.name in (ALL, name)}
        if not self._networks:
            raise SubmissionError(f"{self.file.shown}: no network is called {self.name}; there are {', '.join(known)}.")

    def runtest(self) -> None:
        """Fail unless all of them have passed.

        Raises
        ------
        GradientMismatchError
            If one has not; its message tells of each.
        """
        reports = self.file.reports
        wrong = [place for place in self._networks if reports[place].verdict is not Verdict.PASS]
        seed = seed_of(self.config)
        again = Again(seed=seed, command=f"gradcheck diagnose {shlex.quote(self.file.shown)} --seed {seed}")
        said = []
        for place in self._networks:
            if place in wrong:
                said.append(self._told(place, again if place == wrong[-1] else None))
            else:
                keep(self, reports[place])
        if said:
            names = ", ".join(self._networks[place] for place in wrong)
            messages = [message for message, _ in said]
            if len(self._networks) > 1:
                messages.insert(0, f"{len(wrong)} of {len(self._networks)} networks: {names}")
            raise GradientMismatchError("\n\n".join(messages), said[0][1])

    def _told(self, place: int, again: Again | None) -> tuple[str, CheckReport]:
        report = self.file.reports[place]
        explain = functools.partial(self._diagnosis, place) if report.verdict is Verdict.FAIL else None
        message, found = told(self, report, Verdict.PASS, again, explain)
        return (message if len(self._networks) == 1 else f"{self._networks[place]}: {message}"), found

    def _diagnosis(self, place: int) -> CheckReport:
        """That of a network, the checks of the file and of its diagnosis being the same."""
        report, found = self.file.reports[place], self.file.diagnoses
        same = found[place] if place < len(found) else None
        if same is None or (same.network, same.verdict) != (report.network, report.verdict):
            raise LookupError("the diagnosis found other networks in the file than the check")
        return same


def _unchecked(file: str, reason: str) -> CheckReport:
    """Of a file in which there was nothing to check."""
    nothing = Evaluations(loss=0, gradient=0)
    return CheckReport(verdict=Verdict.INVALID, reason=reason, blocks=(), evaluations=nothing, power={}, file=file)


def _names(reports: tuple[CheckReport, ...]) -> list[str]:
    """A name for each network that is safe in an id and on a screen; equal ones are counted."""
    plain = [re.sub(r"[^\w.,() -]+", "_", report.network or report.interface or "network") for report in reports]
    seen: Counter[str] = Counter()
    names = []
    for name in plain:
        seen[name] += 1
        names.append(name if plain.count(name) == 1 else f"{name}-{seen[name]}")
    return names
