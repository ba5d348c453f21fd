"""``python -m benchmarks mutation``: small changes to the core that the fast tests of its rooms must notice."""

from __future__ import annotations

import argparse
import json
import queue
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.mutation.explained import Explanation, explanation_of, read_explanations, stale
from benchmarks.mutation.mutants import ROOMS, Mutant, Place, every_place, sampled
from benchmarks.mutation.suite import Baseline, Outcome, baseline, copied, tried
from benchmarks.table import Table

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]
Identity = tuple[str, str, str]
Known = Callable[[Mutant], Outcome]
FATES = ("killed", "explained", "unexplained")


def main(arguments: Sequence[str]) -> int:
    """Draw changes, try each, and compare what survives with what is explained.

    Returns
    -------
    int
        0 if every survivor is explained, 1 if not, or if an explanation is of a line that is no more.
    """
    options = _parser().parse_args(arguments)
    known = read_explanations()
    earlier = _earlier(options.again, known)
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copies = [copied(ROOT, Path(folder) / str(number)) for number in range(options.jobs)]
        places = _places(copies[0], options.room or ROOMS)
        before = baseline(copies[0], options.room or ROOMS)
        outcomes: list[Outcome] = []
        mutants = sampled(copies[0], places, options.sample, options.seed)
        for number, outcome in enumerate(_outcomes(copies, before, mutants, earlier), 1):
            outcomes.append(outcome)
            print(_line(number, outcomes[-1]), file=sys.stderr, flush=True)
            if options.json is not None:  # after each, so that a run that is stopped goes on with --again
                content = _as_json(outcomes, known, options.seed, len(places))
                options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    unexplained = [o for o in outcomes if not o.killed and explanation_of(o.mutant, known) is None]
    old = stale(known, ROOT)
    print(_table(outcomes, len(places), options.seed, known))
    for outcome in unexplained:
        print(f"\nunexplained: {_described(outcome)}")
    for each in old:
        print(f"\nexplains a line that is no more: {each.file}: {each.before}")
    return 1 if unexplained or old else 0


def _outcomes(
    copies: Sequence[Path], before: Baseline, mutants: Iterable[Mutant], earlier: Mapping[Identity, Known]
) -> Iterator[Outcome]:
    """In the order of the sample, as many at a time as there are copies."""
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def outcome(mutant: Mutant) -> Outcome:
        known = earlier.get(_identity(mutant))
        if known is not None:
            return known(mutant)
        copy = free.get()
        try:
            return tried(copy, before, mutant)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(max_workers=len(copies)) as pool:
        yield from pool.map(outcome, mutants)


def _places(copy: Path, rooms: Sequence[str]) -> list[Place]:
    try:
        return list(every_place(copy, rooms))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "cosmic_ray":
            _parser().error("cosmic-ray makes the changes, and is not installed: tox -e nightly has it")
        raise


def _identity(mutant: Mutant) -> Identity:
    return mutant.place.file, mutant.before, mutant.after


def _earlier(path: Path | None, known: Sequence[Explanation]) -> dict[Identity, Known]:
    """What an earlier run noticed, and explained survivors: as long as tests are only added, it is so still."""
    if path is None:
        return {}
    explained = {(each.file, each.before, each.after) for each in known}
    rows = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
    found = {}
    for row in rows:
        identity = row["file"], row["before"], row["after"]
        killed = row["fate"] == "killed"
        if killed or identity in explained:
            found[identity] = partial(_as_before, killed=killed, how=row["how"])
    return found


def _as_before(mutant: Mutant, *, killed: bool, how: str) -> Outcome:
    return Outcome(mutant=mutant, killed=killed, how=how)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=100, metavar="N", help="how many places (100)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (0)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many at a time, each in its own copy (1)")
    parser.add_argument("--room", action="append", choices=ROOMS, help="of this room alone; may be repeated")
    parser.add_argument(
        "--again", type=Path, metavar="FILE", help="an earlier --json: try only what survived, and is not explained"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every outcome")
    return parser


def _line(number: int, outcome: Outcome) -> str:
    return f"{number:4} {'killed' if outcome.killed else 'SURVIVED':8} {_described(outcome)}"


def _described(outcome: Outcome) -> str:
    mutant = outcome.mutant
    by = f"\n       by {outcome.how}" if outcome.killed else ""
    return f"{mutant.place.file}:{mutant.place.line}\n       - {mutant.before}\n       + {mutant.after}{by}"


def _table(outcomes: Sequence[Outcome], places: int, seed: int, known: Sequence[Explanation]) -> Table:
    table = Table(
        caption=f"Changes to the core, {len(outcomes)} places of {places:,} changes, seed {seed}",
        heading=("room", "tried", "noticed", "survive, explained", "survive, unexplained"),
    )
    counts = {room: Counter(_fate(o, known) for o in outcomes if o.mutant.place.room == room) for room in ROOMS}
    for room, fates in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        table.rows.append((room, *(str(n) for n in (fates.total(), *(fates[name] for name in FATES)))))
    return table


def _fate(outcome: Outcome, known: Sequence[Explanation]) -> str:
    if outcome.killed:
        return "killed"
    return "unexplained" if explanation_of(outcome.mutant, known) is None else "explained"


def _as_json(outcomes: Sequence[Outcome], known: Sequence[Explanation], seed: int, places: int) -> dict[str, object]:
    rows = [
        {
            "file": o.mutant.place.file, "line": o.mutant.place.line, "before": o.mutant.before,
            "after": o.mutant.after, "fate": _fate(o, known), "how": o.how,
        }
        for o in outcomes
    ]  # fmt: skip
    return {"seed": seed, "changes": places, "tried": len(rows), "outcomes": rows}
