"""What becomes of exceptions."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from gradcheck.cli import main
from gradcheck.errors import InvalidArgumentError

CHECK = "gradcheck.submissions.check_path"


def _raising(error: BaseException) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        raise error

    return call


def test_our_own_bug_is_one_line_and_exit_2(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own bug is one line and exit 2."""
    monkeypatch.setattr(CHECK, _raising(ZeroDivisionError("two\nlines")))
    outcome = run("check", "x.py")
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert "ZeroDivisionError: two lines" in outcome.err
    assert "--debug" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("way", ["option", "environment"])
def test_debug_shows_the_traceback(run: Any, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Debug shows the traceback."""
    monkeypatch.setattr(CHECK, _raising(ZeroDivisionError("x")))
    if way == "environment":
        monkeypatch.setenv("GRADCHECK_DEBUG", "1")
    outcome = run("check", "x.py", *(["--debug"] if way == "option" else []))
    assert outcome.code == 2
    assert "Traceback" in outcome.err
    assert "in _ask_one" in outcome.err


def test_an_argument_that_cannot_be_used_is_a_usage_error(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument that cannot be used is a usage error."""
    monkeypatch.setattr(CHECK, _raising(InvalidArgumentError("rtol=-1; expected more")))
    outcome = run("check", "x.py")
    assert (outcome.code, outcome.err) == (2, "Error: rtol=-1; expected more\n")


def test_an_interrupt_is_neither_pass_nor_fail(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt is neither pass nor fail."""
    monkeypatch.setattr(CHECK, _raising(KeyboardInterrupt()))
    outcome = run("check", "x.py")
    assert outcome.code == 130
    assert outcome.err.strip() == "Interrupted."


def test_streams_replace_what_they_cannot_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams replace what they cannot encode."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", narrow)
    main(["--version"])
    narrow.write("网")
    narrow.flush()
    assert narrow.buffer.getvalue().endswith(b"?")  # type: ignore[attr-defined]
