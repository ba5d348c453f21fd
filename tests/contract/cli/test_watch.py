"""``gradcheck watch`` as a process: it sees what is saved, however it is saved, and ends when it is told to."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 60.0  # seconds for one verdict on a machine that is busy; it takes less than one
TOLD = ("PASS  ", "FAIL  ", "INVALID  ")


class Watch:
    """A running command, and the verdicts that it has told."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gradcheck", "watch", *arguments],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def verdict(self) -> str:
        """The next verdict."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            if line.startswith(TOLD):
                return line.partition(" ")[0]

    def end(self) -> tuple[int, str]:
        """Interrupt it as Ctrl-C does; its exit code, and what it said."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(timeout=PATIENCE)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    """Start it; nothing is left running."""
    pytest.importorskip("watchfiles", reason="the extra `watch` is not installed")
    if not hasattr(os, "killpg"):
        pytest.skip("Ctrl-C is sent to a group of processes")
    started: list[Watch] = []

    def start(*arguments: str, folder: Path) -> Watch:
        started.append(Watch(*arguments, folder=folder))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait(timeout=PATIENCE)
        for stream in (each.process.stdout, each.process.stderr):
            assert stream is not None
            stream.close()


def _save(file: Path, text: str) -> None:
    """As many editors do: another file, put in its place."""
    beside = file.with_name(f".{file.name}.swp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def test_each_save_is_a_verdict(watch: Callable[..., Watch], folder: Path, tmp_path: Path) -> None:
    """Each save is a verdict, however the file is saved; Ctrl-C ends it cleanly."""
    right, wrong = ((folder / name).read_text(encoding="utf-8") for name in ("right.py", "wrong.py"))
    file = tmp_path / "net.py"
    file.write_text(wrong, encoding="utf-8")
    running = watch("net.py", folder=tmp_path)
    assert running.verdict() == "FAIL"
    file.write_text(right, encoding="utf-8")
    assert running.verdict() == "PASS"
    _save(file, wrong)
    assert running.verdict() == "FAIL"
    file.unlink()
    assert running.verdict() == "INVALID"
    _save(file, right)
    assert running.verdict() == "PASS"
    code, said = running.end()
    assert code == 0
    assert "Traceback" not in said
    assert "Ctrl-C ends" in said
    assert said.rstrip().endswith("Ended.")


def test_a_module_that_is_imported_is_watched(watch: Callable[..., Watch], folder: Path, tmp_path: Path) -> None:
    """A module that is imported is watched with the program, in another folder too."""
    right = (folder / "right.py").read_text(encoding="utf-8").replace("2 * (out - Y)", "scale(out - Y)")
    (tmp_path / "inner").mkdir()
    helper = tmp_path / "inner" / "helper.py"
    helper.write_text("def scale(d):\n    return 2 * d\n", encoding="utf-8")
    (tmp_path / "net.py").write_text(f"from inner.helper import scale\n{right}", encoding="utf-8")
    running = watch("net.py", "-q", folder=tmp_path)
    assert running.verdict() == "PASS"
    helper.write_text("def scale(d):\n    return 3 * d\n", encoding="utf-8")
    assert running.verdict() == "FAIL"
    assert running.end() == (0, "")


def test_a_folder_is_watched(watch: Callable[..., Watch], folder: Path, tmp_path: Path) -> None:
    """A folder is watched, files that come later too."""
    (tmp_path / "one.py").write_bytes((folder / "right.py").read_bytes())
    running = watch(".", "-q", folder=tmp_path)
    assert running.verdict() == "PASS"
    (tmp_path / "two.py").write_bytes((folder / "wrong.py").read_bytes())
    assert {running.verdict(), running.verdict()} == {"PASS", "FAIL"}
    assert running.end()[0] == 0
