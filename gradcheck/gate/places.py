"""What a file is called wherever the tree is checked out: its path from the root of the repository."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["name_in", "root_of"]


def root_of(folder: Path) -> Path:
    """The repository's root that a folder lies in; the folder itself where there is none.

    Parameters
    ----------
    folder : Path
    """
    place = folder.resolve()
    return next((parent for parent in (place, *place.parents) if (parent / ".git").exists()), place)


def name_in(root: Path, file: str | Path) -> str:
    """A file's path from the root, with slashes; from the top of the machine where it does not lie below the root.

    Links are not followed: a file is called what it was given as.

    Parameters
    ----------
    root : Path
    file : str or Path
        Relative to the current folder, or absolute.
    """
    place = Path(os.path.abspath(file))  # noqa: PTH100 - Path.resolve() would follow links
    for base in (root, root.resolve()):
        if place.is_relative_to(base):
            return place.relative_to(base).as_posix()
    inner = place.parent.resolve() / place.name  # the current folder itself may be reached by a link
    return inner.relative_to(root).as_posix() if inner.is_relative_to(root) else place.as_posix()
