"""The folder that a submission may write in: how much lies there, and how it is removed whatever was made of it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from gradcheck.language import tr

__all__ = ["exceeds", "remove"]

BLOCK = 512  # bytes of `st_blocks`


def exceeds(folder: Path, *, size: int, entries: int) -> str | None:
    """What there is too much of below a folder, in words; None if nothing.

    Parameters
    ----------
    folder : Path
    size : int
        Bytes on the disk that are allowed.
    entries : int
        Files and folders that are allowed; no more than these are looked at.
    """
    seen, total, waiting = 0, 0, [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as items:
                for item in items:
                    seen += 1
                    if seen > entries:
                        return tr("more than {entries} files", entries=entries)
                    with contextlib.suppress(FileNotFoundError):
                        total += item.stat(follow_symlinks=False).st_blocks * BLOCK
                        if item.is_dir(follow_symlinks=False):
                            waiting.append(item.path)
                    if total > size:
                        return tr("files of more than {size} MB", size=size >> 20)
        except FileNotFoundError:
            continue
        except OSError as error:
            return tr("folders that cannot be looked into ({strerror})", strerror=error.strerror)
    return None


def remove(folder: Path) -> None:
    """Remove a folder with all in it, however deep it is nested; what refuses stays.

    Notes
    -----
    Folders within folders are moved up until there are none, so that no path grows longer than the system allows.
    """
    top = os.fspath(folder)
    number = 0
    with contextlib.suppress(OSError):
        changed = True
        while changed:
            changed = False
            with os.scandir(top) as found:
                items = [(item.path, item.is_dir(follow_symlinks=False)) for item in found]
            for path, is_folder in items:
                with contextlib.suppress(OSError):
                    if is_folder:
                        number = _empty(path, top, number)
                        os.rmdir(path)  # noqa: PTH106
                    else:
                        os.unlink(path)  # noqa: PTH108
                    changed = True
    with contextlib.suppress(OSError):
        os.rmdir(top)  # noqa: PTH106


def _empty(path: str, top: str, number: int) -> int:
    """Move what is in a folder to the top, under numbers from this one on; the next number."""
    try:
        names = os.listdir(path)  # noqa: PTH208
    except PermissionError:
        os.chmod(path, 0o700)  # noqa: PTH101
        names = os.listdir(path)  # noqa: PTH208
    for name in names:
        number += 1
        os.rename(os.path.join(path, name), os.path.join(top, f"{number}-moved"))  # noqa: PTH104, PTH118
    return number
