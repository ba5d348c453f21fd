"""Completion in a real shell: what bash offers after what was typed."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Types a line and asks for what would be offered at its end, as bash does when Tab is pressed.
ASKING = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
COMPREPLY=()
compopt() {{ printf 'told: %s\\n' "$2"; }}
_gradcheck_completion gradcheck
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def bash(shell: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script for bash, and beside it the program as it would be found on the path."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    folder = tmp_path_factory.mktemp("completion")
    (folder / "script.bash").write_text(shell("completion", "bash").stdout, encoding="utf-8")
    program = folder / "gradcheck"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradcheck "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def _offered(bash: Path, words: str) -> list[str]:
    script = ASKING.format(script=bash / "script.bash", words=words)
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": f"{bash}{os.pathsep}{os.environ['PATH']}"}, capture_output=True, text=True,
        timeout=120, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("gradcheck di", ["diagnose"]),
        ("gradcheck references v", ["verify"]),
        ("gradcheck check --form", ["--format"]),
        ("gradcheck check --format s", ["sarif"]),
        ("gradcheck --lang z", ["zh_CN"]),
        ("gradcheck check --lang e", ["en"]),
        ("gradcheck bugs show missing-factor", ["missing-factor-2"]),
        ("gradcheck references train 002-co", ["002-corrected"]),
        ("gradcheck references verify --only 003-literal", ["003-literal-sigmoid-cce"]),
        ("gradcheck new assignment --from xor", ["xor-class"]),
        ("gradcheck completion z", ["zsh"]),
        ("gradcheck check net", ["told: default", ""]),
        ("gradcheck grade --assignment x", ["told: default", ""]),
        ("gradcheck grade --out x", ["told: dirnames", ""]),
        ("gradcheck zzz", [""]),
    ],
)
def test_bash_offers(bash: Path, words: str, offered: list[str]) -> None:
    """Commands, options, values and ids by how they begin; for files bash is told to offer its own."""
    assert _offered(bash, words) == offered


def test_the_script_is_registered(bash: Path) -> None:
    """Bash calls the script's function for the program's name."""
    command = f"source {bash / 'script.bash'}; complete -p gradcheck"
    done = subprocess.run(["bash", "--norc", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert "-F _gradcheck_completion gradcheck" in done.stdout


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (b"gradcheck dia\t", b"gradcheck diagnose "),
        (b"gradcheck check my_n\t", b"gradcheck check my_network.py "),
        (b"gradcheck bugs show updated-w\t", b"gradcheck bugs show updated-weights-used "),
    ],
)
def test_tab_in_a_terminal(bash: Path, tmp_path: Path, typed: bytes, completed: bytes) -> None:
    """A person who presses Tab has the word completed."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are of POSIX")
    (tmp_path / "my_network.py").touch()
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PATH": f"{bash}{os.pathsep}{os.environ['PATH']}", "TERM": "dumb", "PS1": "ready>"}
    with subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            _read_until(ours, b"ready>")
            os.write(ours, f"source '{bash / 'script.bash'}'\n".encode())
            _read_until(ours, b"ready>")
            os.write(ours, typed)
            assert completed in _read_until(ours, completed)
        finally:
            process.kill()
            os.close(ours)


def _read_until(terminal: int, wanted: bytes) -> bytes:
    """What is shown until something is, or nothing more comes for a while."""
    seen = b""
    while wanted not in seen and select.select([terminal], [], [], 30.0)[0]:
        seen += os.read(terminal, 4096)
    return seen


@pytest.mark.parametrize(
    ("name", "line"), [("zsh", "#compdef gradcheck"), ("fish", "complete --no-files --command gradcheck")]
)
def test_other_shells_get_theirs(shell: Any, name: str, line: str) -> None:
    """The first line says how to have it in every new shell; the script parses where the shell is at hand."""
    done = shell("completion", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# To have it in every new shell:  ")
    assert f"gradcheck completion {name}" in done.stdout.splitlines()[0]
    assert line in done.stdout
    if shutil.which(name) is not None:
        subprocess.run([name, "-n"], input=done.stdout, text=True, timeout=60, check=True)


def test_no_other_shell(shell: Any) -> None:
    """A shell that there is no script for is a usage error that names those that there are."""
    done = shell("completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'bash', 'zsh', 'fish'" in done.stderr
