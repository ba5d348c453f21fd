"""When submissions were handed in, as a table says."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from gradcheck.errors import GradingError

__all__ = ["read_times"]

COLUMNS = ("submission", "submitted")


def read_times(path: Path) -> dict[str, datetime]:
    """Read a table of the columns ``submission`` (its file or folder name) and ``submitted`` (ISO 8601, with its zone).

    Parameters
    ----------
    path : Path
        CSV, UTF-8.

    Raises
    ------
    GradingError
        If it cannot be read, or a time is none or has no zone: with the line.
    """
    found: dict[str, datetime] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise GradingError(
                    f"{path}: its headings are {', '.join(rows.fieldnames or ()) or 'missing'}; expected "
                    f"{' and '.join(COLUMNS)}."
                )
            for row in rows:
                found[row["submission"]] = _time(path, rows.line_num, row["submitted"] or "")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"{path} cannot be read ({error}).") from None
    return found


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
