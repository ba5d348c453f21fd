"""What was probably meant by a word of the command line that names nothing."""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from gradcheck.language import tr

__all__ = ["close_command", "in_a_row", "neighbour", "suggestion", "typed"]

ALIKE = 0.5  # difflib's ratio from which a name is taken for another that was mistyped


def close_command(name: str, names: Iterable[str]) -> str | None:
    """The name among those that there are that is closest to a mistyped one, if any is close.

    Examples
    --------
    >>> close_command("CHEK", ["check", "grade"])
    'check'
    """
    close = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=ALIKE)
    return close[0] if close else None


def in_a_row(first: str, second: str) -> str:
    """Two sentences, with a blank between them where the language has one."""
    return tr("{first} {second}", first=first, second=second)


def neighbour(path: Path) -> Path | None:
    """The file beside a missing one that has a similar name, or is of another suffix.

    Parameters
    ----------
    path : Path
        Where nothing is.
    """
    folder = path.parent
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return None
    close = difflib.get_close_matches(path.name, names, n=1)
    same = close or [name for name in names if Path(name).stem == path.name]
    return folder / same[0] if same else None


def suggestion(words: Sequence[str]) -> str:
    """A sentence with the command that was meant, as it would be typed.

    Parameters
    ----------
    words : sequence of str
        The command and its arguments.
    """
    return tr("Did you mean: {command}", command=typed(words))


def typed(words: Sequence[str]) -> str:
    """A command as it would be typed, fit for a terminal."""
    from gradcheck.reports.unicode import printable

    quoted = words if os.name == "nt" else map(shlex.quote, words)
    return printable(" ".join(quoted))
