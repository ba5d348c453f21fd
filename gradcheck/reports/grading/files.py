"""The files of a run: each whole or not there, unchanged ones left alone, those of an earlier run cleared."""

from __future__ import annotations

import contextlib
import filecmp
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self, TextIO

from gradcheck.errors import GradingError

__all__ = ["ResultFiles", "whole_file"]

LISTING = ".gradcheck-files"


class ResultFiles:
    """The files below a folder of results.

    What an earlier run has written, and this one has not, goes when the run has ended well; nothing else is touched.
    The folder's own list of files says what that was: a line a file, with its length and a stamp of what made it.

    Parameters
    ----------
    root : Path
        The folder of results.

    Raises
    ------
    GradingError
        From any method, if a file cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._before = _listed(root / LISTING)
        self._stamped: dict[str, list[str]] = {}
        for name, (stamp, _) in self._before.items():
            self._stamped.setdefault(stamp, []).append(name)
        self._written: dict[str, tuple[str, int]] = {}
        self._folders: set[Path] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._clear()

    def kept(self, stamp: str) -> bool:
        """Whether all files of a stamp are there as an earlier run has written them; then they stay.

        Parameters
        ----------
        stamp : str
            A hash of everything that the files are made of.
        """
        names = self._stamped.get(stamp, ())
        for name in names:
            path = self._root / name
            if not path.is_file() or path.stat().st_size != self._before[name][1]:
                return False
        self._written.update({name: self._before[name] for name in names})
        return bool(names)

    def write(self, name: str, text: str, *, stamp: str = "") -> None:
        """Write a file, unless it holds that text already.

        Parameters
        ----------
        name : str
            Below the folder, with ``/``.
        text : str
        stamp : str
            Of what it is made of, for `kept`.
        """
        path = self._place(name)
        content = text.encode("utf-8", "backslashreplace")
        self._written[name] = (stamp, len(content))
        with self._told(path):
            if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
                return
            handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".gradcheck-")
            with _gone_if_it_fails(Path(scratch)), os.fdopen(handle, "wb") as stream:
                stream.write(content)
            _rename(Path(scratch), path)

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[TextIO]:
        """The same for a file that is written piece by piece; it is renamed into place at the end.

        Parameters
        ----------
        name : str
            Below the folder, with ``/``.
        """
        path = self._place(name)
        with self._told(path):
            handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".gradcheck-")
            with _gone_if_it_fails(Path(scratch)):
                with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
                    yield stream
                if path.is_file() and not path.is_symlink() and filecmp.cmp(scratch, path, shallow=False):
                    Path(scratch).unlink()
                else:
                    _rename(Path(scratch), path)

    def _place(self, name: str) -> Path:
        path = self._root.joinpath(*PurePosixPath(name).parts)
        if path.parent not in self._folders:
            with self._told(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(path.parent)
        self._written[name] = ("", 0)
        return path

    def _clear(self) -> None:
        """Remove what an earlier run has left, and say what this one has."""
        for name in self._before.keys() - self._written.keys():
            parts = PurePosixPath(name).parts
            if parts and ".." not in parts and not name.startswith("/"):
                path = self._root.joinpath(*parts)
                with contextlib.suppress(OSError):  # gone already, or no file any more
                    path.unlink()
                    for folder in path.relative_to(self._root).parents[:-1]:  # where it was the last
                        (self._root / folder).rmdir()
        listing = "".join(f"{stamp}\t{size}\t{name}\n" for name, (stamp, size) in sorted(self._written.items()))
        self.write(LISTING, listing)

    @contextlib.contextmanager
    def _told(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise GradingError(
                f"{path} cannot be written ({error.strerror or error}). All marks are kept: make room, or give rights "
                "to the folder, and run the same command again."
            ) from error


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Callable[[str], object]]:
    """A file where somebody has asked for it: whole, or as it was, and never cleared.

    Parameters
    ----------
    path : Path

    Yields
    ------
    callable
        Takes the text piece by piece.

    Raises
    ------
    GradingError
        If it cannot be written.
    """
    scratch = path.with_name(f".{path.name}.part")
    try:
        with _gone_if_it_fails(scratch):
            with scratch.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                yield stream.write
            scratch.replace(path)
    except OSError as error:
        raise GradingError(f"{path} cannot be written ({error.strerror or error}).") from error


def _listed(listing: Path) -> dict[str, tuple[str, int]]:
    """Stamps and lengths by file; a line that is not as we write it says nothing."""
    if not listing.is_file():
        return {}
    rows = (line.split("\t", 2) for line in listing.read_text(encoding="utf-8", errors="replace").splitlines())
    return {row[2]: (row[0], int(row[1])) for row in rows if len(row) == 3 and row[1].isdigit()}


def _rename(scratch: Path, path: Path) -> None:
    # Not synchronised to the disk: after a power cut the next run writes again what it finds to be other than it was.
    with _gone_if_it_fails(scratch):
        scratch.chmod(0o644)
        scratch.replace(path)


@contextlib.contextmanager
def _gone_if_it_fails(scratch: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
