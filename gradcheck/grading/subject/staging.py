"""A submission's program, put where nothing else lies: it finds its own files there, and nobody else's."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gradcheck.errors import SubmissionError
from gradcheck.grading.subject.ungradable import OTHERWISE, UngradableError
from gradcheck.grading.wording import beside
from gradcheck.language import listed, mark, tr
from gradcheck.submissions.declared.interface import Interface
from gradcheck.submissions.declared.missing import Missing, missing_names
from gradcheck.submissions.isolation.limits import Limits
from gradcheck.submissions.isolation.places import Reach
from gradcheck.submissions.text.project import ROOT_MARK
from gradcheck.submissions.text.source import Source, read_source

__all__ = ["Staged", "rewritten", "staged"]

PROGRAMS = (".py", ".ipynb")
KINDS = {"function": mark("function {name}"), "method": mark("method {name}"), "class": mark("class {name}")}
IGNORED = frozenset({"__pycache__", ".ipynb_checkpoints", ".git", "__MACOSX"})
# Of one submission: what is copied may not fill the disk.
MAX_BYTES = Limits().scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A program that can be run.

    Attributes
    ----------
    file : Path
        Of the copy.
    source : Source
    adapter : Path or None
        What drives it, if anything does.
    reach : Reach
        What it may read: all files that were handed in with it, and nobody else's.
    """

    file: Path
    source: Source
    adapter: Path | None = None
    reach: Reach = field(default_factory=Reach)


@contextlib.contextmanager
def staged(path: Path, interface: Interface, driver: str | None = None) -> Iterator[Staged]:
    """A copy of one attempt's files, and the program among them that defines most of what the interface needs.

    Parameters
    ----------
    path : Path
        A file, or a folder that holds its files.
    interface : Interface
    driver : str, optional
        The adapter's text.

    Raises
    ------
    UngradableError
        If there is no program, it cannot be read, or it lacks what the interface needs; with the cure.
    """
    folder = Path(tempfile.mkdtemp(prefix="gradcheck-"))
    try:
        own = folder / "submission"
        _copy(path, own)
        (own / ROOT_MARK).touch()  # what was handed in together is a project, wherever in it the program lies
        program = dataclasses.replace(_program(own, interface), reach=_reach_of_all(own))
        if driver is not None:
            adapter = folder / "interface.py"
            adapter.write_text(driver, encoding="utf-8")
            program = dataclasses.replace(program, adapter=adapter)
        yield program
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def rewritten(program: Staged, text: str) -> Iterator[Staged]:
    """The same program with another text, beside the same files."""
    from gradcheck.submissions.exchange.remote_program import beside

    with beside(program.file, text) as copy:
        source = read_source(copy)
        changed = [part.path for part in source.modules]
        yield dataclasses.replace(program, file=copy, source=source, reach=program.reach.beside(copy).also(changed))


def _reach_of_all(own: Path) -> Reach:
    place = str(own.resolve())
    return Reach(readable=(place,), listed=(place,))


def _cure_of(error: SubmissionError) -> str:
    """What to do about a file that is no program: there need not be a line that is wrong."""
    cause = error.__context__
    if isinstance(cause, SyntaxError) and cause.lineno is not None:
        return tr("Correct that line, run the file once yourself, and hand it in again.")
    return tr(OTHERWISE)


def _copy(path: Path, own: Path) -> None:
    if path.is_file():
        own.mkdir()
        shutil.copyfile(path, own / path.name)
        return
    if not path.is_dir():
        raise UngradableError(
            tr("there is no such file"), tr("Hand in a Python file, a notebook, or a folder that holds one.")
        )
    if sum(file.lstat().st_size for file in path.rglob("*") if file.is_file()) > MAX_BYTES:
        raise UngradableError(
            tr("its files are larger than {size} MB", size=MAX_BYTES >> 20),
            tr("Hand in the program alone, without its data."),
        )
    shutil.copytree(path, own, symlinks=True, ignore=shutil.ignore_patterns(*IGNORED))
    for link in [entry for entry in own.rglob("*") if entry.is_symlink()]:
        link.unlink()  # a link is no way to a file that is not theirs


def _program(own: Path, interface: Interface) -> Staged:
    files = sorted(file for file in own.rglob("*") if file.suffix.lower() in PROGRAMS and file.is_file())
    if not files:
        raise UngradableError(
            tr("it holds no Python file and no notebook"), tr("Hand in a .py file or a notebook (.ipynb).")
        )
    best: tuple[int, Staged, tuple[Missing, ...]] | None = None
    refused: list[SubmissionError] = []
    for file in files:
        try:
            source = read_source(file)
        except SubmissionError as error:
            refused.append(error)
            continue
        missing = missing_names(source.tree, interface)
        if best is None or len(missing) < best[0]:
            best = len(missing), Staged(file=file, source=source), missing
    if best is None:
        raise UngradableError(str(refused[0]).replace(f"{own}/", ""), _cure_of(refused[0]))
    _, program, missing = best
    if missing:
        names = listed(tr(KINDS[item.kind], name=item.name) for item in missing)
        raise UngradableError(
            tr("{file} does not define what the assignment asks for: {names}", file=program.file.name, names=names),
            functools.reduce(beside, (item.cure for item in missing)),
        )
    return program
