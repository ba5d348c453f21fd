"""The class page in a real browser: at any width, in both schemes, on paper, without scripts, by axe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from class_pages import Opened, names

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [360, 1280])
def test_readable_without_scripts(opened: Opened, report: Path, width: int) -> None:
    """Everybody in a table, all figures; no control that would do nothing; nothing cut off."""
    page = opened(report, java_script_enabled=False, viewport={"width": width, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("noscript tbody th bdi, .plain tbody th bdi").count() >= 40
    assert page.locator("#marks svg rect.bar").count() == 10
    assert page.locator("button:visible, select:visible, input:visible").count() == 0


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_cut_off_at_any_width(opened: Opened, report: Path, width: int) -> None:
    """The page does not scroll sideways; what is wider (the heat map) scrolls in its own frame, also by keyboard."""
    page = opened(report, viewport={"width": width, "height": 740})
    page.locator(".table .more button").nth(3).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    parts = page.locator(".detail .in > div").all()
    assert parts
    assert min(part.bounding_box()["width"] for part in parts) > 200  # pixels: a column of single letters is none
    assert page.locator("#heat .wide").get_attribute("tabindex") == "0"


def test_phone_keeps_the_table_a_table(opened: Opened, report: Path) -> None:
    """Cards on a phone are rows to a screen reader."""
    page = opened(report, viewport={"width": 360, "height": 740})
    students = page.locator(".table").get_by_role("table")
    assert students.get_by_role("row").count() == 41
    assert students.get_by_role("columnheader").count() >= 6
    assert students.get_by_role("rowheader").count() == 40


def test_both_schemes_by_system_and_by_switch(opened: Opened, report: Path) -> None:
    """The switch wins over the system, and is remembered where the browser keeps anything for files."""
    grounds = {}
    for scheme in ("light", "dark"):
        page = opened(report, color_scheme=scheme)
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.locator("#scheme").click()
        after = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds[scheme] = (before, after)
    assert grounds["light"] == grounds["dark"][::-1]
    assert grounds["light"][0] != grounds["light"][1]


def test_print_has_every_row_and_ink_on_paper(opened: Opened, large: Path) -> None:
    """All that match are printed, not the page that is shown; dark colours stay on the screen; after it all is back."""
    page = opened(large, color_scheme="dark")
    assert len(names(page)) == 100
    page.evaluate(
        "addEventListener('beforeprint',"
        " () => { window.printed = document.querySelectorAll('.table tbody th').length })"
    )
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert page.evaluate("window.printed") == 250
    assert len(names(page)) == 100
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ground').trim()") == "#ffffff"
    hidden = page.locator("nav, #filters, .table button, .pages, .skip")
    assert not any(part.is_visible() for part in hidden.all())
    assert page.evaluate("getComputedStyle(document.querySelector('#heat .wide')).overflowX") == "visible"


def test_axe_finds_nothing(opened: Opened, report: Path) -> None:
    """Deque's axe-core, where ``AXE`` names its script, in both schemes and on a phone."""
    path = os.environ.get("AXE")
    if not path:
        pytest.skip("no axe-core: npm install axe-core, then AXE=node_modules/axe-core/axe.min.js")
    axe = Path(path).read_text(encoding="utf-8")
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}}):
        page = opened(report, bypass_csp=True, **options)
        page.locator(".table .more button").nth(3).click()
        page.evaluate(axe)
        found = page.evaluate("axe.run().then((result) => result.violations)")
        told = [(one["id"], node["target"], node["failureSummary"]) for one in found for node in one["nodes"]]
        assert told == []
