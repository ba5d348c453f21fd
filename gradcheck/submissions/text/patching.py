"""Applies a unified diff to a text, exactly or not at all, and writes files as they were written before."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import shutil
import tempfile
import tokenize
from pathlib import Path

from gradcheck.errors import SubmissionError
from gradcheck.language import tr

__all__ = ["applied", "back_up", "write_bytes", "write_like"]

HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
NO_NEWLINE = "\\ No newline at end of file"


def applied(patch: str, text: str) -> str:
    r"""A text after a unified diff.

    Parameters
    ----------
    patch : str
        Of one file.
    text : str
        Its lines end in ``\n``.

    Raises
    ------
    ValueError
        If a line is not what the diff says.

    Examples
    --------
    >>> applied("--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "a\nb\n")
    'a\nc\n'
    """
    lines = text.split("\n")
    result: list[str] = []
    at = 0
    left, inside, sign = 0, False, ""
    unended: set[str] = set()
    for line in patch.split("\n"):
        found = HUNK.match(line)
        if found is not None and not left:
            start, count = int(found[1]), int(found[2] if found[2] is not None else 1)
            first = start - 1 if count else start
            if first < at or first > len(lines):
                raise ValueError(tr("the patch goes to line {start}, which is not there", start=start))
            result += lines[at:first]
            at, left = first, count
        elif line[:1] in (" ", "-") and left:
            if at >= len(lines) or lines[at] != line[1:]:
                raise ValueError(tr("line {at} is not what the patch expects", at=at + 1))
            result += [line[1:]] if line[0] == " " else []
            at, left = at + 1, left - 1
        elif line[:1] == "+" and inside:
            result.append(line[1:])
        elif line == NO_NEWLINE:
            unended.add(sign)
        inside, sign = inside or found is not None, line[:1]
    return "\n".join(_ended([*result, *lines[at:]], unended))


def _ended(lines: list[str], unended: set[str]) -> list[str]:
    """With an end of the last line, or without, where the patch changes that."""
    if unended == {"-"}:
        return [*lines, ""]
    if unended == {"+"} and lines[-1] == "":
        return lines[:-1]
    return lines


def back_up(file: Path) -> Path:
    """Copy a file to ``NAME.orig`` beside it; its content and permissions.

    Raises
    ------
    SubmissionError
        If there is one already, of other content, or the folder cannot be written to.
    """
    backup = file.with_name(f"{file.name}.orig")
    if backup.exists() and backup.read_bytes() != file.read_bytes():
        raise SubmissionError(
            tr(
                "{backup} exists already and holds something else: move it away, or write without a backup "
                "(--no-backup).",
                backup=backup,
            )
        )
    try:
        shutil.copy2(file, backup)
    except OSError as error:
        raise SubmissionError(
            tr("{backup} cannot be written: {error}.", backup=backup, error=error.strerror or error)
        ) from None
    return backup


def write_like(file: Path, text: str) -> None:
    r"""Replace a file's text, keeping its encoding, line endings and permissions; all at once or not at all.

    Parameters
    ----------
    file : Path
    text : str
        Its lines end in ``\n``.

    Raises
    ------
    SubmissionError
        If the encoding has no such characters, or the file cannot be written.
    """
    blob = file.read_bytes()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(blob).readline)
    try:
        new = _with_endings(text, blob.decode(encoding, "replace"), _ending(blob)).encode(encoding)
    except UnicodeEncodeError as error:
        raise SubmissionError(tr("{file} cannot be written: {error}.", file=file, error=error)) from None
    write_bytes(file, new)


def write_bytes(file: Path, new: bytes) -> None:
    """Replace a file's content, keeping its permissions; all at once or not at all.

    Parameters
    ----------
    file : Path
    new : bytes

    Raises
    ------
    SubmissionError
        If the file cannot be written.
    """
    try:
        place = file.resolve()  # of a link, the file behind it
        descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(new)
            shutil.copymode(place, name)
            Path(name).replace(place)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise SubmissionError(
            tr("{file} cannot be written: {error}.", file=file, error=error.strerror or error)
        ) from None


def _with_endings(text: str, before: str, usual: str) -> str:
    """Every line that stays with the end that it had, and every other with the usual one."""
    old = [line for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", before) if line]
    new = [line for line in re.split(r"(?<=\n)", text) if line]
    bare = [line.rstrip("\r\n") for line in old]
    ends = [usual] * len(new)
    matcher = difflib.SequenceMatcher(None, bare, [line.rstrip("\n") for line in new], autojunk=False)
    for start, first, size in matcher.get_matching_blocks():
        for i in range(size):
            ends[first + i] = old[start + i][len(bare[start + i]) :] or usual
    return "".join(
        line.removesuffix("\n") + (end if line.endswith("\n") else "") for line, end in zip(new, ends, strict=True)
    )


def _ending(blob: bytes) -> str:
    """What most lines of a file end in."""
    crlf = blob.count(b"\r\n")
    counts = {"\r\n": crlf, "\n": blob.count(b"\n") - crlf, "\r": blob.count(b"\r") - crlf}
    return max(counts, key=lambda ending: counts[ending]) if any(counts.values()) else "\n"
