"""Zip archives that strangers packed: unpacked within limits, or refused with the cure; nothing leaves the folder."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from gradcheck.language import tr

__all__ = ["ArchiveError", "unpack"]

# What a homework may hold. A bomb of 42 kB unpacks to petabytes; a course's zip of notebooks with pictures to some MB.
MAX_FILES = 2000
MAX_BYTES = 200 * 2**20
CHUNK = 1 << 16
# What reading one that is damaged, or packed in a way that Python does not know, may raise.
DAMAGED = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, EOFError, ValueError),
)
WINDOWS_SEPARATOR = "\\"


class ArchiveError(Exception):
    """An archive that is not unpacked; the message says why, ``cure`` what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


def unpack(archive: Path, folder: Path, *, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES) -> None:
    """Write an archive's files below a folder.

    Parameters
    ----------
    archive, folder : Path
        The folder is there, and empty.
    max_files, max_bytes : int
        Limits on what it may hold, counted while unpacking: what an archive says of itself is not believed.

    Raises
    ------
    ArchiveError
        If it is no zip file, is damaged or encrypted, holds links or names that lead out of the folder, or is too
        large. What was unpacked until then is left to the caller.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) > max_files:
                raise ArchiveError(
                    tr("it holds {count} files; {allowed} are allowed", count=len(entries), allowed=max_files),
                    tr("Pack the source files alone."),
                )
            left = max_bytes
            for entry in entries:
                left -= _write(opened, entry, folder, left)
    except DAMAGED as error:
        raise ArchiveError(
            tr("it is no zip archive that can be read ({error})", error=error), tr("Pack it again as a .zip file.")
        ) from None
    except (RuntimeError, OSError) as error:  # zipfile raises RuntimeError for a missing password
        raise ArchiveError(
            tr("it cannot be unpacked ({error})", error=error), tr("Pack it again, without a password.")
        ) from None


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Write one entry; how many bytes it has taken."""
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveError(tr("it holds a symbolic link"), tr("Pack the files themselves."))
    name = PurePosixPath(entry.filename.replace(WINDOWS_SEPARATOR, "/"))
    if name.is_absolute() or ".." in name.parts or (name.parts and ":" in name.parts[0]):
        raise ArchiveError(tr("it holds a file whose name leads out of it"), tr("Pack the folder of the submission."))
    place = folder / name
    if entry.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        return 0
    place.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(entry) as source, place.open("wb") as target:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > left:
                raise ArchiveError(
                    tr("it unpacks to more than is allowed"), tr("Pack the source files alone, without data.")
                )
            target.write(chunk)
    return written
