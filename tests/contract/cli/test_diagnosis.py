"""``gradcheck diagnose`` and ``gradcheck fix`` as processes, on real files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from rich.cells import cell_len
from translation import english_left

from gradcheck.schemas import SCHEMAS, load_schema

UNLOADABLE = ("empty.py", "syntax.py", "crash.py", "exit.py", "unknown.py", "binary.py", "nosuch.py")
PATIENCE = ("--time-limit", "120")  # a busy machine must tell the same as an idle one
REGISTRY: Registry[Any] = Registry().with_resources(
    [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
)


def _errors(name: str, document: Any) -> list[str]:
    validator = Draft202012Validator(load_schema(name), registry=REGISTRY)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@pytest.fixture(scope="module")
def document(shell: Any) -> Any:
    """What is said of the wrong file, as JSON."""
    done = shell("diagnose", "wrong.py", "--format", "json", *PATIENCE)
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("file", "code"), [("right.py", 0), ("wrong.py", 1), *((name, 2) for name in UNLOADABLE)])
@pytest.mark.parametrize("command", ["diagnose", "fix"])
def test_exit_code_of_a_file(shell: Any, command: str, file: str, code: int) -> None:
    """Exit code of a file: a wrong one with a verified patch is no failure of ``fix``."""
    done = shell(command, file, "-q", *PATIENCE)
    assert done.returncode == (0 if command == "fix" and code == 1 else code), done.stdout + done.stderr
    assert done.stderr == ""
    assert "Traceback" not in done.stdout


def test_the_document_is_as_contracted(document: Any, shell: Any) -> None:
    """The document is as contracted, alone and in a set."""
    assert _errors("diagnosis", document) == []
    several = json.loads(shell("diagnose", "wrong.py", "empty.py", "--format", "json", *PATIENCE).stdout)
    assert _errors("report", several) == []
    assert [result["verdict"] for result in several["results"]] == ["fail", "invalid"]
    assert _errors("diagnosis", json.loads(shell("fix", "wrong.py", "--format", "json", *PATIENCE).stdout)) == []


def test_the_mistake_is_named_with_its_line(document: Any, folder: Path) -> None:
    """The mistake is named, with its line and its code."""
    (bug,) = document["diagnoses"]
    assert bug["bug"] == "missing-factor-2"
    lines = (folder / "wrong.py").read_text(encoding="utf-8").splitlines()
    assert bug["code"] == lines[bug["line"] - 1].strip() == "d2 = (out - Y) / len(X)"
    assert document["patch_verified"] is True


def test_the_note_reads_as_one(shell: Any, folder: Path) -> None:
    """The note has the verdict first, the line with its number, and the fix; looking changes no file."""
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    told = shell("diagnose", "wrong.py", *PATIENCE, COLUMNS="80", TERM="xterm-256color").stdout
    assert told.startswith("FAIL  wrong.py")
    assert "The gradient is wrong, and one mistake explains it." in " ".join(told.split())
    assert "missing-factor-2" in told
    assert "line 18: d2 = (out - Y) / len(X)" in told
    assert "The fix" in told
    assert "\x1b" not in told
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_narrow_ascii_terminal_is_kept_to(shell: Any) -> None:
    """A narrow terminal without Unicode is kept to, the mathematics included; colours come where they are wanted."""
    arguments = ("diagnose", "wrong.py", "--explain", "--seed", "5", *PATIENCE)
    told = shell(*arguments, COLUMNS="60", PYTHONIOENCODING="ascii").stdout
    assert told.isascii()
    assert max(map(len, told.splitlines())) <= 60
    coloured = shell(*arguments, COLUMNS="60", PYTHONIOENCODING="ascii", TERM="xterm-256color", FORCE_COLOR="1").stdout
    plain = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in plain.splitlines()] == told.splitlines()  # the same seed, the same words


def test_it_speaks_chinese(shell: Any, document: Any) -> None:
    """The note fits a narrow screen in cells, two a character; names, lines and patches are as in English."""
    told = shell("diagnose", "wrong.py", "--explain", *PATIENCE, COLUMNS="60", GRADCHECK_LANG="zh_CN").stdout
    assert max(map(cell_len, told.splitlines())) <= 60
    assert told.startswith("FAIL  wrong.py\n梯度是错的，一处错误可以解释它。")
    assert "第 18 行：d2 = (out - Y) / len(X)" in told
    assert english_left(re.sub(r"np\.\S.*", "", told)) == []
    chinese = json.loads(shell("diagnose", "wrong.py", "--format", "json", *PATIENCE, GRADCHECK_LANG="zh_CN").stdout)
    (ours,), (theirs,) = chinese["diagnoses"], document["diagnoses"]
    assert ours["message"].startswith("所有梯度都只有应有值的一半")
    said = {"message", "evidence", "formula_wrong", "formula_right"}
    assert {k: v for k, v in ours.items() if k not in said} == {k: v for k, v in theirs.items() if k not in said}
    assert chinese["patch"] == document["patch"]


def test_a_fix_speaks_chinese(shell: Any, folder: Path, tmp_path: Path) -> None:
    """What it cures, and how to undo it; the patch is the same."""
    english, chinese = (shell("fix", "wrong.py", *PATIENCE, GRADCHECK_LANG=tag).stdout for tag in ("en", "zh_CN"))
    told, _, patch = chinese.partition("--- a/")
    assert patch == english.partition("--- a/")[2]
    assert told.startswith("修正了：漏掉了平方误差的系数 2（missing-factor-2，第 18 行）。\n")
    assert english_left(told) == []
    file = shutil.copy(folder / "wrong.py", tmp_path)
    written = shell("fix", str(file), "--write", *PATIENCE, GRADCHECK_LANG="zh_CN")
    told = (written.stdout + written.stderr).splitlines()
    assert [line.partition("：")[0] for line in told if "：" in line][-3:] == ["已写入", "备份", "撤销"]
    assert "没有什么要修的" in shell("fix", "right.py", *PATIENCE, GRADCHECK_LANG="zh_CN").stdout


@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1"]], ids=" ".join)
def test_what_is_printed_repairs_the_file(shell: Any, folder: Path, tmp_path: Path, tool: list[str]) -> None:
    """What is printed, taken by the tool in the file's folder, repairs the file."""
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    shutil.copy(folder / "wrong.py", tmp_path)
    printed = shell("fix", "wrong.py", *PATIENCE).stdout
    subprocess.run(tool, cwd=tmp_path, input=printed.encode(), timeout=60, check=True, stdout=subprocess.DEVNULL)
    assert shell("check", str(tmp_path / "wrong.py")).returncode == 0


def test_writing_leaves_a_way_back(shell: Any, folder: Path, tmp_path: Path) -> None:
    """Writing repairs the file, and what is said to undo it does."""
    file = tmp_path / "wrong.py"
    before = shutil.copy(folder / "wrong.py", file).read_bytes()
    told = shell("fix", str(file), "--write", *PATIENCE).stdout
    assert shell("check", str(file)).returncode == 0
    undo = next(line.removeprefix("Undo: ") for line in told.splitlines() if line.startswith("Undo: "))
    subprocess.run(undo, shell=True, check=True, timeout=60)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
    shell("fix", str(file), "--write", "--no-backup", *PATIENCE)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() != before


def test_a_right_file_needs_no_fix(shell: Any) -> None:
    """A right file needs no fix."""
    assert "there is nothing to fix" in shell("fix", "right.py", *PATIENCE).stdout
    document = json.loads(shell("diagnose", "right.py", "--format", "json", *PATIENCE).stdout)
    assert (document["verdict"], document["patch"]) == ("pass", None)
