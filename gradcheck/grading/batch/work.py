"""One attempt to be graded: its key, its files, and what they are by content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Work", "digest_of"]

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One submission.

    Attributes
    ----------
    key : str
        Its path below the folder of submissions, with ``/``; unique in a class.
    path : Path
        The file or notebook, or the folder that holds its files.
    digest : str
        SHA-256 (hexadecimal) of the names and contents of its files.
    fault : str or None
        Why there is nothing to run; then `cure` says what to do.
    cure : str or None
    """

    key: str
    path: Path
    digest: str
    fault: str | None = None
    cure: str | None = None


def digest_of(path: Path, files: list[Path]) -> str:
    """SHA-256 of files by their names below a path and their contents, in the order of names.

    Parameters
    ----------
    path : Path
        The file itself, or the folder that holds the files.
    files : list of Path

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    found = hashlib.sha256()
    for file in sorted(files):
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        found.update(f"{len(name.encode('utf-8', 'surrogateescape'))}:".encode())
        found.update(name.encode("utf-8", "surrogateescape"))
        found.update(f"{file.stat().st_size}:".encode())
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                found.update(chunk)
    return found.hexdigest()
