"""Files and folders as arguments: what is wrong with one is said with its cure, and shells complete their names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.meant import neighbour
from gradcheck.language import tr

if TYPE_CHECKING:
    Base = click.Path[Path]
else:
    Base = click.Path

__all__ = [
    "ANY",
    "FILE",
    "NEW_FILE",
    "NEW_FOLDER",
    "THERE",
    "PathArgument",
    "exists_already",
    "missing",
    "no_folder",
    "not_written",
]


class PathArgument(Base):
    """A path that is judged when it is typed."""

    def __init__(self, *, exists: bool = False, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(exists=exists, file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, or a usage error with what is there instead."""
        path = Path(value)
        wrong = self._wrong(path)
        if wrong is not None:
            self.fail(wrong, param, ctx)
        return path

    def _wrong(self, path: Path) -> str | None:
        from gradcheck.reports.unicode import printable

        shown = printable(str(path))
        if not path.exists():
            return missing(path) if self.exists else None
        if path.is_dir() and not self.dir_okay:
            return tr("'{path}' is a folder; a file is wanted.", path=shown)
        if not path.is_dir() and not self.file_okay:
            return tr("'{path}' is a file; a folder is wanted.", path=shown)
        if self.exists and not os.access(path, os.R_OK):
            return tr("'{path}' may not be read: give yourself the right to.", path=shown)
        return None


# Any: that nothing is there is said of each in its result.
ANY = PathArgument()
THERE = PathArgument(exists=True)
FILE = PathArgument(exists=True, dir_okay=False)
NEW_FILE = PathArgument(dir_okay=False)
NEW_FOLDER = PathArgument(file_okay=False)


def exists_already(path: Path) -> str:
    """What is said instead of writing over a file."""
    return tr("{path} exists already: give --force to write over it, or another --out.", path=path)


def missing(path: Path) -> str:
    """What is said of a path at which nothing is, with what may have been meant."""
    from gradcheck.reports.unicode import printable

    shown, near = printable(str(path)), neighbour(path)
    if near is not None:
        return tr("'{path}' does not exist. Did you mean '{near}'?", path=shown, near=printable(str(near)))
    return tr("'{path}' does not exist: check the spelling and the current folder.", path=shown)


def no_folder(option: str, path: Path) -> str:
    """What is said of a file to write in a folder that is not there, by the option's name."""
    return tr(
        "--{option} {path}: there is no folder {folder}; make it first.", option=option, path=path, folder=path.parent
    )


def not_written(path: Path, error: OSError) -> str:
    """What is said of a file that the system does not let write."""
    return tr("{path} cannot be written: {reason}.", path=path, reason=error.strerror or error)
