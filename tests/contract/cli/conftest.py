"""The command line as a process, as a shell or a CI server starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Shell = Callable[..., "subprocess.CompletedProcess[str]"]

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

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
        return subprocess.run(
            [sys.executable, "-m", "gradcheck", *arguments],
            cwd=folder, env={**kept, "PYTHONUTF8": "0", **environment}, capture_output=True, timeout=120, check=False,
            encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip

    return run
