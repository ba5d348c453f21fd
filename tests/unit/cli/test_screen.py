"""Progress and output."""

from __future__ import annotations

import errno
import io
import os
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from gradcheck.cli import screen


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """A standard error that is a terminal; no fixture, since pytest puts its own stream back after the fixtures."""
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(screen, "DELAY", 0.05)
    return stream


def test_long_work_shows_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work shows progress on a terminal."""
    terminal = _terminal(monkeypatch)
    with screen.progress("Training") as advance:
        advance(1, 4)
        time.sleep(0.4)
    assert "Training" in terminal.getvalue()
    assert "25 %" in terminal.getvalue()


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short work shows nothing."""
    terminal = _terminal(monkeypatch)
    monkeypatch.setattr(screen, "DELAY", 30.0)
    start = time.perf_counter()
    with screen.progress("Training") as advance:
        advance(1, 4)
    assert terminal.getvalue() == ""
    assert time.perf_counter() - start < 10.0


def test_quiet_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet work shows nothing."""
    terminal = _terminal(monkeypatch)
    with screen.progress("Training", quiet=True) as advance:
        advance(1, 4)
        time.sleep(0.2)
    assert terminal.getvalue() == ""


def test_a_pipe_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe shows nothing."""
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(screen, "DELAY", 0.01)
    with screen.progress("Training") as advance:
        advance(1, 4)
        time.sleep(0.1)
    assert pipe.getvalue() == ""


def _fail_at_work() -> None:
    with screen.progress("Training"):
        time.sleep(0.2)
        raise ZeroDivisionError


def test_progress_ends_when_the_work_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress ends when the work raises."""
    terminal = _terminal(monkeypatch)
    with pytest.raises(ZeroDivisionError):
        _fail_at_work()
    before = terminal.getvalue()
    assert before
    time.sleep(0.3)
    assert terminal.getvalue() == before


@pytest.mark.parametrize(
    ("variables", "tty", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, True),
    ],
    ids=str,
)
def test_colours(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], tty: bool, coloured: bool) -> None:
    """Colours."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **variables}.items():
        monkeypatch.setenv(name, value)
    stream = _Terminal() if tty else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    screen.draw(screen.output_console(), lambda console: console.print("text", style="bold red"))
    assert ("\x1b[" in stream.getvalue()) is coloured
    assert "text" in stream.getvalue()


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed pipe is no error."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        screen.emit("x" * 100_000)
        screen.emit("and again")


def test_bytes_are_written_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Bytes are written as they are, line ends and all, after what was written before."""
    screen.emit("first")
    screen.emit_exactly(b"\xe4\r\n\t \n")
    assert capfdbinary.readouterr().out == b"first\n\xe4\r\n\t \n"


def test_a_replaced_stream_gets_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced stream, which takes text alone, gets text."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    screen.emit_exactly("ä\n".encode())
    assert stream.getvalue() == "ä\n"


class _Refusing(io.StringIO):
    """A stream whose reader has gone, as Windows tells it; what replaces it is a file."""

    def __init__(self, sink: IO[bytes]) -> None:
        super().__init__()
        self.sink = sink

    def write(self, _text: str) -> int:
        raise OSError(errno.EINVAL, "Invalid argument")

    def fileno(self) -> int:
        return self.sink.fileno()


def test_a_closed_pipe_of_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a closed pipe raises on Windows is no error there, and one elsewhere."""
    with (tmp_path / "sink").open("wb") as sink:
        monkeypatch.setattr(sys, "stdout", _Refusing(sink))
        with pytest.raises(OSError, match="Invalid argument"):
            screen.emit("text")
        with monkeypatch.context() as patch:
            patch.setattr(screen.os, "name", "nt")
            screen.emit("text")


def test_a_log_obeys_nobody(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What a file says is no command to GitHub Actions, wherever its line is broken; elsewhere it stays as it is."""
    said = "::error::owned\n  ::add-mask::PASS\na ##[error]owned\nx[::2]\n"
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    screen.draw(screen.output_console(), lambda console: console.print(said, end=""))
    assert capsys.readouterr().out == said
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    screen.draw(screen.output_console(), lambda console: console.print(said, end=""))
    assert capsys.readouterr().out == ": :error::owned\n  : :add-mask::PASS\na # #[error]owned\nx[::2]\n"
