"""A copy of the tree in which each change is made, and the tests that run the changed lines are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation.mutants import ROOMS, Mutant

__all__ = ["Baseline", "Outcome", "baseline", "copied", "tried", "unmeasured"]

COPIED = ("gradcheck", "reference_impls", "tests", "examples", "pyproject.toml")
# The fast tests of the rooms; what is slow is left out by the marker in pyproject.toml.
TESTS = (
    *(f"tests/{kind}/{room}" for kind in ("unit", "property") for room in ROOMS),
    "tests/meta/engine",
    "tests/meta/oracles",
)
# A change that makes a loop endless is noticed by nothing but the clock: so many times what the unchanged tests took.
GRACE = 60.0  # seconds, for what starting takes on a busy machine
PATIENCE = 5.0
ALL_OF_THEM = 300.0  # seconds, where it was not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the unchanged tests showed.

    Attributes
    ----------
    tests : sequence of str
        Every test, in the order in which pytest runs them.
    covering : mapping of str to mapping of int to frozenset of str, or None
        By file and line, the tests that run it, with an empty name for a line that runs when the module is imported;
        None where that was not measured.
    seconds : float
        How long they took.
    """

    tests: Sequence[str]
    covering: Mapping[str, Mapping[int, frozenset[str]]] | None
    seconds: float

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that can notice a change; those that are most likely to come first."""
        chosen = self.tests if self.covering is None else self._running(mutant, self.covering)
        file = Path(mutant.place.file)
        near = (file.stem, f"/{file.parent.name}/", f"/{file.parts[1]}/")
        return sorted(chosen, key=lambda test: -sum(part in test for part in near))

    def _running(self, mutant: Mutant, covering: Mapping[str, Mapping[int, frozenset[str]]]) -> Sequence[str]:
        lines = covering.get(mutant.place.file, {})
        names = lines.get(mutant.place.line, frozenset()) | lines.get(mutant.statement, frozenset())
        return self.tests if "" in names else [test for test in self.tests if test in names]


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
    tests : int
        How many tests run the line.
    """

    mutant: Mutant
    killed: bool
    how: str
    tests: int


def copied(root: Path, target: Path) -> Path:
    """What the tests need, without caches."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy2(root / name, target / name)
    return target


def baseline(copy: Path) -> Baseline:
    """Run the unchanged tests once, and note which of them run which line.

    Raises
    ------
    RuntimeError
        If they fail, or if they would test another copy of the package.
    """
    _assert_own_package(copy)
    data = copy / ".coverage-of-tests"
    (copy / "coverage.ini").write_text("[run]\nsource =\n" + "".join(f"    gradcheck/{room}\n" for room in ROOMS))
    start = time.monotonic()
    options = ["--cov", "--cov-config=coverage.ini", "--cov-context=test", "--cov-report=", "-v"]
    finished = _pytest(copy, [*TESTS, *options], timeout=None, COVERAGE_FILE=str(data))
    if finished.returncode != 0:
        raise RuntimeError(f"the unchanged tests fail:\n{finished.stdout[-3000:]}")
    seconds = time.monotonic() - start
    tests = [line.rpartition(" PASSED")[0] for line in finished.stdout.splitlines() if " PASSED" in line]
    return Baseline(tests=tests, covering=_covering(copy, data), seconds=seconds)


def unmeasured(copy: Path) -> Baseline:
    """All tests for every change: for a few changes that is sooner done than to find out which of them run a line."""
    _assert_own_package(copy)
    files = [path for folder in TESTS for path in sorted((copy / folder).rglob("test_*.py"))]
    return Baseline(tests=[path.relative_to(copy).as_posix() for path in files], covering=None, seconds=ALL_OF_THEM)


def tried(copy: Path, base: Baseline, mutant: Mutant) -> Outcome:
    """Make the change in the copy, run the tests, and take it back."""
    tests = base.tests_of(mutant)
    if not tests:
        return Outcome(mutant=mutant, killed=False, how="", tests=0)
    path = copy / mutant.place.file
    original, times = path.read_bytes(), path.stat()
    (copy / "tests.txt").write_text("\n".join(tests), encoding="utf-8")
    try:
        path.write_text(mutant.source, encoding="utf-8")
        # An hour ahead: the compiled form is known by the second alone, and must not be taken for that of the change.
        os.utime(path, (times.st_atime, times.st_mtime + 3600))
        finished = _pytest(copy, ["@tests.txt", "-x", "-q"], timeout=GRACE + PATIENCE * base.seconds)
    except subprocess.TimeoutExpired:
        return Outcome(mutant=mutant, killed=True, how="timeout", tests=len(tests))
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    failed = [line for line in finished.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    how = failed[0].partition(" ")[2].partition(" - ")[0] if failed else f"pytest ended with {finished.returncode}"
    killed = finished.returncode != 0
    return Outcome(mutant=mutant, killed=killed, how=how if killed else "", tests=len(tests))


def _covering(copy: Path, data: Path) -> dict[str, dict[int, frozenset[str]]]:
    from coverage import CoverageData

    measured = CoverageData(str(data))
    measured.read()
    return {
        Path(name).resolve().relative_to(copy.resolve()).as_posix(): {
            line: frozenset(context.partition("|")[0] for context in contexts)
            for line, contexts in measured.contexts_by_lineno(name).items()
        }
        for name in measured.measured_files()
    }


def _assert_own_package(copy: Path) -> None:
    code = "import gradcheck; print(gradcheck.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, env=_environment(copy), capture_output=True, text=True, check=True
    ).stdout.strip()
    if not Path(found).resolve().is_relative_to(copy.resolve()):
        raise RuntimeError(f"the tests would import {found}, but should take the copy in {copy}")


def _environment(copy: Path, **more: str) -> dict[str, str]:
    fixed = {"PYTHONPATH": str(copy), "PYTHONHASHSEED": "0", "HYPOTHESIS_PROFILE": "ci", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **fixed, **more}


def _pytest(
    copy: Path, arguments: Sequence[str], *, timeout: float | None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest in the copy, with a session of its own, so that nothing that it started outlives it."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:gradcheck",
        "--no-header",
        "--tb=no",
        *arguments,
    ]
    with subprocess.Popen(
        command, cwd=copy, env=_environment(copy, **variables), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output)
