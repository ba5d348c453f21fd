"""One run over a class in a process of its own: prints what it took, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["main"]

TICKS = 20  # lines of progress in a run


def main(arguments: list[str]) -> None:
    """``folder assignment out diagnose|mark write|keep``: grade, and write all that the command writes if asked to."""
    from gradcheck.grading.grade import grade

    folder, assignment, out, diagnose, write = arguments
    before = time.monotonic()
    graded = grade(folder, assignment, out, diagnose=diagnose == "diagnose", progress=_told(before))
    told: dict[str, Any] = {"seconds": time.monotonic() - before, **_used(), "run": graded.run.run}
    told["faults"] = len(graded.run.faults)
    if write == "write":
        from gradcheck.reports.grading.writing import Formats, write_class

        before, processor = time.monotonic(), _used()["own"]
        write_class(graded, formats=Formats())
        told["writing"] = {"seconds": time.monotonic() - before, "processor": _used()["own"] - processor}
        told["writing"]["peak"] = _used()["peak"]
    print(json.dumps(told))


def _used() -> dict[str, float]:
    """Processor seconds of this process and of those that it has started; its peak memory in bytes."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "own": own.ru_utime + own.ru_stime,
        "others": others.ru_utime + others.ru_stime,
        "peak": _peak(),
    }


def _peak() -> float:
    """In bytes; what ``getrusage`` tells on Linux starts from the memory of whoever started this process."""
    told = Path("/proc/self/status")
    if not told.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    line = next(line for line in told.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) * 1024


def _told(start: float) -> Any:
    def told(what: str, done: int, total: int) -> None:
        if total and done % max(1, total // TICKS) == 0:
            print(f"{what} {done}/{total}  {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)

    return told


if __name__ == "__main__":  # workers that are spawned import this file again
    main([str(Path(argument)) if number < 3 else argument for number, argument in enumerate(sys.argv[1:])])
