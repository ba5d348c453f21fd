"""The outer layer is used where it works, tried once, and left out where it does not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.submissions.isolation import bubblewrap, nursery
from gradcheck.submissions.isolation.bubblewrap import wrapping

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux's")


@pytest.fixture(autouse=True)
def _untried() -> Iterator[None]:
    bubblewrap.works.cache_clear()
    yield
    bubblewrap.works.cache_clear()


def _program(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, found first."""
    file = folder / "bwrap"
    file.write_text(f"#!/bin/sh\necho x >> {folder}/calls\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv(bubblewrap.VARIABLE, raising=False)
    return file


def test_there_is_none_where_it_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said about it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert wrapping(tmp_path) is None


@pytest.mark.parametrize("text", ["exit 1", "kill -9 $$"], ids=["refuses", "crashes"])
def test_one_that_does_not_work_is_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that forbids namespaces; it is tried once."""
    _program(tmp_path, text, monkeypatch)
    assert wrapping(tmp_path) is None
    assert wrapping(tmp_path) is None
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "x\n"


def test_one_that_works_stands_before_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one folder that can be written; and it can be left out."""
    program = _program(tmp_path, "exit 0", monkeypatch)
    found = wrapping(tmp_path)
    assert found is not None
    assert found.name == "bubblewrap"
    assert found.command[0] == str(program)
    assert found.command[-4:] == ("--bind", str(tmp_path), str(tmp_path), "--")
    monkeypatch.setenv(bubblewrap.VARIABLE, "1")
    assert wrapping(tmp_path) is None


def test_a_zygote_that_does_not_start_in_it_starts_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that passes the trial and refuses the rest."""
    _program(tmp_path, 'case "$*" in *"exit 0"*) exit 0;; esac\nexit 1', monkeypatch)
    started = nursery._start()
    try:
        assert started.alive
    finally:
        started.close()
    assert not started.folder.exists()
