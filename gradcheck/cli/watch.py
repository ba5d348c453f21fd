"""``gradcheck watch``."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from gradcheck.cli.helping import Command
from gradcheck.cli.options import engine_options, submission_options
from gradcheck.cli.paths import THERE
from gradcheck.cli.results import collect, show
from gradcheck.language import tr
from gradcheck.records import CheckReport, Diagnosis, ReportSet

__all__ = ["watch"]

SUFFIXES = {".py", ".ipynb", ".toml"}  # programs, notebooks, settings
STEP = 1000  # milliseconds after which it is looked whether the first check has missed a change

# What a file was when it was looked at: time of its last change in nanoseconds, bytes, inode.
Stamp = tuple[int, int, int]


@click.command(cls=Command, short_help="Check a file or folder again whenever it is saved.")
@click.argument("path", metavar="PATH", type=THERE)
@submission_options(
    click.option("--diagnose", is_flag=True, help="Name what is wrong, with its line and a fix; takes longer."),
    formats=("text", "json"),
)
def watch(
    path: Path,
    diagnose: bool,  # noqa: FBT001 - by name
    output_format: str,
    seed: int,
    quiet: bool,  # noqa: FBT001 - by name
    **options: Any,
) -> int:
    """Check a file or folder, and again whenever it, or a module that it imports, is saved. Ctrl-C ends it.

    PATH is a Python file, a notebook, or a folder of them. Needs watchfiles: pip install 'gradcheck[watch]'.

    Exit codes: 0 when it was ended, 2 when the command was used wrongly.

    \b
    Examples:
      gradcheck watch network.py
      gradcheck watch network.py --diagnose
    """
    watchfiles = _watchfiles()
    typed = engine_options(seed=seed, **options)

    def look() -> None:
        report = _report(path, typed, seed, diagnose=diagnose, quiet=quiet)
        if output_format == "text":
            _begin_page()
        show(report, output_format, quiet=quiet)
        if not quiet:
            watching = tr("Watching {path}: save it to have it checked again; Ctrl-C ends.", path=path)
            click.echo(watching, err=True)

    with contextlib.suppress(KeyboardInterrupt):
        _look_at_each_change(watchfiles, path, typed["adapter"], look)
    if not quiet:
        click.echo(tr("Ended."), err=True)
    return 0


def _watchfiles() -> ModuleType:
    try:
        import watchfiles
    except ImportError:
        raise click.UsageError(
            tr(
                "watching needs watchfiles, which is not installed: pip install 'gradcheck[watch]', "
                "or pip install '.[watch]' in a checkout."
            )
        ) from None
    return watchfiles


def _report(path: Path, typed: Mapping[str, Any], seed: int, *, diagnose: bool, quiet: bool) -> CheckReport | ReportSet:
    from gradcheck.submissions import check_path, diagnose_path

    question, kind = (diagnose_path, Diagnosis) if diagnose else (check_path, CheckReport)
    doing = tr("Diagnosing") if diagnose else tr("Checking")
    return collect((path,), lambda file: question(file, **typed), seed=seed, description=doing, quiet=quiet, kind=kind)


def _begin_page() -> None:
    """A clean screen on a terminal, a line with the time elsewhere."""
    if sys.stdout.isatty():
        click.clear()
    else:
        click.echo(f"--- {time.strftime('%H:%M:%S')}")


def _look_at_each_change(watchfiles: ModuleType, path: Path, adapter: Path | None, look: Callable[[], None]) -> None:
    """Look, and again as soon as any file differs from what it was before the last look; without end."""
    seen = _stamps(_sources(path, adapter))
    look()
    while True:
        folders = _folders(path, adapter)
        changes = watchfiles.watch(*folders, recursive=path.is_dir(), rust_timeout=STEP, yield_on_timeout=True)
        for number, changed in enumerate(changes):
            if not changed and number:
                continue  # what was saved before watching began is seen the first time
            now = _stamps(_sources(path, adapter))
            if now != seen:
                seen = now
                look()
            if _folders(path, adapter) != folders:
                break


def _sources(path: Path, adapter: Path | None) -> list[Path]:
    """The files that decide what a check says."""
    from gradcheck.gate import sources_of
    from gradcheck.submissions.folder import IGNORED_FOLDERS

    if not path.is_dir():
        return sources_of(path, adapter)
    found: list[Path] = [] if adapter is None else [adapter]
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name not in IGNORED_FOLDERS]
        found += [Path(folder, name) for name in names if Path(name).suffix in SUFFIXES]
    return found


def _folders(path: Path, adapter: Path | None) -> set[Path]:
    """What is watched: of a file its folder, since many editors save by putting another file in its place."""
    if path.is_dir():
        return {path}
    return {folder for folder in {source.parent for source in _sources(path, adapter)} if folder.is_dir()}


def _stamps(sources: Iterable[Path]) -> dict[Path, Stamp]:
    stamps = {}
    for source in sources:
        try:
            state = source.stat()
        except OSError:  # deleted, or about to be put in place
            continue
        stamps[source] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return stamps
