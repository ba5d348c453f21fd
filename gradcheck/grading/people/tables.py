"""Tables that people keep, as their spreadsheets write them: separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradcheck.errors import GradingError

__all__ = ["rows_of", "separator_of"]


def separator_of(text: str) -> str:
    """The one that the headings have most of."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def rows_of(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a table that has certain columns, each with its number; what else it has is left out.

    Parameters
    ----------
    path : Path
        CSV, UTF-8 (a byte-order mark is allowed).
    columns : sequence of str
        Their headings.

    Raises
    ------
    GradingError
        If it cannot be read, or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = csv.DictReader(io.StringIO(text), delimiter=separator_of(text))
        headings = [str(heading).strip() for heading in rows.fieldnames or ()]
        if not set(columns) <= set(headings):
            told = ", ".join(headings) or "missing"
            raise GradingError(f"{path}: its headings are {told}; expected {', '.join(columns)}.")
        rows.fieldnames = headings
        for row in rows:
            yield rows.line_num, {name: (row[name] or "").strip() for name in columns}
    except UnicodeDecodeError:
        raise GradingError(f"{path} is not in UTF-8: save it as 'CSV UTF-8'.") from None
    except (OSError, csv.Error) as error:
        raise GradingError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from None
