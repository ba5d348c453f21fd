"""``gradcheck ci`` as a process on real files: what it says, what it writes, what it compares."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from gradcheck.schemas import SCHEMAS, load_schema

REGISTRY: Registry[Any] = Registry().with_resources(
    [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
)
HELPER = "def scale(d, n):\n    return 2 * d / n\n"
# What a hostile file can say: lines that command a runner, end a table, colour a terminal.
FORGED = "import sys\nprint('::error::forged')\nsys.stderr.write('##[error]forged\\n')\n"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _errors(name: str, document: Any) -> list[str]:
    validator = Draft202012Validator(load_schema(name), registry=REGISTRY)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.fixture
def tree(folder: Path, tmp_path: Path) -> Path:
    """A repository: a right program, a wrong one that imports a helper, and a file that is no back-propagation."""
    for name in ("right.py", "unknown.py"):
        shutil.copy(folder / name, tmp_path / name)
    wrong = (folder / "wrong.py").read_text(encoding="utf-8")
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    program = (
        (folder / "right.py").read_text(encoding="utf-8").replace("2 * (out - Y) / len(X)", "scale(out - Y, len(X))")
    )
    (tmp_path / "imports.py").write_text(f"from helper import scale\n{program}", encoding="utf-8")
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(tree: Path) -> Run:
    """The command in that tree, on no terminal and in no build."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return subprocess.run(
            [sys.executable, "-m", "gradcheck", "ci", *arguments],
            cwd=tree, env={**kept, **environment}, capture_output=True, timeout=120, check=False, encoding="utf-8",
        )  # fmt: skip

    return call


def _git(tree: Path, *arguments: str) -> None:
    program = shutil.which("git")
    if program is None:
        pytest.skip("git is not installed")
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run([program, *identity, *arguments], cwd=tree, check=True, capture_output=True, env=os.environ | quiet)


def test_a_folder_is_checked_and_its_baseline_kept(run: Run, tree: Path) -> None:
    """A folder is checked, and what fails is named; with a baseline it passes, though lines move."""
    baseline = ("--baseline", "known.json")
    first = run(".", "--format", "json", *baseline, "--update-baseline")
    assert first.returncode == 0, first.stderr
    document = json.loads(first.stdout)
    assert _errors("ci", document) == []
    assert [(item["rule"], item["file"], item["state"]) for item in document["failures"]] == [
        ("missing-factor-2", "wrong.py", "known")
    ]
    assert {item["file"] for item in document["skipped"]} == {"unknown.py"}
    assert document["recognised"] == ["imports.py", "right.py", "wrong.py"]
    assert _errors("baseline", json.loads((tree / "known.json").read_text(encoding="utf-8"))) == []
    line = document["failures"][0]["line"]
    wrong = (tree / "wrong.py").read_text(encoding="utf-8")
    (tree / "wrong.py").write_text(f"# a remark\n\n{wrong.replace('epoch', 'turn')}", encoding="utf-8")
    moved = run(".", *baseline)
    assert moved.returncode == 0, moved.stdout
    assert f"known  wrong.py:{line + 2}  " in moved.stdout


def test_what_is_new_beside_a_baseline_fails(run: Run, tree: Path) -> None:
    """Beside what is known another file's mistake is new, and so is a network that is no longer recognised."""
    asked = (".", "--baseline", "known.json", "--no-diagnose")
    assert run(*asked, "--update-baseline").returncode == 0
    assert run(*asked).returncode == 0
    (tree / "right.py").write_text("answer = 42\n", encoding="utf-8")
    lost = run(*asked)
    assert lost.returncode == 2
    assert "(not-recognised)" in lost.stdout
    shutil.copy(tree / "wrong.py", tree / "right.py")
    wrong = run(*asked)
    assert wrong.returncode == 1
    assert "FAIL  right.py  " in wrong.stdout
    assert "known  wrong.py  " in wrong.stdout


def test_a_fixed_failure_is_told(run: Run, tree: Path) -> None:
    """A fixed failure is told, and the run passes."""
    baseline = ("--baseline", "known.json", "--no-diagnose")
    run("wrong.py", *baseline, "--update-baseline")
    shutil.copy(tree / "right.py", tree / "wrong.py")
    done = run("wrong.py", *baseline)
    assert done.returncode == 0
    assert "fixed  wrong.py" in done.stdout


def test_only_what_has_changed_is_run(run: Run, tree: Path) -> None:
    """Since a revision only changed programs are run: one whose helper changed is one of them."""
    _git(tree, "init", "-q")
    _git(tree, "add", ".")
    _git(tree, "commit", "-q", "-m", "first")
    nothing = run(".", "--since", "HEAD")
    assert nothing.returncode == 2
    assert "--allow-empty" in nothing.stdout
    assert run(".", "--since", "HEAD", "--allow-empty").returncode == 0
    (tree / "helper.py").write_text(HELPER.replace("2 * d", "3 * d"), encoding="utf-8")
    document = json.loads(run(".", "--since", "HEAD", "--no-diagnose", "--format", "json").stdout)
    assert document["recognised"] == ["imports.py"]
    assert [item["rule"] for item in document["failures"]] == ["wrong-gradient"]
    assert document["unchanged"] == ["right.py", "unknown.py", "wrong.py"]
    below = tree / "below"
    below.mkdir()
    shutil.copy(tree / "wrong.py", below / "new.py")
    document = json.loads(run("below", "--since", "HEAD", "--no-diagnose", "--format", "json").stdout)
    assert [item["file"] for item in document["failures"]] == ["below/new.py"]


def test_a_revision_that_is_none_is_told(run: Run, tree: Path) -> None:
    """A revision that is none is told, and nothing is run."""
    _git(tree, "init", "-q")
    _git(tree, "commit", "-q", "--allow-empty", "-m", "first")
    done = run(".", "--since", "nosuch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "git knows no such revision" in done.stderr


def test_what_a_file_prints_commands_no_runner(run: Run, tree: Path) -> None:
    """What a file prints, raises or is called commands no runner: no line outside of the muted part is its own."""
    wrong = (tree / "wrong.py").read_text(encoding="utf-8")
    (tree / "wrong.py").write_text(f"{FORGED}{wrong}", encoding="utf-8")
    (tree / "raises.py").write_text(f"{FORGED}raise ValueError('\\n::error::forged')\n", encoding="utf-8")
    summary = tree / "summary.md"
    done = run(
        "wrong.py", "raises.py", "--no-diagnose", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    lines = (done.stdout + done.stderr).splitlines()
    assert lines[0].startswith("::stop-commands::")
    token = lines[0].removeprefix("::stop-commands::")
    heard = lines[lines.index(f"::{token}::") + 1 :]
    assert len(heard) == 1
    assert re.match(r"::error file=wrong\.py,title=[^:]*::wrong: ", heard[0])
    page = summary.read_text(encoding="utf-8")
    assert "1 of which did not run" in page
    assert not any(line.lstrip().startswith(("::", "##[")) for line in page.splitlines())


def test_it_is_the_same_from_below_the_root(run: Run, tree: Path) -> None:
    """A fingerprint does not depend on the folder in which the command is typed."""
    _git(tree, "init", "-q")
    below = tree / "below"
    below.mkdir()
    shutil.copy(tree / "wrong.py", below / "net.py")
    asked = ("--no-diagnose", "--format", "gitlab")
    above = json.loads(run("below/net.py", *asked).stdout)
    inside = subprocess.run(
        [sys.executable, "-m", "gradcheck", "ci", "net.py", "--no-github", *asked],
        cwd=below, capture_output=True, timeout=120, check=False, text=True,
    )  # fmt: skip
    assert json.loads(inside.stdout) == above
    assert above[0]["location"]["path"] == "below/net.py"


def test_help_loads_nothing_heavy() -> None:
    """Help of the commands for builds loads nothing heavy."""
    heavy = ("scipy", "autograd", "libcst", "gradcheck.submissions", "gradcheck.gate", "watchfiles", "rich.table")
    code = f"""
import sys
from gradcheck.cli import main
assert [main([*command, "--help"]) for command in (["ci"], ["watch"], ["new", "ci"])] == [0, 0, 0]
print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"
