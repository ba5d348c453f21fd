"""Reports of networks, and git repositories that nothing of this machine reaches into."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradcheck.records import BlockReport, CheckReport, DiagnosedBug, Diagnosis, Evaluations, Verdict

Git = Callable[..., str]
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CEILING_DIRECTORIES": "/"}


@pytest.fixture
def report() -> Callable[..., CheckReport]:
    """A report with some wrong blocks of W1, b1, W2; with bugs a diagnosis."""

    def build(file: str = "net.py", *, wrong: str = "", bugs: Sequence[DiagnosedBug] = (), **more: Any) -> CheckReport:
        names = wrong.split()
        fields: dict[str, Any] = {
            "verdict": Verdict.FAIL if names else Verdict.PASS,
            "reason": "wrong: ..." if names else "agrees",
            "blocks": tuple(
                BlockReport(name=name, shape=(2,), verdict=Verdict.FAIL if name in names else Verdict.PASS)
                for name in ("W1", "b1", "W2")
            ),
            "evaluations": Evaluations(loss=2, gradient=1),
            "power": {},
            "file": file,
            "network": "train",
            "loss": "mse",
            **more,
        }
        return Diagnosis(**fields, diagnoses=tuple(bugs)) if bugs else CheckReport(**fields)

    return build


@pytest.fixture
def bug() -> Callable[..., DiagnosedBug]:
    """A named bug."""

    def build(name: str = "sign-flip", *, blocks: str = "W1", line: int | None = 7, **more: Any) -> DiagnosedBug:
        fields = {"code": "W -= g", "message": "plus for minus", "confidence": 0.9, **more}
        return DiagnosedBug(bug=name, blocks=tuple(blocks.split()), line=line, **fields)

    return build


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repository in the temporary folder with one commit, and its git."""
    program = shutil.which("git")
    if program is None:
        pytest.skip("git is not installed")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        command = [program, *identity, *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    call("init")
    for name in ("same.py", "changed.py", "renamed.py", "deleted.py"):
        (tmp_path / name).write_text(f"name = {name!r}\n" * 5, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    call("add", ".")
    call("commit", "-m", "first")
    return call
