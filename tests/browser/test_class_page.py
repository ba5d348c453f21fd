"""The class page in a real browser, from disk: everybody, their sheets and details; large classes; hostile names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from class_pages import Opened, data, names
from drawn_class import drawn_class, rendered

from gradcheck.reports.grading.writing import write_class

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "</script><script>alert(3)</script>",
    "a\nb\r\nc",
    "\u202egpj.exe\u2066",
    "</noscript><iframe srcdoc='<script>alert(4)</script>'>",
    "${alert(5)} {{ 7 * 7 }} javascript:alert(6)",
)


def test_opens_from_disk_and_shows_everybody(opened: Opened, report: Path) -> None:
    """Without a request to anywhere, or a word in the console (the fixture sees to that)."""
    page = opened(report)
    students = data(page)["students"]
    assert len(students) == 40
    assert sorted(names(page)) == sorted(one["name"] for one in students)
    assert page.locator("#shown").text_content() == "All 40 students"
    assert page.locator("#heat tbody tr").count() == 40


def test_sheets_are_linked(opened: Opened, report: Path) -> None:
    """The name leads to the staff's sheet; the details lead to what the student sees."""
    page = opened(report)
    page.locator(".table tbody th a").first.click()
    assert page.url.endswith(".html")
    assert "/staff/" in page.url
    assert page.locator("h1").text_content() == "Ada Moreau 20"
    page.go_back()
    page.locator(".table .more button").first.click()
    page.get_by_role("link", name="what the student sees now").click()
    assert "/sheets/" in page.url
    assert page.locator("h1").text_content() == "Ada Moreau 20"


def test_details_open_and_close(opened: Opened, report: Path) -> None:
    """With the curve, the picture of the gradient and its numbers."""
    page = opened(report, "#bug=bias-sum-without-axis")
    button = page.locator(".table .more button").first
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    detail = page.locator(".detail")
    assert detail.locator("svg").count() == 2
    assert detail.locator("tbody tr").count() == detail.locator("svg.entries rect").count() == 2
    button.click()
    assert page.locator(".detail").count() == 0


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_nothing_hostile_runs(opened: Opened, tmp_path: Path, scripts: bool) -> None:
    """Names, outputs and reasons are text; no dialog opens, no element comes of them, no picture is asked for."""
    graded = drawn_class(tmp_path, 40, names=dict(enumerate(HOSTILE)), texts=" ".join(HOSTILE))
    write_class(graded)
    page = opened(tmp_path / "report" / "index.html", java_script_enabled=scripts)
    if scripts:
        for button in page.locator(".table .more button").all():
            button.click()
        assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert page.locator("img, iframe, [onload], [onerror]").count() == 0
    shown = page.locator("bdi").all_text_contents()
    assert HOSTILE[0] in shown
    assert not any(set("\u202e\u2066\n") & set(name) for name in shown)


def test_policy_stops_a_script_that_would_have_got_in(chromium: Any, report: Path, tmp_path: Path) -> None:
    """A page that was tampered with: what was put in does not run, and the browser says so; the page still works."""
    tampered = tmp_path / "index.html"
    text = report.read_text(encoding="utf-8")
    tampered.write_text(
        text.replace("</main>", "<script>document.title = 'taken over'</script></main>"), encoding="utf-8"
    )
    said: list[str] = []
    apart = chromium.new_page()
    apart.on("console", lambda message: said.append(message.text))
    apart.goto(tampered.as_uri())
    assert apart.title() == "XOR with one hidden layer: the class"
    assert any("Content Security Policy" in text for text in said)
    assert apart.locator(".table tbody tr").count() == 40
    apart.close()


def test_a_large_class_is_shown_page_by_page(opened: Opened, large: Path) -> None:
    """No more rows and cells are in the page than one page has; turning keeps the focus, and all come by."""
    page = opened(large)
    items = len(data(page)["items"])
    seen: list[str] = []
    for number in (1, 2, 3):
        assert page.locator("#shown").text_content() == f"All 250 students; page {number} of 3"
        assert page.locator("#heat td").count() <= 100 * items
        seen += names(page)
        if number < 3:
            page.get_by_role("button", name="Next").first.click()
    assert len(seen) == len(set(seen)) == 250
    assert page.evaluate("document.activeElement.textContent") == "Next"
    assert page.get_by_role("button", name="Next").first.get_attribute("aria-disabled") == "true"
    assert page.url.endswith("#page=3")


def test_a_larger_class_does_not_make_a_larger_document(opened: Opened, large: Path, tmp_path: Path) -> None:
    """Twice the students, the same number of elements within a hundredth: what a browser builds is one page of them."""
    twice = tmp_path / "index.html"
    twice.write_text(rendered(drawn_class(tmp_path, 500)), encoding="utf-8")
    counts = [opened(path).evaluate("document.querySelectorAll('*').length") for path in (large, twice)]
    # Of the first hundred by name more or fewer have a picture of their gradient, which has 20 elements or so.
    assert counts[1] < 1.2 * counts[0]
