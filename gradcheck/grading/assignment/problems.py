"""What is wrong with an assignment file: where, what, and the cure; all of it at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import GradingError

__all__ = ["AssignmentError", "Key", "Problem", "Problems", "nearest", "shown"]

Key = tuple[str | int, ...]
"""Where a value stands in the file: ``("rubric", 0, "points")``."""

LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    Attributes
    ----------
    line : int or None
        From 1; None where it belongs to none (a table that is missing).
    key : str
        With dots, items of the rubric by their ids: ``rubric[gradients/W1].points``; empty for the file as a whole.
    found : str
        What is wrong, as a sentence without its stop.
    cure : str
        What to write instead, as a sentence without its stop.
    """

    line: int | None
    key: str
    found: str
    cure: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.key) if part)
        return f"{place}: {self.found}. {self.cure}." if place else f"{self.found}. {self.cure}."


class AssignmentError(GradingError):
    """A file that is no assignment: the message lists all that is wrong, each with its line, key and cure.

    Attributes
    ----------
    problems : tuple of Problem
    """

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{name}: {count}", *(f"  {problem}" for problem in problems)]))
        self.problems = tuple(problems)


@dataclass(slots=True, kw_only=True)
class Problems:
    """What was found so far.

    Attributes
    ----------
    lines : mapping of tuple to int
        Of keys, from 1.
    names : dict of tuple to str
        What an item of the rubric is called, by its key.
    found : list of Problem
    """

    lines: Mapping[Key, int] = field(default_factory=dict)
    names: dict[Key, str] = field(default_factory=dict)
    found: list[Problem] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)

    def add(self, key: Key, found: str, cure: str) -> None:
        """Note one, at a key."""
        self.found.append(Problem(line=self.line(key), key=self.written(key), found=found, cure=cure))
        self.keys.add(key)

    def under(self, *key: str | int) -> bool:
        """Whether there is any at a key, or below it."""
        return any(each[: len(key)] == key for each in self.keys)

    def line(self, key: Key) -> int | None:
        """Of a key, or of the nearest table around it that the file has."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key)

    def written(self, key: Key) -> str:
        """A key as a reader finds it."""
        for length in range(len(key), 1, -1):
            if key[:length] in self.names:
                return f"rubric[{self.names[key[:length]]}]" + _dotted(key[length:])
        return _dotted(key).lstrip(".")

    def sorted(self) -> list[Problem]:
        """By line; those without one first."""
        return sorted(self.found, key=lambda problem: problem.line or 0)


def nearest(word: str, words: Iterable[str], what: str = "one of") -> str:
    """The cure for a word that is none of those: the one that was probably meant, and all."""
    known = list(words)
    lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    close += [each for each in lower if len(word) > 2 and each.startswith(word.lower())]
    listed = f"{what} {', '.join(known)}" if known else "nothing"
    return f"Did you mean {lower[close[0]]}? Expected {listed}" if close else f"Expected {listed}"


def shown(value: Any) -> str:
    """A value as the file has it, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = repr(value) if isinstance(value, str | list) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _dotted(key: Key) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key)
