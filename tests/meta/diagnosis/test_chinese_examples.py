"""Every example of the catalogue, diagnosed in Chinese: the same bugs as in English, and nothing left in English."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import pytest
from translation import english_left

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.language import using
from gradcheck.records import DiagnosedBug, Diagnosis
from gradcheck.reports.html import render_html
from gradcheck.reports.terminal import render_text
from gradcheck.submissions import diagnose_file

# Unlike each other, and quick: constants, a form of a penalty, state, shapes, an exception, trouble elsewhere.
QUICK = (
    "stale-batch-size", "dropout-scale", "bias-gradient-is-bias", "gradient-accumulated", "shape-mismatch", "crash",
    "nondeterministic", "no-bias", "target-out-of-range",
)  # fmt: skip
PATIENCE = 120.0  # seconds: a busy machine must find the same as an idle one
# What NumPy says of two shapes, and Python's own name for it.
FOREIGN = re.compile(r"\w+Error: matmul: .*?\)->\(.*?\) \(size \d+ is different from \d+\)")


@pytest.mark.parametrize("identifier", QUICK)
def test_unlike_examples(identifier: str, tmp_path: Path) -> None:
    """A few of all kinds."""
    _same_in_chinese(identifier, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("identifier", sorted(set(CATALOGUE) - set(QUICK)))
def test_all_other_examples(identifier: str, tmp_path: Path) -> None:
    """The others."""
    _same_in_chinese(identifier, tmp_path)


def _same_in_chinese(identifier: str, folder: Path) -> None:
    example = CATALOGUE[identifier].example
    assert example is not None
    path = folder / "net.py"
    path.write_text(example.wrong)
    english = diagnose_file(path, time_limit=PATIENCE)
    with using("zh_CN"):
        chinese = diagnose_file(path, time_limit=PATIENCE)
        shown = [render_text(chinese, 5000), render_text(chinese, 5000, explain=True), _bare(render_html(chinese))]
    assert [_unsaid(bug) for bug in chinese.diagnoses] == [_unsaid(bug) for bug in english.diagnoses]
    assert chinese.patch == english.patch
    assert len(_told(chinese)) == len(_told(english))
    for text in (*_told(chinese), *shown):
        assert english_left(FOREIGN.sub("", text), *_code(chinese)) == []


def _told(report: Diagnosis) -> list[str]:
    return [*report.tried, *(text for bug in report.diagnoses for text in (bug.message, *bug.evidence))]


def _unsaid(bug: DiagnosedBug) -> DiagnosedBug:
    """Without its sentences; a formula has names in words where the code has none."""
    return dataclasses.replace(bug, message="", evidence=(), formula_wrong="", formula_right="")


def _code(report: Diagnosis) -> list[str]:
    patches = [report.patch, *(patch for bug in report.diagnoses for patch in (bug.patch, *bug.alternatives))]
    lines = [line[1:].strip() for patch in patches if patch for line in patch.splitlines()]
    return [line for line in (*lines, *(bug.code for bug in report.diagnoses)) if line]


def _bare(page: str) -> str:
    """Without markup."""
    return html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))
