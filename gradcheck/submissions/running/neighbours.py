"""Which entries of a submission's folder it may mean: only those are shown to it, however many lie there."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

__all__ = ["neighbours"]

# Entries of a folder that are looked at, and shown at most.
MAX_LOOKED_AT, MAX_SHOWN = 20_000, 500
# Programs that ask which files there are.
LISTING = re.compile(r"\b(glob|iglob|rglob|listdir|scandir|iterdir|walk)\b")
# Within a line: across empty ones, a search from each of them would take a million of them for ever.
IMPORTED = re.compile(r"^[^\S\n]*(?:from|import)[^\S\n]+(\w+)", re.MULTILINE)


def neighbours(folder: Path, text: str) -> list[Path]:
    """Entries that a program's text names, by name or without the suffix; all of them where it lists its folder.

    A program that imports a module or package from beside it sees everything, since that may read files too.

    Parameters
    ----------
    folder : Path
    text : str

    Returns
    -------
    list of Path
        At most 500, by name.
    """
    entries = sorted(itertools.islice(folder.iterdir(), MAX_LOOKED_AT))
    imported = set(IMPORTED.findall(text))
    if LISTING.search(text) or any(_module(entry) in imported for entry in entries):
        return entries[:MAX_SHOWN]
    return [entry for entry in entries if entry.name in text or (len(entry.stem) > 2 and entry.stem in text)][
        :MAX_SHOWN
    ]


def _module(entry: Path) -> str | None:
    """Under which name an entry could be imported."""
    if entry.suffix == ".py":
        return entry.stem
    return entry.name if (entry / "__init__.py").is_file() else None
