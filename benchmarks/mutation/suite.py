"""A copy of the tree in which each change is made, and the fast tests of the changed room are run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.mutation.mutants import Mutant, Place

__all__ = ["Baseline", "Outcome", "baseline", "copied", "room_tests", "tried"]

COPIED = ("gradcheck", "reference_impls", "tests", "examples", "pyproject.toml")
# What tests a room by itself; what is slow is left out by the marker in pyproject.toml.
KINDS = ("unit", "property")
# A change that makes a loop endless is noticed by nothing but the clock: so many times what the slowest of the
# unchanged tests took.
PATIENCE = 5.0
GRACE = 30.0  # seconds, for a busy machine
DURATION = re.compile(r"^(\d+\.\d+)s (?:call|setup|teardown) +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a change.

    Attributes
    ----------
    mutant : Mutant
    killed : bool
        A test failed, could not be loaded, or did not end.
    how : str
        The first test that failed, ``timeout``, or empty.
    """

    mutant: Mutant
    killed: bool
    how: str


def copied(root: Path, target: Path) -> Path:
    """What the tests need, without caches."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy2(root / name, target / name)
    return target


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What the unchanged tests told.

    Attributes
    ----------
    tests : dict of str to dict
        By room, in seconds, how long each test took, by its id.
    reached : dict of str to dict
        By file of the rooms, the ids of the tests that ran each of its lines.
    """

    tests: Mapping[str, Mapping[str, float]]
    reached: Mapping[str, Mapping[int, frozenset[str]]]

    @cached_property
    def patience(self) -> float:
        """Seconds after which a test is taken not to end."""
        longest = max((seconds for times in self.tests.values() for seconds in times.values()), default=0.0)
        return GRACE + PATIENCE * longest

    def limit(self, room: str) -> float:
        """Seconds after which all tests of a room are taken not to end: what hangs while it is loaded is no test."""
        return GRACE + PATIENCE * sum(self.tests[room].values())

    def order(self, place: Place) -> list[str]:
        """The room's tests that reach the line, or all where none does alone: what runs once, when a file is loaded.

        The files that are named like the module come first, then those that take the least time.
        """
        times = self.tests[place.room]
        chosen = self._reaching(place) or frozenset(times)
        stem = Path(place.file).stem
        files: dict[str, list[str]] = defaultdict(list)
        for test in times:
            if test in chosen:
                files[test.partition("::")[0]].append(test)

        def rank(file: str) -> tuple[bool, float]:
            return stem not in Path(file).stem, sum(times[test] for test in files[file])

        return [test for file in sorted(files, key=rank) for test in files[file]]

    def _reaching(self, place: Place) -> frozenset[str]:
        """By the line itself, or by the last one above it that has an account: where its statement begins."""
        lines = self.reached.get(place.file, {})
        return lines.get(max((line for line in lines if line <= place.line), default=0), frozenset())


def room_tests(copy: Path, room: str) -> list[str]:
    """Files of a room's tests."""
    files = [path for kind in KINDS for path in sorted((copy / "tests" / kind / room).glob("**/test_*.py"))]
    return [path.relative_to(copy).as_posix() for path in files]


def baseline(copy: Path, rooms: Sequence[str]) -> Baseline:
    """Run the unchanged tests once.

    Raises
    ------
    RuntimeError
        If they fail, or if they would test another copy of the package.
    """
    _assert_own_package(copy)
    tests: dict[str, dict[str, float]] = {}
    reached: dict[str, dict[int, frozenset[str]]] = {}
    for room in rooms:
        account, settings = copy / f".coverage.{room}", copy / f"coverage.{room}.ini"
        settings.write_text(f"[run]\nsource_pkgs = gradcheck.{room}\ndata_file = {account}\n", encoding="utf-8")
        told = ("--durations=0", "--durations-min=0", "--cov", f"--cov-config={settings}", "--cov-report=")
        finished = _pytest(copy, [*told, "--cov-context=test", *room_tests(copy, room)], timeout=None)
        if finished.returncode != 0:
            raise RuntimeError(f"the unchanged tests fail:\n{finished.stdout[-3000:]}")
        times: dict[str, float] = defaultdict(float)
        for seconds, test in DURATION.findall(finished.stdout):
            times[test] += float(seconds)
        tests[room] = dict(sorted(times.items()))
        reached.update(_reached(copy, account))
    return Baseline(tests=tests, reached=reached)


def _reached(copy: Path, account: Path) -> Iterator[tuple[str, dict[int, frozenset[str]]]]:
    """By file and line, the tests that ran it; what ran when the file was loaded, no test did."""
    from coverage import CoverageData

    data = CoverageData(str(account))
    data.read()
    for name in data.measured_files():
        by_line = {
            line: frozenset(context.rpartition("|")[0] for context in contexts) - {""}
            for line, contexts in data.contexts_by_lineno(name).items()
        }
        yield Path(name).resolve().relative_to(copy.resolve()).as_posix(), by_line


def tried(copy: Path, before: Baseline, mutant: Mutant) -> Outcome:
    """Make the change in the copy, run the room's tests until one fails, and take it back.

    Parameters
    ----------
    copy : Path
    before : Baseline
        What the unchanged tests told.
    mutant : Mutant
    """
    path = copy / mutant.place.file
    original, times = path.read_bytes(), path.stat()
    chosen = copy / "chosen.txt"
    chosen.write_text("".join(f"{test}\n" for test in before.order(mutant.place)), encoding="utf-8")
    clock = (f"faulthandler_timeout={before.patience}", "faulthandler_exit_on_timeout=true")
    try:
        path.write_text(mutant.source, encoding="utf-8")
        # An hour ahead: the compiled form is known by the second alone, and must not be taken for that of the change.
        os.utime(path, (times.st_atime, times.st_mtime + 3600))
        options = ["-x", *(f"--override-ini={each}" for each in clock), f"@{chosen}"]
        finished = _pytest(copy, options, timeout=before.limit(mutant.place.room))
    except subprocess.TimeoutExpired:
        return Outcome(mutant=mutant, killed=True, how="timeout")
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    if finished.returncode == 0:
        return Outcome(mutant=mutant, killed=False, how="")
    return Outcome(mutant=mutant, killed=True, how=_how(finished))


def _how(finished: subprocess.CompletedProcess[str]) -> str:
    failed = [line for line in finished.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if failed:
        return failed[0].partition(" ")[2].partition(" - ")[0]
    return "timeout" if "Timeout (" in finished.stdout else f"pytest ended with {finished.returncode}"


def _assert_own_package(copy: Path) -> None:
    code = "import gradcheck; print(gradcheck.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, env=_environment(copy), capture_output=True, text=True, check=True
    ).stdout.strip()
    if not Path(found).resolve().is_relative_to(copy.resolve()):
        raise RuntimeError(f"the tests would import {found}, but should take the copy in {copy}")


def _environment(copy: Path) -> dict[str, str]:
    fixed = {"PYTHONPATH": str(copy), "PYTHONHASHSEED": "0", "HYPOTHESIS_PROFILE": "ci", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **fixed}


def _pytest(copy: Path, arguments: Sequence[str], *, timeout: float | None) -> subprocess.CompletedProcess[str]:
    """Run pytest in the copy, with a session of its own, so that nothing that it started outlives it."""
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:gradcheck", "--no-header", "--tb=no")
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    with subprocess.Popen(
        command, cwd=copy, env=_environment(copy), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=timeout)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, output)
