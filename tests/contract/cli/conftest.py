"""The command line as a process, as a shell or a CI server starts it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Shell = Callable[..., "subprocess.CompletedProcess[str]"]
Terminal = Callable[..., tuple[int, str]]
PATIENCE = 100  # seconds without a word on a terminal after which a run has failed
DECIDING = ("NO_COLOR", "FORCE_COLOR", "COLUMNS")  # what the machine that runs the tests may have set

RIGHT = (Path(__file__).parents[1] / "programs" / "params_dict.txt").read_text(encoding="utf-8")
WRONG = RIGHT.replace("2 * (out - Y)", "(out - Y)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that a class might hand in."""
    path = tmp_path_factory.mktemp("class")
    files = {
        "right.py": RIGHT,
        "wrong.py": WRONG,
        "empty.py": "",
        "syntax.py": "def f(:\n",
        "crash.py": "raise RuntimeError('no')\n",
        "exit.py": "import os\nos._exit(0)\n",
        "hang.py": "while True:\n    pass\n",
        "unknown.py": "answer = 42\n",
        "名前 ü.py": RIGHT,
    }
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    (path / "binary.py").write_bytes(bytes(range(256)))
    return path


@pytest.fixture(scope="module")
def shell(folder: Path) -> Shell:
    """Run the command line in the folder, with both streams on pipes."""

    def run(*arguments: str, as_encoded: str = "utf-8", **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k not in DECIDING}
        return subprocess.run(
            [sys.executable, "-m", "gradcheck", *arguments],
            cwd=folder, env={**kept, "PYTHONUTF8": "0", **environment}, capture_output=True, timeout=120, check=False,
            encoding=as_encoded, errors="surrogateescape",
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def terminal(folder: Path) -> Terminal:
    """Run the command line on a terminal of its own: the exit code, and all that was shown.

    ``answers`` are pairs of what is waited for and what is typed then.
    """
    pty = pytest.importorskip("pty", reason="pseudo-terminals are of POSIX")

    def run(*arguments: str, answers: Sequence[tuple[str, bytes]] = (), **environment: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        kept = {k: v for k, v in os.environ.items() if k not in DECIDING}
        process = subprocess.Popen(
            [sys.executable, "-m", "gradcheck", *arguments],
            cwd=folder, env={**kept, "TERM": "xterm-256color", **environment},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - no threads here, and nothing else takes a terminal
        )  # fmt: skip
        os.close(theirs)
        seen, waiting, typed, silences = b"", list(answers), b"", 0
        try:
            while silences < PATIENCE:
                if not select.select([ours], [], [], 1.0)[0]:
                    silences += 1
                    os.write(ours, typed)  # a key is lost that is pressed while the terminal changes its mode
                    continue
                piece = os.read(ours, 65536)
                if not piece:
                    break
                seen += piece
                if waiting and waiting[0][0].encode() in seen:
                    typed = waiting.pop(0)[1]
                    os.write(ours, typed)
            else:
                process.kill()
        except OSError:  # Linux's way to say that the other end has closed
            pass
        finally:
            os.close(ours)
        return process.wait(timeout=120), seen.decode("utf-8")

    return run


def _take_terminal() -> None:
    """Let the terminal be the one that Ctrl-C is typed on."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
