"""Exit codes, pipes, terminals and encodings of the real command line on real files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

UNLOADABLE = ("empty.py", "syntax.py", "crash.py", "exit.py", "unknown.py", "binary.py", "nosuch.py")


@pytest.mark.parametrize(("file", "code"), [("right.py", 0), ("wrong.py", 1), *((name, 2) for name in UNLOADABLE)])
def test_exit_code_of_a_file(shell: Any, file: str, code: int) -> None:
    """Exit code of a file."""
    done = shell("check", file)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith(f"{('PASS', 'FAIL', 'INVALID')[code]}  {file}")


@pytest.mark.parametrize("file", UNLOADABLE)
def test_an_unloadable_file_is_one_clear_message(shell: Any, file: str) -> None:
    """An unloadable file is one clear message."""
    done = shell("check", file, "-q")
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stdout
    answer = json.loads(shell("check", file, "--format", "json").stdout)
    assert (answer["schema"], answer["verdict"]) == ("gradcheck/check@1", "invalid")
    assert len(answer["reason"]) > 10


def test_a_hanging_file_ends_at_its_time_limit(shell: Any) -> None:
    """A hanging file ends at its time limit."""
    done = shell("check", "hang.py", "--time-limit", "1")
    assert done.returncode == 2
    assert "--time-limit" in done.stdout


def test_a_wrong_file_decides_over_an_unloadable_one(shell: Any) -> None:
    """A wrong file decides over an unloadable one."""
    done = shell("check", "right.py", "empty.py", "wrong.py", "--format", "json")
    assert done.returncode == 1
    assert [result["verdict"] for result in json.loads(done.stdout)["results"]] == ["pass", "invalid", "fail"]
    assert shell("check", "right.py", "empty.py").returncode == 2


def test_a_folder_is_all_its_files(shell: Any, folder: Path, tmp_path: Path) -> None:
    """A folder is all its files."""
    for name in ("right.py", "wrong.py", "empty.py"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    done = shell("check", str(tmp_path), "--format", "json")
    assert done.returncode == 1
    results = json.loads(done.stdout)["results"]
    assert {Path(result["file"]).name: result["verdict"] for result in results} == {
        "right.py": "pass",
        "wrong.py": "fail",
        "empty.py": "invalid",
    }


def test_the_same_seed_gives_the_same_output(shell: Any) -> None:
    """The same seed gives the same output, but for the time and memory that were used."""
    first, second = (json.loads(shell("check", "wrong.py", "--seed", "5", "--format", "json").stdout) for _ in range(2))
    assert first.pop("usage").keys() == second.pop("usage").keys()
    assert first == second
    assert first["seed"] == 5


def test_what_is_wrong_is_told(shell: Any) -> None:
    """What is wrong is told."""
    told = " ".join(shell("check", "wrong.py").stdout.split())
    assert "All wrong blocks are 0.5 times the true gradient" in told


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "LANG": "nosuch.locale"},
    ],
    ids=str,
)
def test_any_locale_will_do(shell: Any, environment: dict[str, str]) -> None:
    """Any locale will do."""
    done = shell("check", "wrong.py", "名前 ü.py", **environment)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert "2 results: 1 FAIL, 1 PASS" in done.stdout
    assert json.loads(shell("check", "名前 ü.py", "--format", "json", **environment).stdout)["file"] == "名前 ü.py"


def test_a_reader_that_leaves_early_changes_no_exit_code(folder: Path) -> None:
    """A reader that leaves early changes no exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "gradcheck", "check", "wrong.py"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=120) == 1
        assert process.stderr.read() == b""


@pytest.mark.parametrize("width", [60, 72, 80])
def test_narrow_terminals_are_kept_to(shell: Any, width: int) -> None:
    """Narrow terminals are kept to."""
    lines = shell("check", "wrong.py", COLUMNS=str(width)).stdout.splitlines()
    assert max(map(len, lines)) <= width


HEAVY = ("scipy", "autograd", "matplotlib", "plotly", "libcst", "gradcheck.submissions", "gradcheck.reports.terminal")


HELPED = [[], ["check"], ["diagnose"], ["fix"], ["references", "verify"]]


@pytest.mark.parametrize("arguments", [[*command, "--help"] for command in HELPED], ids=str)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Help loads nothing heavy."""
    code = f"""
import sys
from gradcheck.cli import main
assert main({arguments!r}) == 0
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"
    assert "Usage: gradcheck" in done.stdout


def test_the_installed_script_is_the_same(shell: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The installed script is the same."""
    script = Path(sys.executable).with_name("gradcheck")
    if not script.exists():
        pytest.skip("gradcheck is not installed here as a script")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == shell("--version").stdout
