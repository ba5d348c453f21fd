"""``gradcheck grade`` and what it writes beside the marks, from real submissions."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from referencing import Registry, Resource

from gradcheck.cli import main
from gradcheck.grading.assignment.ready import ready_assignment
from gradcheck.schemas import SCHEMAS, load_schema

REPORTS = Path(__file__).parents[1] / "reports"
REGISTRY: Registry[Any] = Registry().with_resources(
    [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
)
NETWORK = """\
import numpy as np

class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size):
        self.W1 = np.random.randn(input_size, hidden_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size)
        self.b2 = np.zeros((1, output_size))

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def forward(self, X):
        self.a1 = self.sigmoid(X @ self.W1 + self.b1)
        self.a2 = self.sigmoid(self.a1 @ self.W2 + self.b2)
        return self.a2

    def backward(self, X, y, learning_rate):
        d2 = (self.a2 - y) / y.size * self.sigmoid_derivative(self.a2)
        d1 = d2 @ self.W2.T * self.sigmoid_derivative(self.a1)
        self.W2 = self.W2 - learning_rate * self.a1.T @ d2
        self.b2 = self.b2 - learning_rate * d2.sum(axis=0, keepdims=True)
        self.W1 = self.W1 - learning_rate * X.T @ d1
        self.b1 = self.b1 - learning_rate * d1.sum(axis=0, keepdims=True)

    def train(self, X, y, epochs, learning_rate):
        losses = []
        for _ in range(epochs):
            losses.append(float(np.mean((self.forward(X) - y) ** 2)))
            self.backward(X, y, learning_rate)
        return losses
"""
NAMES = ("bo", "hacker")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two, one of whom has handed in something else, graded with everything written."""
    place = tmp_path_factory.mktemp("class")
    (place / "in").mkdir()
    (place / "in" / "bo.py").write_text(NETWORK, encoding="utf-8")
    attack = "raise SystemExit('<script>alert(1)</script>\\x1b[31m =1+1 | `x`')"
    (place / "in" / "hacker.py").write_text(attack, encoding="utf-8")
    (place / "xor.toml").write_text(ready_assignment("xor-class").text, encoding="utf-8")
    files = ["--junit", str(place / "junit.xml"), "--sarif", str(place / "class.sarif")]
    platforms = ["--gradescope", "--prairielearn", "--classroom50"]
    arguments = ["grade", str(place / "in"), "--assignment", str(place / "xor.toml"), "--out", str(place / "out")]
    assert main([*arguments, "--quiet", *platforms, *files]) == 0
    return place


def _published(name: str, document: Any) -> list[str]:
    schema = json.loads((REPORTS / f"{name}.json").read_text(encoding="utf-8"))
    kind = Draft4Validator if "sarif" in name else Draft202012Validator
    return [error.message for error in kind(schema).iter_errors(document)]


def test_records_and_sheets(folder: Path) -> None:
    """By our own schemas."""
    places = {
        "records": "diagnosis",
        "sheets": "grade-sheet",
        "sheets-after-due": "grade-sheet",
        "staff": "grade-sheet",
    }
    for place, schema in places.items():
        found = sorted((folder / "out" / place).glob("*.json"))
        assert len(found) == 2
        for file in found:
            document = json.loads(file.read_bytes())
            validator = Draft202012Validator(load_schema(schema), registry=REGISTRY)
            assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == []


def test_levels(folder: Path) -> None:
    """The bug is named after the due date, and not before."""
    now, after = (
        (folder / "out" / place / "bo.md").read_text(encoding="utf-8") for place in ("sheets", "sheets-after-due")
    )
    assert "missing-factor-2" not in now
    assert "missing-factor-2" in after


def test_platforms(folder: Path) -> None:
    """By their published rules."""
    rules = {
        "gradescope/{}/results.json": "gradescope-results",
        "prairielearn/{}/results.json": "prairielearn-results",
        "classroom50/{}/result.json": "classroom50-result",
    }
    for name in NAMES:
        for place, rule in rules.items():
            assert _published(rule, json.loads((folder / "out" / place.format(name)).read_bytes())) == []


def test_files_of_the_class(folder: Path) -> None:
    """JUnit XML with a suite a student, SARIF with the bug at its line, the table."""
    root = ET.fromstring((folder / "junit.xml").read_bytes())
    assert [suite.attrib["name"] for suite in root] == list(NAMES)
    log = json.loads((folder / "class.sarif").read_bytes())
    assert _published("sarif-2.1.0-rtm.5", log) == []
    assert {result["ruleId"] for result in log["runs"][0]["results"]} == {"missing-factor-2"}
    rows = list(csv.DictReader((folder / "out/grades.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["student"] for row in rows] == list(NAMES)
    assert 0 < float(rows[0]["points"]) < 20


def test_a_folder_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is said before anything is run."""
    arguments = ["grade", str(folder / "in"), "--assignment", str(folder / "xor.toml"), "--out", str(folder / "other")]
    assert main([*arguments, "--junit", str(folder / "none/junit.xml")]) == 2
    assert "make it first" in capsys.readouterr().err
    assert not (folder / "other").exists()
