"""``--gradcheck-report``: formats, what is in them, and destinations that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gradcheck.integrations.pytest_plugin.reporting import destination
from gradcheck.schemas import load_schema

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]
SOURCE = """
def test_half(gradient_check):
    gradient_check(build(factor=1))

def test_right(gradient_check):
    gradient_check(build())

def test_on_purpose(gradient_check):
    gradient_check(build(factor=1), verdict="FAIL")

X, Y = np.random.default_rng(0).normal(size=(2, 5, 3))

def loss(p):
    return np.sum((X * p["w"] - Y) ** 2) / len(X)

def gradient(p):
    return {"w": np.sum((X * p["w"] - Y) * X, axis=0) / len(X)}

def test_plain():
    gradcheck.assert_gradients(loss, gradient, {"w": np.ones(3)})

def test_plain_and_right():
    gradcheck.assert_gradients(loss, lambda p: {"w": 2 * gradient(p)["w"]}, {"w": np.ones(3)})
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("out.sarif", ("sarif", "out.sarif")),
        ("out.sarif.json", ("sarif", "out.sarif.json")),
        ("out.json", ("json", "out.json")),
        ("a/out.XML", ("junit", "a/out.XML")),
        ("out.html", ("html", "out.html")),
        ("sarif:results.json", ("sarif", "results.json")),
        ("junit:out", ("junit", "out")),
        ("C:out.json", ("json", "C:out.json")),
    ],
)
def test_destinations(text: str, expected: tuple[str, str]) -> None:
    """The format is what is said, or what the ending says."""
    found = destination(text, Path("folder"))
    assert (found.format, found.path) == (expected[0], Path("folder") / expected[1])


@pytest.mark.parametrize("text", ["out.txt", "out", "yaml:out", "junit"])
def test_formats_that_are_not_known(run: Run, text: str) -> None:
    """Are refused before anything runs."""
    result = run("--gradcheck-report", text, source="def test_it():\n    pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--gradcheck-report {text}: the ending says no format that is known*"])


def test_all_formats_of_one_run(run: Run, pytester: pytest.Pytester) -> None:
    """Each check once, named after its test, a diagnosis where there is one; what was wrong on purpose is left out."""
    formats = ("json", "html", "sarif", "xml")
    result = run(*(f"--gradcheck-report=out/r.{name}" for name in formats), source=SOURCE)
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["*4 gradient checks written to *r.json (json)*"])
    document = json.loads((pytester.path / "out" / "r.json").read_text(encoding="utf-8"))
    assert document["schema"] == load_schema("report")["properties"]["schema"]["const"]
    found = {result["network"]: result for result in document["results"]}
    assert {name: item["verdict"] for name, item in found.items()} == {
        "test_half": "fail", "test_plain": "fail", "test_plain_and_right": "pass", "test_right": "pass",
    }  # fmt: skip
    assert {item["file"] for item in found.values()} == {"test_it.py"}
    for name in ("test_half", "test_plain"):
        assert [bug["bug"] for bug in found[name]["diagnoses"]] == ["missing-factor-2"]
    page = (pytester.path / "out" / "r.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert all(f"test_it.py, {name}" in page for name in found)
    log = json.loads((pytester.path / "out" / "r.sarif").read_text(encoding="utf-8"))
    assert sorted(item["ruleId"] for item in log["runs"][0]["results"]) == ["missing-factor-2"] * 2
    cases = ET.parse(pytester.path / "out" / "r.xml").getroot().iter("testcase")
    assert {case.get("name"): case.find("failure") is not None for case in cases} == {
        "test_half": True, "test_plain": True, "test_plain_and_right": False, "test_right": False,
    }  # fmt: skip


LAYER = """
import numpy as np

def loss(p, x, y):
    return np.mean(np.sum((x @ p["W"] + p["b"] - y) ** 2, axis=1))

def gradient(p, x, y):
    d = (x @ p["W"] + p["b"] - y) / len(x)
    return {"W": x.T @ d, "b": d.sum(axis=0)}
"""
OF_LAYER = """
import numpy as np
import pytest
import gradcheck
from layer import gradient, loss

def build(*, batch=5, seed=0):
    rng = np.random.default_rng(seed)
    x, y, p = rng.normal(size=(batch, 4)), rng.normal(size=(batch, 3)), {"W": rng.normal(size=(4, 3)), "b": np.ones(3)}
    return gradcheck.Problem(lambda p: loss(p, x, y), lambda p: gradient(p, x, y), p)

def test_fixture(gradient_check):
    gradient_check(build)

@pytest.mark.gradcheck(batch=[3])
def test_mark(*, batch=5, seed=0):
    return build(batch=batch, seed=seed)

def test_plain():
    x, y = np.random.default_rng(0).normal(size=(2, 5, 3))
    p = {"W": np.eye(3), "b": np.ones(3)}
    gradcheck.assert_gradients(lambda p: loss(p, x, y), lambda p: gradient(p, x, y), p)
"""


def test_lines_are_of_the_code_that_the_test_calls(run: Run, pytester: pytest.Pytester) -> None:
    """In each format: the file of the wrong line, its patch, and the test as what repeats it, seen from the folder."""
    for name, text in {"src/layer.py": LAYER, "tests/test_it.py": OF_LAYER}.items():
        (pytester.path / name).parent.mkdir()
        (pytester.path / name).write_text(text, encoding="utf-8")
    pytester.makeini("[pytest]\npythonpath = src\n")
    run(*(f"--gradcheck-report=r.{name}" for name in ("json", "html", "sarif", "xml"))).assert_outcomes(failed=3)
    tests = ("test_fixture", "test_mark[batch3]", "test_plain")
    results = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["results"]
    assert [(found["file"], found["network"]) for found in results] == [("tests/test_it.py", name) for name in tests]
    for found, name in zip(results, tests, strict=True):
        (bug,) = found["diagnoses"]
        assert (bug["file"], bug["line"], bug["bug"]) == ("src/layer.py", 8, "missing-factor-2")
        assert bug["patch"].startswith("--- a/src/layer.py\n+++ b/src/layer.py\n")
        assert found["patch"] == bug["patch"]
        assert name in found["details"]["again"]
    cases = list(ET.parse(pytester.path / "r.xml").getroot().iter("testcase"))
    assert {(case.get("file"), case.get("line"), case.get("classname")) for case in cases} == {
        ("src/layer.py", "8", "tests/test_it.py")
    }
    for result in json.loads((pytester.path / "r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("src/layer.py", 8)
        assert result["fixes"][0]["artifactChanges"][0]["artifactLocation"]["uri"] == "src/layer.py"
        (logical,) = result["locations"][0]["logicalLocations"]
        assert logical["fullyQualifiedName"] == f"tests/test_it.py::{logical['name']}"
    for name in ("r.html", "r.xml"):
        text = (pytester.path / name).read_text(encoding="utf-8")
        assert "layer.py, line 8" in text
        assert "gradcheck fix" not in text
        assert "gradcheck diagnose" not in text
        assert text.count("pytest") >= len(tests)


def test_a_run_without_checks(run: Run, pytester: pytest.Pytester) -> None:
    """Has an empty report."""
    run("--gradcheck-report=r.json", source="def test_it():\n    pass\n").assert_outcomes(passed=1)
    assert json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["results"] == []


def test_a_place_that_is_a_folder(run: Run, pytester: pytest.Pytester) -> None:
    """Is refused at once."""
    (pytester.path / "r.json").mkdir()
    result = run("--gradcheck-report=r.json", source="def test_it():\n    pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradcheck-report: *r.json is a folder; name a file.*"])


def test_a_file_that_cannot_be_written(run: Run, pytester: pytest.Pytester) -> None:
    """Is told at the end, and the run does not pass."""
    (pytester.path / "taken").write_text("", encoding="utf-8")
    result = run("--gradcheck-report=taken/r.json", source="def test_it():\n    pass\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "r.json cannot be written" in result.stdout.str() + result.stderr.str()
