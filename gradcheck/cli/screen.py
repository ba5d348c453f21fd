"""Where a command writes: results to standard output, progress to standard error, and neither ever crashes it."""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "Advance",
    "AdvanceStage",
    "draw",
    "emit",
    "emit_exactly",
    "forgive_encodings",
    "output_console",
    "progress",
    "side_by_side",
    "stages",
]

Advance = Callable[[int, int], None]
AdvanceStage = Callable[[str, int, int], None]
WIDEST = 110  # longer lines are hard to read, however wide the terminal
DELAY = 1.0  # seconds before progress is shown


def forgive_encodings() -> None:
    """Let both streams replace what their encoding cannot hold, and not raise."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def emit(text: str) -> None:
    """Write a result to standard output; a reader that has closed the pipe has seen enough.

    Parameters
    ----------
    text : str
        Ends with a line break afterwards, whether it did or not.
    """
    with _closed_pipe_forgiven():
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()


def emit_exactly(content: bytes) -> None:
    """Write bytes for another program to standard output, whatever the encoding of the terminal.

    Parameters
    ----------
    content : bytes
    """
    if not hasattr(sys.stdout, "buffer"):  # whoever has replaced the stream takes text alone
        emit(content.decode("utf-8", "replace"))
        return
    with _closed_pipe_forgiven():
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def _closed_pipe_forgiven() -> Iterator[None]:
    """A reader that has closed the pipe has seen enough."""
    try:
        yield
    except OSError as error:
        if not _reader_has_gone(error):
            raise
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())


def _reader_has_gone(error: OSError) -> bool:
    """Windows has no error of its own for it."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def output_console() -> Console:
    """A console for standard output: no colours with NO_COLOR, some with FORCE_COLOR, else those of the terminal."""
    forced = bool(os.environ.get("FORCE_COLOR"))
    plain = bool(os.environ.get("NO_COLOR")) or not (forced or sys.stdout.isatty())
    console = _console(None if plain else "auto")
    if forced and not plain and console.color_system is None:  # TERM says that there are none
        console = _console("standard")
    console.width = min(console.width, WIDEST)
    return console


def _console(colours: Literal["auto", "standard"] | None) -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, color_system=colours, markup=False, emoji=False, highlight=False)


def _no_commands(text: str) -> str:
    """GitHub Actions obeys lines of a log that begin with ``::``, and ``##[`` anywhere: none of what we print does."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return re.sub(r"^(\s*)::", r"\1: :", text, flags=re.MULTILINE).replace("##[", "# #[")


def draw(console: Console, print_to: Callable[[Console], None]) -> None:
    """Draw on a console, and emit what was drawn in one piece.

    Parameters
    ----------
    console : rich.console.Console
    print_to : callable
        Prints to the console that it is given.
    """
    with console.capture() as captured:
        print_to(console)
    text = _no_commands(captured.get())
    emit(text if console.color_system else "".join(f"{line.rstrip()}\n" for line in text.splitlines()))


def side_by_side(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Lines with a command each, and what it is for beside it.

    Parameters
    ----------
    rows : sequence of (str, str)
    """
    width = max(len(command) for command, _ in rows)
    return [f"  {command:<{width}}   {why}" for command, why in rows]


@contextmanager
def progress(description: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Show progress on standard error once it has taken a second, and only on a terminal.

    Parameters
    ----------
    description : str
        What is going on.
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        ``advance(done, total)``, to be called as often as there is news; it may never be called.
    """
    with stages(description, quiet=quiet) as advance:
        yield lambda done, total: advance(description, done, total)


@contextmanager
def stages(description: str = "", *, quiet: bool = False) -> Iterator[AdvanceStage]:
    """The same for work of several stages, each with a bar of its own, its rate and the time that is left.

    Parameters
    ----------
    description : str
        What is going on before the first is told.
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        ``advance(what, done, total)``.
    """
    if quiet or not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(), TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = bar.add_task(description, total=None, rate="")

    def advance(what: str, done: int, total: int) -> None:
        if what != bar.tasks[0].description:
            bar.reset(task, total=total, description=what)
        speed = bar.tasks[0].speed
        bar.update(task, completed=done, total=total, rate=f"{speed:.1f}/s" if speed and total > 1 else "")

    starter = threading.Timer(DELAY, bar.start)
    starter.daemon = True
    starter.start()
    try:
        yield advance
    finally:
        starter.cancel()
        starter.join()
        if bar.live.is_started:
            bar.stop()


def _ignore(*_news: object) -> None:
    """Progress that nobody sees."""
