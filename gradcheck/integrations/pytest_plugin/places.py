"""Where a test's problem comes from: reports name the test that built it, and the file that its lines are of."""

from __future__ import annotations

import dataclasses
import os
import shlex
from pathlib import Path

import pytest

from gradcheck.integrations.pytest_plugin.keeping import seed_of
from gradcheck.records import CheckReport, DiagnosedBug, Diagnosis

__all__ = ["command_of", "of_test"]


def of_test(item: pytest.Item, report: CheckReport) -> CheckReport:
    """The report of a problem that a test has built, as it stands beside those of other tests and files.

    Parameters
    ----------
    item : pytest.Item
    report : CheckReport

    Returns
    -------
    CheckReport
        ``file`` and ``network`` are the test's, lines and patches those of the code that it has called, and how to go
        on is the test once more: ``gradcheck`` itself takes no test.
    """
    folder = item.config.invocation_params.dir
    named = dataclasses.replace(
        report,
        file=_seen_from(folder, str(item.path)),
        network=report.network or item.name,
        details={**report.details, "again": command_of(item, seed_of(item.config))},
    )
    if not isinstance(named, Diagnosis):
        return named
    bugs = tuple(_placed(bug, folder) for bug in named.diagnoses)
    first = next((bug for bug in named.diagnoses if bug.file is not None), None)
    patch = named.patch if first is None else _of_file(named.patch, first, folder)
    return dataclasses.replace(named, diagnoses=bugs, patch=patch)


def command_of(item: pytest.Item, seed: int | None) -> str:
    """The command that runs a test once more, from where pytest was started.

    Parameters
    ----------
    item : pytest.Item
    seed : int or None
        None where the test draws by itself.
    """
    file = _seen_from(item.config.invocation_params.dir, str(item.path))
    _, colons, name = item.nodeid.partition("::")  # what is before them is seen from the root of the project
    drawn = "" if seed is None else f" --gradcheck-seed {seed}"
    return f"pytest {shlex.quote(f'{file}{colons}{name}')}{drawn}"


def _placed(bug: DiagnosedBug, folder: Path) -> DiagnosedBug:
    if bug.file is None:
        return bug
    return dataclasses.replace(
        bug,
        file=_seen_from(folder, bug.file),
        patch=_of_file(bug.patch, bug, folder),
        alternatives=tuple(filter(None, (_of_file(patch, bug, folder) for patch in bug.alternatives))),
    )


def _of_file(patch: str | None, bug: DiagnosedBug, folder: Path) -> str | None:
    """A diff with the path of its file, for ``git apply`` and ``patch -p1``; no path leads out of the folder."""
    place = Path(_seen_from(folder, bug.file or ""))
    if patch is None or place.is_absolute() or place.parts[:1] == ("..",):
        return patch
    headers = f"--- a/{place.name}\n+++ b/{place.name}\n"
    return patch.replace(headers, f"--- a/{place.as_posix()}\n+++ b/{place.as_posix()}\n", 1)


def _seen_from(folder: Path, file: str) -> str:
    """A path as one would type it there."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # on another drive
        return Path(file).as_posix()
