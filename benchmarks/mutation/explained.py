"""Survivors that somebody looked at: what the change is, and why no test can tell it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutation.mutants import Mutant

__all__ = ["EXPLAINED", "Explanation", "explanation_of", "read_explanations", "stale"]

EXPLAINED = Path(__file__).with_name("explained.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One survivor.

    Attributes
    ----------
    file, before, after : str
        As a `Mutant` has them.
    why : str
        What makes the two forms the same, or the difference none that a user could meet.
    """

    file: str
    before: str
    after: str
    why: str


def read_explanations(path: Path = EXPLAINED) -> list[Explanation]:
    """The table ``survivor`` of a TOML file."""
    return [Explanation(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])]


def explanation_of(mutant: Mutant, known: Sequence[Explanation]) -> Explanation | None:
    """Why it survives, or nothing."""
    this = (mutant.place.file, mutant.before, mutant.after)
    return next((each for each in known if (each.file, each.before, each.after) == this), None)


def stale(known: Sequence[Explanation], root: Path) -> list[Explanation]:
    """Explanations of lines that are no more: their code was changed, and so must they be."""
    return [each for each in known if each.before not in _lines(root / each.file)]


def _lines(path: Path) -> str:
    if not path.exists():
        return ""
    return " ".join(line.strip() for line in path.read_text(encoding="utf-8").splitlines())
