"""The project that a file belongs to: the folder beyond which its imports do not reach."""

from __future__ import annotations

from pathlib import Path

from gradcheck.submissions.isolation.places import is_shared

__all__ = ["MARKS", "ROOT_MARK", "marked_root", "project_of"]

# Says that a project begins in a folder, and nothing else: what is graded gets one.
ROOT_MARK = ".gradcheck-root"
# What lies in the folder that a project begins in, which whoever hands in a package cannot put beside it.
MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg", ROOT_MARK)
# Folders that are a part of a project, by their names, and whole projects never.
PARTS = frozenset(
    {
        "scripts", "script", "bin", "tools", "examples", "example", "demos", "demo", "experiments", "notebooks",
        "notebook", "tests", "test", "train", "training", "src",
    }
)  # fmt: skip


def marked_root(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, in which a project begins; None where none says so.

    Parameters
    ----------
    folder : Path
        Resolved.

    Notes
    -----
    A home folder, the root, and a folder that everybody may write to hold many people's or many projects' files: with
    a mark in them they are still no project of a file's.
    """
    for place in (folder, *folder.parents):
        if any((place / mark).exists() for mark in MARKS):
            return None if is_shared(place) else place
    return None


def project_of(folder: Path) -> Path:
    """The folder that all modules of a file in ``folder`` lie below.

    Parameters
    ----------
    folder : Path
        Resolved.

    Notes
    -----
    Where no project begins it is the folder itself; of one named like a part of a project (``scripts``), the folder
    around it. Two homeworks side by side look like that as well, but no homework has such a name.
    """
    marked = marked_root(folder)
    if marked is not None:
        return marked
    around = folder.parent
    return around if folder.name.lower() in PARTS and not is_shared(around) else folder
