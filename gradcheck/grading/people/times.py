"""When submissions were handed in, as a table says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gradcheck.errors import GradingError
from gradcheck.grading.people.tables import rows_of

__all__ = ["read_times"]

COLUMNS = ("submission", "submitted")


def read_times(path: Path) -> dict[str, datetime]:
    """Read a table of the columns ``submission`` (its file or folder name) and ``submitted`` (ISO 8601, with its zone).

    Parameters
    ----------
    path : Path
        CSV as for ``rows_of``.

    Raises
    ------
    GradingError
        If it cannot be read, or a time is none or has no zone: with the line.
    """
    return {row["submission"]: _time(path, line, row["submitted"]) for line, row in rows_of(path, COLUMNS)}


def _time(path: Path, line: int, text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise GradingError(
            f"{path}, line {line}: '{text}' is no time; expected one such as 2026-10-01T23:59:00+02:00."
        ) from None
    if time.tzinfo is None:
        raise GradingError(f"{path}, line {line}: '{text}' has no zone; add one, such as +02:00 or Z.")
    return time
