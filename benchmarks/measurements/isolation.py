"""What a child costs beyond its own computing: forked and shut in, against a plain subprocess, in one run."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.table import Table, progress
from gradcheck.submissions.exchange.session import Session
from gradcheck.submissions.isolation.confinement import RIGHTS
from gradcheck.submissions.isolation.nursery import environment
from gradcheck.submissions.isolation.places import Reach

__all__ = ["measure"]

Act = Callable[[], float]  # runs a child; its seconds of processor time

# What a submission costs where nothing is kept warm: an interpreter, and NumPy.
PLAIN = "import numpy"
WARMING = 2.0  # seconds in which the zygote loads what it keeps


def measure(*, quick: bool) -> list[Table]:
    """Milliseconds from nothing to a child that is shut in and answers, and to its end."""
    repetitions = 40 if quick else 200
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "student.py"
        file.write_text("x = 1\n", encoding="utf-8")
        reach = Reach(readable=(str(file),))
        kinds: dict[str, tuple[Act, int]] = {
            "forked, all rights given up": (lambda: _session(reach), repetitions),
            "forked, no rights given up": (lambda: _session(reach, without=RIGHTS), repetitions),
            "an interpreter of its own, rights given up": (
                lambda: _session(reach, forked=False),
                repetitions // 10,
            ),
            "a plain subprocess that imports NumPy": (_plain, repetitions // 10),
            "a plain subprocess that imports nothing": (lambda: _plain("pass"), repetitions // 10),
        }
        _session(reach)
        time.sleep(WARMING)
        table = Table(
            caption="Cost of a child beyond its own computing (milliseconds)",
            heading=("child", "median", "90 %", "fastest", "processor", "runs"),
            notes=(
                "From nothing to a process that has given up its rights and answers, and to its end; zygote warm.",
                "`processor`: median of the child's processor time, which other work on the machine changes little.",
            ),
        )
        for name in progress(list(kinds), "isolation"):
            act, count = kinds[name]
            runs = [_timed(act) for _ in range(count)]
            seconds, used = sorted(run[0] for run in runs), [run[1] for run in runs]
            table.rows.append(
                (
                    name,
                    f"{1e3 * statistics.median(seconds):.1f}",
                    f"{1e3 * seconds[int(0.9 * (count - 1))]:.1f}",
                    f"{1e3 * seconds[0]:.1f}",
                    f"{1e3 * statistics.median(used):.1f}",
                    str(count),
                )
            )
    return [table]


def _timed(act: Act) -> tuple[float, float]:
    """Seconds by the clock, and of the child's processor time."""
    start = time.perf_counter()
    used = act()
    return time.perf_counter() - start, used


def _session(reach: Reach, *, without: frozenset[str] = frozenset(), forked: bool = True) -> float:
    with Session(time_limit=20.0, reach=reach, without=without, forked=forked) as session:
        pass
    assert session.usage is not None
    return session.usage.cpu


def _plain(text: str = PLAIN) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-s", "-P", "-c", text], check=True, env=environment(), stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
