"""What is run at length, and how its counts are read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["RUNS", "Counts", "Run"]

Counts = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One long suite.

    Attributes
    ----------
    title, about : str
        Heading and a sentence or two of what is counted.
    command : tuple of str
        What follows ``python -m``.
    read : callable
        Takes the file of ``--json`` (or None) and what was printed; returns ``what: (hits, of)``.
    writes_json : bool
        Whether the command takes ``--json FILE``.
    environment : mapping of str to str
    """

    title: str
    about: str
    command: tuple[str, ...]
    read: Callable[[Path, str], Counts]
    writes_json: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


def _plain(file: Path, _printed: str) -> Counts:
    """A file that is the counts."""
    return {what: (hits, of) for what, (hits, of) in json.loads(file.read_text(encoding="utf-8")).items()}


def _wrong_programs(file: Path, _printed: str) -> Counts:
    figures = json.loads(file.read_text(encoding="utf-8"))["figures"]
    return {what: (value[0], value[1]) for what, value in figures.items() if isinstance(value, list)}


def _mutation(file: Path, _printed: str) -> Counts:
    outcomes = json.loads(file.read_text(encoding="utf-8"))["outcomes"]
    fates = [each["fate"] for each in outcomes]
    told = [fate for fate in fates if fate != "explained"]
    return {
        "changes that a test notices": (fates.count("killed"), len(fates)),
        "of those that can be told apart": (told.count("killed"), len(told)),
        "survivors without an explanation": (fates.count("unexplained"), len(fates)),
    }


def _examples(_file: Path, printed: str) -> Counts:
    """Hypothesis's statistics, summed over tests and phases."""
    failing = sum(int(number) for number in re.findall(r"(\d+) failing\b", printed))
    passing = sum(int(number) for number in re.findall(r"(\d+) passing\b", printed))
    return {
        "made-up inputs that are answered by anything but a result or an error of its kind": (
            failing,
            failing + passing,
        )
    }


RUNS: Mapping[str, Run] = {
    "right-networks": Run(
        title="Right networks",
        about="Random right networks of every family of `tests/networks`. One that fails is a false alarm.",
        command=("benchmarks", "right-networks", "--count", "10000", "--seed", "4"),
        read=_plain,
    ),
    "wrong-programs": Run(
        title="Wrong programs",
        about="`gradcheck diagnose` on the half of the wrong programs whose failures nobody looks at, held against "
        "what is proved of each. The programs were written, not drawn: an interval is as if they had been.",
        command=("benchmarks", "wrong-programs", "--half", "report"),
        read=_wrong_programs,
    ),
    "mutation": Run(
        title="Mutation testing",
        about="Small changes to `problem`, `oracles` and `checks`, each of which the fast tests of its room that "
        "reach the line should notice. A survivor is explained in `benchmarks/mutation/explained.toml` if no test "
        "could tell it. With `--again` the tests are those "
        "that the survivors of a first run led to: of new changes fewer will be noticed.",
        command=("benchmarks", "mutation", "--sample", "100", "--seed", "0"),
        read=_mutation,
    ),
    "fuzzing": Run(
        title="Fuzzing",
        about="Frames, answers, files and a child's accounts as Hypothesis makes them up, 2,000 a test.",
        command=("pytest", "tests/security/test_fuzzing.py", "-q", "--hypothesis-show-statistics"),
        read=_examples,
        writes_json=False,
        environment={"HYPOTHESIS_PROFILE": "nightly"},
    ),
}
