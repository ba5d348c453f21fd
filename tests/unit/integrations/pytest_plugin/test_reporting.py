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

def test_plain():
    gradcheck.assert_gradients(lambda w: float(np.sum(np.sin(w))), lambda w: 3 * np.cos(w), np.ones(2))
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
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*3 gradient checks written to *r.json (json)*"])
    document = json.loads((pytester.path / "out" / "r.json").read_text(encoding="utf-8"))
    assert document["schema"] == load_schema("report")["properties"]["schema"]["const"]
    found = {result["network"]: result for result in document["results"]}
    assert {name: item["verdict"] for name, item in found.items()} == {
        "test_half": "fail", "test_plain": "fail", "test_right": "pass",
    }  # fmt: skip
    assert {item["file"] for item in found.values()} == {"test_it.py"}
    assert [bug["bug"] for bug in found["test_half"]["diagnoses"]] == ["missing-factor-2"]
    page = (pytester.path / "out" / "r.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert all(f"test_it.py, {name}" in page for name in found)
    log = json.loads((pytester.path / "out" / "r.sarif").read_text(encoding="utf-8"))
    assert sorted(item["ruleId"] for item in log["runs"][0]["results"]) == ["missing-factor-2", "wrong-gradient"]
    cases = ET.parse(pytester.path / "out" / "r.xml").getroot().iter("testcase")
    assert {case.get("name"): case.find("failure") is not None for case in cases} == {
        "test_half": True, "test_plain": True, "test_right": False,
    }  # fmt: skip


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
