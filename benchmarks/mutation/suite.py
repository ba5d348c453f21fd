"""A copy of the tree in which each change is made, and the fast tests of the changed room are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation.mutants import Mutant

__all__ = ["Outcome", "baseline", "copied", "room_tests", "tried"]

COPIED = ("gradcheck", "reference_impls", "tests", "examples", "pyproject.toml")
# What tests a room by itself; what is slow is left out by the marker in pyproject.toml.
KINDS = ("unit", "property")
# A change that makes a loop endless is noticed by nothing but the clock: so many times what the unchanged tests took.
PATIENCE = 5.0
GRACE = 60.0  # seconds, for what starting takes on a busy machine


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


def room_tests(copy: Path, room: str, stem: str = "") -> list[str]:
    """Files of a room's tests, those that are named like a module first."""
    files = [path for kind in KINDS for path in sorted((copy / "tests" / kind / room).glob("**/test_*.py"))]
    return [path.relative_to(copy).as_posix() for path in sorted(files, key=lambda path: stem not in path.stem)]


def baseline(copy: Path, rooms: Sequence[str]) -> float:
    """Run the unchanged tests once; how long they took, in seconds.

    Raises
    ------
    RuntimeError
        If they fail, or if they would test another copy of the package.
    """
    _assert_own_package(copy)
    start = time.monotonic()
    finished = _pytest(copy, [test for room in rooms for test in room_tests(copy, room)], timeout=None)
    if finished.returncode != 0:
        raise RuntimeError(f"the unchanged tests fail:\n{finished.stdout[-3000:]}")
    return time.monotonic() - start


def tried(copy: Path, seconds: float, mutant: Mutant) -> Outcome:
    """Make the change in the copy, run the room's tests until one fails, and take it back.

    Parameters
    ----------
    copy : Path
    seconds : float
        What the unchanged tests took.
    mutant : Mutant
    """
    path = copy / mutant.place.file
    original, times = path.read_bytes(), path.stat()
    tests = room_tests(copy, mutant.place.room, path.stem)
    try:
        path.write_text(mutant.source, encoding="utf-8")
        # An hour ahead: the compiled form is known by the second alone, and must not be taken for that of the change.
        os.utime(path, (times.st_atime, times.st_mtime + 3600))
        finished = _pytest(copy, ["-x", *tests], timeout=GRACE + PATIENCE * seconds)
    except subprocess.TimeoutExpired:
        return Outcome(mutant=mutant, killed=True, how="timeout")
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    if finished.returncode == 0:
        return Outcome(mutant=mutant, killed=False, how="")
    failed = [line for line in finished.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    how = failed[0].partition(" ")[2].partition(" - ")[0] if failed else f"pytest ended with {finished.returncode}"
    return Outcome(mutant=mutant, killed=True, how=how)


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
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output)
