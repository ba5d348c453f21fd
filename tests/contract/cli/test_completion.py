"""Completion in real shells: what bash, zsh and fish offer after what was typed."""

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


# Shells as a person has them who has set up nothing else.
INTERACTIVE = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
OFFERED = pytest.mark.parametrize(
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
    ],
)


@pytest.fixture(scope="module")
def scripts(shell: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script for each shell, and the program as it would be found on the path."""
    folder = tmp_path_factory.mktemp("completion")
    for name in ("bash", "zsh", "fish"):
        (folder / f"script.{name}").write_text(shell("completion", name).stdout, encoding="utf-8")
    program = folder / "gradcheck"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradcheck "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def _needs(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")


def _environment(scripts: Path, home: Path, **more: str) -> dict[str, str]:
    """With the program on the path, and nobody's settings."""
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), **more}


def _asked(scripts: Path, folder: Path, *command: str) -> list[str]:
    """The lines that a shell prints."""
    _needs(command[0])
    done = subprocess.run(
        command, cwd=folder, env=_environment(scripts, folder), capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def _bash_offers(scripts: Path, folder: Path, words: str) -> list[str]:
    return _asked(scripts, folder, "bash", "--norc", "-c", ASKING.format(script=scripts / "script.bash", words=words))


@OFFERED
def test_bash_offers(scripts: Path, tmp_path: Path, words: str, offered: list[str]) -> None:
    """Commands, options, values and ids by how they begin."""
    assert _bash_offers(scripts, tmp_path, words) == offered


@OFFERED
def test_fish_offers(scripts: Path, tmp_path: Path, words: str, offered: list[str]) -> None:
    """The same, each with its line of help behind a tabulator."""
    asking = f"source {scripts / 'script.fish'}; complete -C '{words}'"
    lines = _asked(scripts, tmp_path, "fish", "--no-config", "-c", asking)
    assert [line.partition("\t")[0] for line in lines] == offered


def test_fish_offers_files(scripts: Path, tmp_path: Path) -> None:
    """Where a file is wanted, and nothing that does not begin so."""
    for name in ("my_network.py", "other.py"):
        (tmp_path / name).touch()
    asking = f"source {scripts / 'script.fish'}; complete -C 'gradcheck check my_n'"
    assert _asked(scripts, tmp_path, "fish", "--no-config", "-c", asking) == ["my_network.py"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("gradcheck check net", ["told: default", ""]),
        ("gradcheck grade --assignment x", ["told: default", ""]),
        ("gradcheck grade --out x", ["told: dirnames", ""]),
        ("gradcheck zzz", [""]),
    ],
)
def test_bash_is_told_to_offer_its_own(scripts: Path, tmp_path: Path, words: str, offered: list[str]) -> None:
    """Where files or folders are wanted, and nothing where nothing is known."""
    assert _bash_offers(scripts, tmp_path, words) == offered


def test_the_script_is_registered(scripts: Path, tmp_path: Path) -> None:
    """Bash calls the script's function for the program's name."""
    command = f"source {scripts / 'script.bash'}; complete -p gradcheck"
    (told,) = _asked(scripts, tmp_path, "bash", "--norc", "-c", command)
    assert "-F _gradcheck_completion gradcheck" in told


@pytest.mark.parametrize("name", INTERACTIVE)
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (b"gradcheck dia\t", b"gradcheck diagnose "),
        (b"gradcheck check my_n\t", b"gradcheck check my_network.py "),
        (b"gradcheck bugs show updated-w\t", b"gradcheck bugs show updated-weights-used "),
    ],
)
def test_tab_in_a_terminal(scripts: Path, tmp_path: Path, name: str, typed: bytes, completed: bytes) -> None:
    """A person who presses Tab has the word completed."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are of POSIX")
    _needs(name)
    (tmp_path / "my_network.py").touch()
    ours, theirs = pty.openpty()
    environment = _environment(scripts, tmp_path, TERM="dumb", PS1="ready>")
    with subprocess.Popen(
        INTERACTIVE[name],
        cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            _read_until(ours, b"ready>")
            os.write(ours, f"source '{scripts}/script.{name}'; echo sour''ced\n".encode())
            _read_until(ours, b"sourced")
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
    ("name", "first"),
    [("bash", "# To have it"), ("zsh", "#compdef gradcheck\n# To have it"), ("fish", "# To have it")],
)
def test_each_shell_gets_its_own(scripts: Path, tmp_path: Path, name: str, first: str) -> None:
    """It says at its top how to have it, behind what zsh knows such a file by; the shell can parse it."""
    script = scripts / f"script.{name}"
    told = script.read_text(encoding="utf-8")
    assert told.startswith(f"{first} in every new shell:  ")
    assert f"gradcheck completion {name}" in "".join(told.splitlines()[:2])
    assert _asked(scripts, tmp_path, name, "-n", str(script)) == []


@pytest.mark.parametrize(
    ("name", "asking"),
    [
        ("bash", ["bash", "-i", "-c", "complete -p gradcheck"]),
        ("zsh", ["zsh", "-i", "-c", "print $_comps[gradcheck]"]),
        ("fish", ["fish", "-c", "complete -C 'gradcheck dia'"]),
    ],
)
def test_every_new_shell_has_it(scripts: Path, tmp_path: Path, name: str, asking: list[str]) -> None:
    """The line that the script begins with, typed once in a home without any settings, is enough."""
    script = (scripts / f"script.{name}").read_text(encoding="utf-8")
    line = next(line for line in script.splitlines() if line.startswith("# To have it"))
    _needs(name)
    environment = _environment(scripts, tmp_path)
    subprocess.run(["sh", "-c", line.partition(":  ")[2]], env=environment, cwd=tmp_path, timeout=120, check=True)
    done = subprocess.run(
        asking, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert "_gradcheck_completion" in done.stdout or done.stdout.startswith("diagnose\t")


def test_no_other_shell(shell: Any) -> None:
    """A shell that there is no script for is a usage error that names those that there are."""
    done = shell("completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'bash', 'zsh', 'fish'" in done.stderr
