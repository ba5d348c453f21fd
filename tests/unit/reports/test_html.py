"""The report in a notebook: well-formed, escaped, on its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from gradcheck.records import CheckReport, Finding, ReportSet, Severity
from gradcheck.reports.html import render_html

VOID = {"br", "hr"}


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
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(report: CheckReport | ReportSet) -> _Reader:
    reader = _Reader()
    reader.feed(render_html(report))
    reader.close()
    assert reader.open == []
    return reader


def test_it_holds_what_the_terminal_tells(failing: CheckReport) -> None:
    """It holds what the terminal tells."""
    text = _read(failing).text
    for part in ("FAIL", "student.py", "W1", "(2, 4)", "0.5 ± 1e-10", "[0, 3]", "0.125", "0.25", "column 3 of W1",
                 "input-mutated", "sum-instead-of-mean", "seed 3"):  # fmt: skip
        assert part in text


@pytest.mark.parametrize("place", ["file", "network", "loss", "interface", "reason"])
def test_content_is_escaped(failing: CheckReport, place: str) -> None:
    """Content is escaped."""
    attack = "<script>alert(1)</script><img src=x onerror=y>&\"'"
    reader = _read(dataclasses.replace(failing, **{place: attack}))
    assert not {"script", "img"} & reader.tags
    assert "<script>alert(1)</script>" in reader.text


def test_names_and_findings_are_escaped(failing: CheckReport) -> None:
    """Names and findings are escaped."""
    block = dataclasses.replace(failing.blocks[0], name="<script>")
    finding = Finding(id="x", severity=Severity.INFO, message="<script>")
    reader = _read(dataclasses.replace(failing, blocks=(block,), findings=(finding,)))
    assert "script" not in reader.tags


def test_it_needs_nothing_from_elsewhere(failing: CheckReport) -> None:
    """It needs nothing from elsewhere."""
    html = render_html(failing)
    assert not {"script", "link", "style", "iframe"} & _read(failing).tags
    assert "http" not in html
    assert "url(" not in html


def test_a_template_keeps_its_lines(unreadable: Callable[..., CheckReport]) -> None:
    """A template keeps its lines."""
    assert "<pre>def f():\n    return 1 &lt; 2</pre>" in render_html(unreadable("x\n\ndef f():\n    return 1 < 2"))


def test_several_results_fold(failing: CheckReport, passing: CheckReport) -> None:
    """Several results fold."""
    reader = _read(ReportSet(results=(failing, passing)))
    assert "details" in reader.tags
    assert "2 results: 1 FAIL, 1 PASS" in reader.text


def test_a_notebook_finds_it(passing: CheckReport) -> None:
    """A notebook finds it."""
    assert passing._repr_html_() == render_html(passing)
