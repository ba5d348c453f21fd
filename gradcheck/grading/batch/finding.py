"""Which submissions there are: files, notebooks, folders and zip archives of a class."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from gradcheck.errors import GradingError
from gradcheck.grading.batch.archives import ArchiveError, unpack
from gradcheck.grading.batch.work import Work, digest_of
from gradcheck.language import mark, tr

__all__ = ["ARCHIVES", "RENAMED", "files_of", "find_submissions"]

PROGRAMS = (".py", ".ipynb")
# Other archives than are read, and what browsers and mail programs make of a program's name (net.py.txt): they are told
# of, since nobody is lost.
ARCHIVES = (".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar")
RENAMED = (".txt", ".json", ".html", ".bin", ".doc")
# What file managers, version control and Python leave in folders.
IGNORED = frozenset({"__MACOSX", "__pycache__", ".ipynb_checkpoints", ".git", ".venv", "Thumbs.db", "desktop.ini"})
NO_FILES = mark("Hand in a Python file (.py), a notebook (.ipynb), or a folder or zip archive that holds one.")


def find_submissions(paths: Sequence[Path], scratch: Path, *, single: bool = False) -> list[Work]:
    """What is to be graded.

    Parameters
    ----------
    paths : sequence of Path
        A Python file or notebook is one submission. A folder, or a zip archive, is a class: each Python file, notebook,
        folder and archive directly in it is one submission.
    scratch : Path
        A folder to unpack archives into; it must last until all is graded.
    single : bool
        Whether each path is one submission, also a folder or an archive.

    Returns
    -------
    list of Work
        In the order of keys. An entry that cannot be graded is among them, with its fault and the cure: nobody is lost.

    Raises
    ------
    GradingError
        If a path is not there, or nothing was handed in.
    """
    for path in paths:
        if not path.exists():
            raise GradingError(
                f"{path} is not there: pass a folder of submissions, a .py file, a notebook or a .zip archive."
            )
    unpacked = (scratch / str(number) for number in itertools.count())
    found: dict[str, Work] = {}
    for path in paths:
        prefix = f"{_as_text(path.name)}/" if len(paths) > 1 and not _is_one(path, single=single) else ""
        for key, entry in _entries(path, unpacked, single=single):
            work = _work(_free(f"{prefix}{key}", found), entry, unpacked)
            found[work.key] = work
    if not found:
        raise GradingError(f"{', '.join(map(str, paths))}: nothing was handed in. {tr(NO_FILES)}")
    return sorted(found.values(), key=lambda work: work.key)


def _is_one(path: Path, *, single: bool) -> bool:
    return single or (path.is_file() and path.suffix.lower() != ".zip")


def _entries(path: Path, unpacked: Iterator[Path], *, single: bool) -> Iterator[tuple[str, Path]]:
    """The submissions of one path, each with its key."""
    if _is_one(path, single=single):
        yield _as_text(path.name), path
        return
    folder = path
    if path.is_file():
        folder = next(unpacked)
        folder.mkdir(parents=True)
        try:
            unpack(path, folder)
        except ArchiveError as error:
            raise GradingError(f"{path}: {error}. {error.cure}") from None
        folder = _only_folder(folder)
    for entry in sorted(folder.iterdir()):
        if not _is_ignored(entry) and (entry.is_symlink() or entry.is_dir() or _may_be_handed_in(entry)):
            yield _as_text(entry.name), entry


def _as_text(name: str) -> str:
    """A file's name as text that can be stored: bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _only_folder(folder: Path) -> Path:
    """The folder itself, or the one folder that is all that it holds: an archive of a class often wraps it."""
    held = [entry for entry in folder.iterdir() if not _is_ignored(entry)]
    return held[0] if len(held) == 1 and held[0].is_dir() and not held[0].is_symlink() else folder


def _is_ignored(entry: Path) -> bool:
    return entry.name in IGNORED or entry.name.startswith(".")


def _may_be_handed_in(file: Path) -> bool:
    return file.suffix.lower() in (*PROGRAMS, ".zip", *ARCHIVES) or _own_name(file.name) is not None


def _own_name(name: str) -> str | None:
    """What a program was called before something was put behind its name; None for what was no program."""
    stem, _, _ = name.rpartition(".")
    is_renamed = name.lower().endswith(RENAMED) and stem.lower().endswith(PROGRAMS)
    return stem if is_renamed else None


def _free(key: str, taken: Container[str]) -> str:
    """The key, with a number where two paths hold an entry of one name."""
    numbered = (key if number == 1 else f"{key} ({number})" for number in itertools.count(1))
    return next(name for name in numbered if name not in taken)


def _work(key: str, entry: Path, unpacked: Iterator[Path]) -> Work:
    unfit = _unfit(entry)
    if unfit is not None:
        return _faulty(key, entry, *unfit)
    place = entry
    if entry.is_file() and entry.suffix.lower() == ".zip":
        place = next(unpacked)
        place.mkdir(parents=True)
        try:
            unpack(entry, place)
        except ArchiveError as error:
            return _faulty(key, entry, str(error), error.cure)
    try:
        files = files_of(place)
        if not any(file.suffix.lower() in PROGRAMS for file in files):
            return _faulty(key, entry, *_without_program(files))
        path = files[0] if len(files) == 1 else place  # what a program reads lies beside it
        return Work(key=key, path=path, digest=digest_of(path, files))
    except OSError as error:
        fault = tr("it cannot be read ({error})", error=error.strerror or error)
        return _faulty(key, entry, fault, tr("Hand it in again."))


def _unfit(entry: Path) -> tuple[str, str] | None:
    """What is wrong with an entry whatever it holds, and the cure; None for one that is looked into."""
    if entry.is_symlink():
        return tr("it is a link, which is not followed"), tr("Hand in the file itself.")
    if not (entry.is_dir() or entry.is_file()):
        return tr("it is no file: a pipe, a socket or a device"), tr("Hand in the file itself.")
    if entry.is_file() and entry.suffix.lower() in ARCHIVES:
        fault = tr("it is an archive of a kind that is not read ({suffix})", suffix=entry.suffix)
        return fault, tr("Pack it again as a .zip file.")
    own = _own_name(entry.name)
    if entry.is_file() and own is not None:
        fault = tr("its name ends in {suffix}: it is not taken for a program", suffix=entry.suffix)
        return fault, tr("Rename it to {name}, and hand it in again.", name=_as_text(own))
    return None


def _without_program(files: Sequence[Path]) -> tuple[str, str]:
    """That there is nothing to run, and the cure."""
    inner = next((file.name for file in files if file.suffix.lower() in (".zip", *ARCHIVES)), None)
    if inner is None:
        return tr("it holds no Python file and no notebook"), tr(NO_FILES)
    fault = tr("it holds no Python file and no notebook, but another archive: {name}", name=_as_text(inner))
    return fault, tr("Unpack that one, and hand in what is in it.")


def files_of(path: Path) -> list[Path]:
    """The files that were handed in: a file itself, or those of a folder and below it; links and pipes are none."""
    if path.is_file():
        return [path]
    found: list[Path] = []
    for entry in sorted(path.iterdir()):
        if _is_ignored(entry) or entry.is_symlink():
            continue
        if entry.is_dir() or entry.is_file():
            found += files_of(entry)
    return found


def _faulty(key: str, entry: Path, fault: str, cure: str) -> Work:
    """Something that was handed in and cannot be run; told apart by what is wrong with it."""
    return Work(
        key=key,
        path=entry,
        digest=hashlib.sha256(f"{key}\0{fault}".encode("utf-8", "replace")).hexdigest(),
        fault=fault,
        cure=cure,
    )
