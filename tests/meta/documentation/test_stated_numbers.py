"""Numbers that pages state are those of the code: tolerances, steps, limits, thresholds, floors."""

from __future__ import annotations

import re
import tomllib

import pytest
from markdown_blocks import ROOT

from gradcheck.checks import config, probing
from gradcheck.reports.grading.page import class_page, tally
from gradcheck.reports.naming import SURENESS
from gradcheck.submissions.exchange.session import CPU_SHARE, LEAST_CPU
from gradcheck.submissions.isolation.limits import MEBIBYTE, Limits

VERDICT = "explanation/how-a-verdict-is-reached.md"
ISOLATION = "explanation/isolation.md"
PAGE = "guides/class-page.md"
LIMITS = Limits()
NUMBERS = {1: "one", 2: "two", 6: "six"}

# Page, what it must say, with the code's own values in it.
STATED = [
    (VERDICT, f"`rtol` is {config.RTOL['float64']:.0e} for float64, {config.RTOL['float32']:.0e} for float32 and 0.1"),
    (VERDICT, f"The step is small, {probing.SMALLEST_STEP:.1e} of the norm of the parameters"),
    ("explanation/numeric-differentiation.md", f"its tolerance is {config.RTOL['float64']:.0e}"),
    ("explanation/numeric-differentiation.md", f"allows float32 {config.RTOL['float32']:.0e}"),
    ("reference/glossary.md", f"{config.RTOL['float64']:.0e} of a block's share for float64"),
    (ISOLATION, f"{LIMITS.memory // (1024 * MEBIBYTE)} GB, {NUMBERS[int(CPU_SHARE)]} times the time limit"),
    (ISOLATION, f"({LEAST_CPU:.0f} s at least), {LIMITS.file_size // MEBIBYTE} MB a file, {LIMITS.files} files"),
    (ISOLATION, f"{LIMITS.output // MEBIBYTE} MB, {LIMITS.scratch // MEBIBYTE} MB or {LIMITS.entries:,} files"),
    (ISOLATION, f"{LIMITS.threads} threads |"),
    (ISOLATION, f"at most {LIMITS.files} files of {LIMITS.file_size // MEBIBYTE} MB"),
    (PAGE, f"Below {tally.ENOUGH_TO_CORRELATE} marks a correlation of {tally.TELLS} cannot be told"),
    (PAGE, f"below {tally.ENOUGH_TO_CALL} no item is called easy ({tally.EASY:.0%} and more"),
    (PAGE, f"or hard ({tally.HARD:.0%} and less)"),
    (PAGE, f"up to {class_page.STATIC_ITEMS} students"),
    *(("explanation/how-a-diagnosis-is-made.md", f"| {words} | {least:.0%} |") for least, words in SURENESS if least),
]


@pytest.mark.parametrize(("page", "said"), STATED, ids=[f"{page}-{number}" for number, (page, _) in enumerate(STATED)])
def test_a_number_is_that_of_the_code(page: str, said: str) -> None:
    """As it is written there, whatever stands between lines."""
    assert plain(said) in plain((ROOT / "docs" / page).read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """A text without line ends, and with numbers in one form: 1e-06 as 1e-6, 95% as 95 %."""
    text = re.sub(r"(\de[+-])0(?=\d)", r"\1", " ".join(text.split()))
    return re.sub(r"(?<=\d)%", " %", text)


def test_the_oldest_python_is_the_one_required() -> None:
    """Where pages name it, they name the one that the package asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in ("docs/getting-started.md", "CONTRIBUTING.md"):
        (found,) = re.findall(r"Python (\d\.\d+) or newer", (ROOT / name).read_text(encoding="utf-8"))
        assert project["requires-python"].startswith(f">={found}"), name


def test_every_dependency_has_its_reason() -> None:
    """The decision on dependencies names each of the base ones, and none that is gone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs" / "adr" / "0003-dependencies.md").read_text(encoding="utf-8")
    table = page.partition("| package | for |")[2].partition("\n\n")[0].lower()
    first = " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| "))
    needed = {re.split(r"[<>=\[]", name)[0] for name in project["dependencies"]}
    assert needed <= set(re.findall(r"\w+", first))
    assert set(re.findall(r"\w+", first)) - needed <= {"hips", "with", "its"}


def test_figures_that_were_measured_name_their_command() -> None:
    """Pages that compare with other tools take their figures from the page of benchmarks, which names commands."""
    page = (ROOT / "docs" / "explanation" / "beside-other-tools.md").read_text(encoding="utf-8")
    parts = re.split(r"^### ", page.partition("## Graders")[0], flags=re.MULTILINE)[1:]
    benchmarks = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for part in parts:
        assert "{include} ../../benchmarks/README.md" in part
        (start,) = re.findall(r':start-after: "(.*)"', part)
        assert start in benchmarks
        assert "python -m benchmarks" in part or "python -m benchmarks" in benchmarks.partition(start)[2][:200]
