"""Options that every command takes: a script may give them without knowing which command it calls."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from gradcheck.cli.root import root
from gradcheck.schemas import load_schema


@pytest.mark.parametrize(
    "arguments",
    [
        ("bugs", "list"), ("bugs", "show", "sign-flip"), ("references", "list"),
        ("new", "assignment", "--list"), ("new", "assignment"),
        ("new", "ci", "--provider", "tox", "--provider", "github"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_seed_changes_nothing_where_nothing_is_drawn(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And JSON is what comes out, with its kind."""
    outputs = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        result = CliRunner().invoke(root, [*arguments, "--seed", str(number), "--format", "json"])
        assert result.exit_code == 0, result.output
        outputs.append(json.loads(result.output))
    assert outputs[0] == outputs[1]
    assert outputs[0]["schema"].startswith("gradcheck/")


LISTINGS = (
    ("bugs", "list"), ("bugs", "show", "sign-flip"), ("bugs", "show", "updated-weights-used"),
    ("references", "list"), ("references", "train"), ("references", "train", "002-published", "--epochs", "3"),
    ("references", "train", "000-corrected", "--epochs", "2"),
    ("new", "assignment", "--list"), ("new", "assignment"), ("sandbox",),
)  # fmt: skip


@pytest.mark.parametrize("arguments", LISTINGS, ids=" ".join)
def test_json_is_as_its_schema_says(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the schema that it names; and that schema can say no."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(root, [*arguments, "--format", "json"])
    document = json.loads(result.output)
    name = re.fullmatch(r"gradcheck/([a-z-]+)@1", document["schema"])
    assert name is not None
    validator = Draft202012Validator(load_schema(name[1]))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == []
    for key in document:
        without = {other: value for other, value in document.items() if other != key}
        assert not validator.is_valid(without), key


def test_files_that_are_written_are_told_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their paths, and what to do with them unless quiet."""
    monkeypatch.chdir(tmp_path)
    arguments = ["new", "ci", "--provider", "tox", "--format", "json"]
    told = json.loads(CliRunner().invoke(root, arguments).output)
    assert told["files"] == ["tox.ini"]
    assert (tmp_path / "tox.ini").is_file()
    assert "baseline" in told["notes"][0]
    assert json.loads(CliRunner().invoke(root, [*arguments, "--force", "-q"]).output)["notes"] == []


def test_a_file_that_was_written_before_another_could_not_be_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is no folder stops the second."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github").write_text("a file", encoding="utf-8")
    result = CliRunner().invoke(root, ["new", "ci", "--provider", "tox", "--provider", "github"])
    assert result.exit_code == 2
    assert "Written: tox.ini" in result.output
    assert (tmp_path / "tox.ini").is_file()


PRINTS = """
import random, numpy as np, gradcheck
report = gradcheck.check(gradcheck.Problem(lambda w: float(w @ w), lambda w: 2 * w, np.ones(3)))
random.seed(0)
before = random.getstate()
assert "PASS" in str(report)
print(random.getstate() == before)
"""


def test_printing_a_report_draws_nothing() -> None:
    """In a process in which it is the first: what it is printed with is imported then."""
    ran = subprocess.run([sys.executable, "-c", PRINTS], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"
