"""What has changed since a revision, as git knows it, and which programs that concerns."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from gradcheck.errors import InvalidArgumentError, SubmissionError
from gradcheck.language import tr
from gradcheck.submissions.configuration import find_settings
from gradcheck.submissions.text.source import read_source

__all__ = ["Selection", "changed_since", "sources_of"]

PATIENCE = 120.0  # seconds for one question to git; a large repository on a cold disk takes a few
PLAIN = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}  # messages in English, which are read here
# What a repository's own settings could make git run, or show instead of the files.
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--no-pager")


class Selection:
    """The programs that a change concerns: those that changed, and those that import, or are set up by, what did.

    Parameters
    ----------
    changed : collection of Path
        Absolute, links followed.
    adapter : Path, optional
        Of all files: when it has changed, everything has.
    """

    def __init__(self, changed: Collection[Path], adapter: Path | None = None) -> None:
        self._changed = frozenset(changed)
        self._adapter = adapter

    def __call__(self, file: Path) -> bool:
        """Whether a program is to be looked at.

        Parameters
        ----------
        file : Path
        """
        return any(place.resolve() in self._changed for place in sources_of(file, self._adapter))


def sources_of(file: Path, adapter: Path | None = None) -> list[Path]:
    """All files that say what a program is, and how it is checked: itself, what it imports, adapter and settings.

    Parameters
    ----------
    file : Path
        Need not be readable, or there.
    adapter : Path, optional
    """
    given = [file] if adapter is None else [file, adapter]
    try:
        modules = [part.path for part in read_source(file).modules]
        settings = find_settings(file)
    except SubmissionError:  # told when it is looked at
        return given
    return [*given, *modules, *(place for place in (settings.file, settings.adapter) if place is not None)]


def changed_since(revision: str, folder: Path) -> frozenset[Path]:
    """The files of a repository that are not what they were.

    Compared is the working tree, with what git does not track yet and does not ignore, against the last commit that
    the revision and the current one have in common; against the revision itself where they have none.

    Parameters
    ----------
    revision : str
        As git reads it: a branch, a tag, a commit, ``HEAD~3``.
    folder : Path
        In the repository.

    Returns
    -------
    frozenset of Path
        Absolute, links followed, by their present names; what was deleted is left out.

    Raises
    ------
    InvalidArgumentError
        If there is no git, no repository, or no such revision.
    """
    top = Path(_asked(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    start = _commit(revision, folder)
    names = _asked(top, "diff", "--name-only", "--diff-filter=d", "-z", start, "--").split("\0")
    names += _asked(top, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    return frozenset((top / name).resolve() for name in names if name)


def _commit(revision: str, folder: Path) -> str:
    told = _run(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if told.returncode != 0 or revision.startswith("-"):
        shallow = _asked(folder, "rev-parse", "--is-shallow-repository").strip() == "true"
        why = tr(
            "--since {revision!r}: git knows no such revision here; `git log` shows what there is.", revision=revision
        )
        if shallow:
            why = tr("{told} This clone is shallow: fetch all of the history (git fetch --unshallow).", told=why)
        raise InvalidArgumentError(why)
    commit = told.stdout.strip()
    base = _run(folder, "merge-base", commit, "HEAD")
    return base.stdout.strip() if base.returncode == 0 else commit


def _asked(folder: Path, *arguments: str) -> str:
    told = _run(folder, *arguments)
    if told.returncode == 0:
        return told.stdout
    if "not a git repository" in told.stderr:
        raise InvalidArgumentError(
            tr(
                "--since needs a git repository, and {folder} is in none: leave it out to check everything.",
                folder=folder,
            )
        )
    said = " ".join(told.stderr.split()) or tr("it says nothing")
    raise InvalidArgumentError(tr("--since: git cannot tell what has changed: {said}", said=said))


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    git = shutil.which("git")
    if git is None:
        raise InvalidArgumentError(tr("--since needs git, which is not installed: leave it out to check everything."))
    command = [git, *QUIET, *arguments]
    try:
        return subprocess.run(  # noqa: S603 - no shell, and no revision that could be an option
            command, cwd=folder, capture_output=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL,
            encoding="utf-8", errors="surrogateescape", env={**os.environ, **PLAIN},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        message = tr("--since: git did not answer within {seconds:g} seconds.", seconds=PATIENCE)
        raise InvalidArgumentError(message) from None
    except OSError as error:
        message = tr("--since: {folder} cannot be looked at: {error}.", folder=folder, error=error.strerror or error)
        raise InvalidArgumentError(message) from None
