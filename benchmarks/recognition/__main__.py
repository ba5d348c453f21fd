"""``python -m benchmarks.recognition``: the share of programs that are recognised without help, and by what."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from benchmarks.recognition.measuring import Outcome, measure
from benchmarks.recognition.truth import programs, read

# The share that is asked for.
WANTED = 0.9


def main() -> int:
    """Measure, print, and fail where too few are recognised, or one wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="programs, by a piece of their name; by default all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="say of each what was taken for what")
    options = parser.parse_args()
    paths = [p for p in programs() if not options.names or any(name in p.stem for name in options.names)]
    if not paths:
        parser.error(f"no program is named like {', '.join(options.names)}")
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(lambda path: measure(read(path)), paths))
    for outcome in outcomes:
        if options.verbose or outcome.status != "recognised":
            print(f"{outcome.status:10}  {outcome.name}: {outcome.why}")
    return _summary(outcomes)


def _summary(outcomes: list[Outcome]) -> int:
    for title, chosen in (
        ("own programs", [o for o in outcomes if o.manner == "own"]),
        ("after the manner of public ones", [o for o in outcomes if o.manner != "own"]),
        ("all", outcomes),
    ):
        if not chosen:
            continue
        counts = Counter(outcome.status for outcome in chosen)
        share = counts["recognised"] / len(chosen)
        print(f"{title}: {counts['recognised']} of {len(chosen)} recognised ({share:.1%}), {counts['wrong']} wrongly")
    counts = Counter(outcome.status for outcome in outcomes)
    return int(counts["wrong"] > 0 or counts["recognised"] < WANTED * len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
