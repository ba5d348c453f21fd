"""The nodes of a checked file: the file, a network in it, and a file in which none was found."""

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

__all__ = ["GradientFile", "NetworkItem", "RefusedItem"]

REFUSED = "not-recognised"


class GradientFile(pytest.File):
    """A file or notebook; which networks it has is known once it has run up to its training, in its own process."""

    def __init__(self, *, only: set[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._only = only

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each network, or one that says why there is none."""
        try:
            reports = self._asked(check_file)
        except SubmissionError as error:
            yield RefusedItem.from_parent(self, name=REFUSED, error=error)
            return
        names = _names(reports)
        if self._only is not None and not self._only <= set(names):
            missing, known = ", ".join(sorted(self._only - set(names))), ", ".join(names)
            raise self.CollectError(f"{self.shown}: no network is called {missing}; there are {known}.")
        for place, (name, report) in enumerate(zip(names, reports, strict=True)):
            if self._only is None or name in self._only:
                yield NetworkItem.from_parent(self, name=name, report=report, place=place)

    @property
    def shown(self) -> str:
        """The path as one would type it."""
        return Path(os.path.relpath(self.path, self.config.invocation_params.dir)).as_posix()

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


class FileItem(pytest.Item):
    """A test of a file: there is no line of a test to show."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stash[BARE] = True

    @property
    def file(self) -> GradientFile:
        """Of which it is one."""
        assert isinstance(self.parent, GradientFile)
        return self.parent

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, and what it is called in the list of failures."""
        return self.path, None, f"{self.name} in {self.file.shown}"


class NetworkItem(FileItem):
    """The gradient of one network of a file."""

    def __init__(self, *, report: CheckReport, place: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._report, self._place = report, place

    def runtest(self) -> None:
        """Fail unless the check has passed."""
        if self._report.verdict is Verdict.PASS:
            keep(self, self._report)
            return
        seed = seed_of(self.config)
        again = Again(seed=seed, command=f"gradcheck diagnose {shlex.quote(self.file.shown)} --seed {seed}")
        explain = self._diagnosis if self._report.verdict is Verdict.FAIL else None
        message, found = told(self, self._report, Verdict.PASS, again, explain)
        raise GradientMismatchError(message, found)

    def _diagnosis(self) -> CheckReport:
        """That of this network, the checks of the file and of its diagnosis being the same."""
        found = self.file.diagnoses
        same = found[self._place] if self._place < len(found) else None
        if same is None or (same.network, same.verdict) != (self._report.network, self._report.verdict):
            raise LookupError("the diagnosis found other networks in the file than the check")
        return same


class RefusedItem(FileItem):
    """A file that could not be loaded, or in which no network was recognised: an error that says why."""

    def __init__(self, *, error: SubmissionError, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._error = error

    def setup(self) -> None:
        """Tell it."""
        nothing = Evaluations(loss=0, gradient=0)
        reason = str(self._error)
        report = CheckReport(
            verdict=Verdict.INVALID, reason=reason, blocks=(), evaluations=nothing, power={}, file=self.file.shown
        )
        keep(self, report)
        raise SubmissionError(printable(reason))

    def runtest(self) -> None:
        """Not reached."""


def _names(reports: tuple[CheckReport, ...]) -> list[str]:
    """A name for each network that is safe in an id and on a screen; equal ones are counted."""
    plain = [re.sub(r"[^\w.,() -]+", "_", report.network or report.interface or "network") for report in reports]
    seen: Counter[str] = Counter()
    names = []
    for name in plain:
        seen[name] += 1
        names.append(name if plain.count(name) == 1 else f"{name}-{seen[name]}")
    return names
