"""The note of a diagnosis in a notebook: well-formed, escaped, the same as on a terminal."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import pytest
from constructed_diagnoses import ACTIVATION, ALL, ELSEWHERE, NOTHING_FITS, ONE, TWO, UNREPAIRED, diagnosis

from gradcheck.records import Diagnosis, ReportSet
from gradcheck.reports.html import render_html


class _Reader(HTMLParser):
    """Checks that tags close in order; collects tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(report: Diagnosis | ReportSet) -> _Reader:
    reader = _Reader()
    reader.feed(render_html(report))
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("name", ALL)
def test_every_diagnosis_is_well_formed(name: str) -> None:
    """Every diagnosis is well-formed, and begins with its verdict."""
    reader = _read(ALL[name])
    assert reader.text.startswith(ALL[name].verdict.name)
    assert not {"script", "link", "style", "iframe", "img"} & reader.tags


def test_it_holds_what_the_terminal_tells() -> None:
    """It holds what the terminal tells."""
    text = _read(TWO).text
    for part in ("two mistakes explain it", "first['w']", "half as large as it should be", "derivative-at-activation",
                 "almost certain (97 %)", "line 40:", "one of these two: likely (62 %)", "(double-mean)",
                 "delta = 2 * (out - y)", "No single bug fits", "it should be: delta * tanh'(z)", "input-mutated",
                 "gradcheck fix network.py --write"):  # fmt: skip
        assert part in text


def test_the_suspicious_part_is_marked() -> None:
    """The suspicious part is marked, and so is what the fix changes."""
    html = render_html(ONE)
    assert '.25em">a</b>), first, x)' in html
    assert html.count(">z</span>), first, x)") == 1


def test_a_patch_that_was_not_verified_is_never_shown() -> None:
    """A patch that was not verified is never shown."""
    assert "tanh_derivative(z)" not in _read(UNREPAIRED).text
    assert "tanh_derivative(z)" in _read(ONE).text


def test_other_right_fixes_are_offered() -> None:
    """Other right fixes are offered."""
    assert "or, just as right" not in _read(ONE).text
    bug = dataclasses.replace(ACTIVATION, alternatives=(TWO.diagnoses[1].patch or "",))
    text = _read(dataclasses.replace(ONE, diagnoses=(bug,))).text
    assert text.index("or, just as right") < text.index("delta = 2 * (out - y)")
    assert "Other ways" not in text
    bug = dataclasses.replace(bug, alternatives=bug.alternatives * 3)
    text = _read(dataclasses.replace(ONE, diagnoses=(bug,))).text
    before, after = text.split("Other ways")
    assert (before.count("or, just as right"), after.count("or, just as right")) == (1, 2)


def test_nothing_and_elsewhere_are_said() -> None:
    """That nothing fits, and that the trouble is elsewhere, is said."""
    assert "none is named" in _read(NOTHING_FITS).text
    assert "What is known" in _read(NOTHING_FITS).text
    assert "The gradient is right." in _read(ELSEWHERE).text


def test_content_is_escaped() -> None:
    """Content is escaped, wherever it comes from."""
    attack = "<script>x</script>&\"'"
    patch = f"--- a/n.py\n+++ b/n.py\n@@ -40 +40 @@\n-{attack}\n+{attack} <img>\n"
    bug = dataclasses.replace(
        ACTIVATION, code=attack, message=attack, evidence=(attack,), patch=patch, formula_wrong=attack,
        formula_right=attack, same_as=(attack,), alternatives=(patch,), bug=attack,
    )  # fmt: skip
    reader = _read(diagnosis(diagnoses=(bug,), patch=patch, patch_verified=True, tried=(attack,)))
    assert not {"script", "img"} & reader.tags
    assert reader.text.count("<script>x</script>") >= 10


def test_several_results_fold() -> None:
    """Several results fold under their names."""
    reader = _read(ReportSet(results=(ONE, NOTHING_FITS)))
    assert "derivative-at-activation, line 40" in reader.text
    assert "details" in reader.tags


def test_a_notebook_finds_it() -> None:
    """A notebook finds it."""
    assert ONE._repr_html_() == render_html(ONE)
