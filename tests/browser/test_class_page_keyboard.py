"""The class page in a real browser, by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from class_pages import Opened, data, marks, names, until

pytestmark = pytest.mark.browser


def test_keyboard_alone_is_enough(opened: Opened, report: Path) -> None:
    """The first stop skips to the students; from there search, filter, sort and details are reached in that order."""
    page = opened(report)
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className")
    assert skip == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("moreau")
    assert all("Moreau" in name for name in names(page))
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "[document.activeElement.name || document.activeElement.dataset.sort || '',"
                " getComputedStyle(document.activeElement).outlineStyle]"
            )
        )
        if stops[-1][0] == "mark":
            break
    assert [name for name, _ in stops[:6]] == ["state", "bug", "item", "group", "alike", "flag"]
    assert {outline for _, outline in stops} == {"solid"}
    page.keyboard.press("Enter")
    assert marks(page) == sorted(marks(page))
    assert page.evaluate("document.activeElement.dataset.sort") == "mark"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.hasAttribute('aria-expanded')"):
            break
    page.keyboard.press("Space")
    assert page.locator(".detail").count() == 1


def test_arrow_keys_choose_a_filter(opened: Opened, report: Path) -> None:
    """In a list of choices, as everywhere; a letter goes to the choice that begins with it; the focus stays there."""
    page = opened(report)
    everybody = len(names(page))
    page.locator("#filter-state").focus()
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("[document.activeElement.id, document.activeElement.value]")
    assert chosen == ["filter-state", "graded"]
    graded = sum(one["state"] == "graded" for one in data(page)["students"])
    assert len(names(page)) == graded < everybody
    page.keyboard.type("n")
    assert page.evaluate("document.activeElement.value") == "missing"  # nothing handed in
    assert page.locator("#shown").text_content().startswith(str(len(names(page))))
    page.keyboard.press("Home")
    assert len(names(page)) == everybody


def test_enter_sorts_and_sorts_the_other_way(opened: Opened, report: Path) -> None:
    """Which way is told to a screen reader; Space does the same."""
    page = opened(report)
    page.locator("button[data-sort=mark]").focus()
    told = []
    for key in ("Enter", "Enter", "Space"):
        page.keyboard.press(key)
        told.append((page.locator("th[aria-sort]:has([data-sort=mark])").get_attribute("aria-sort"), marks(page)))
    assert [way for way, _ in told] == ["ascending", "descending", "ascending"]
    assert told[1][1] == sorted(told[0][1], reverse=True)
    assert page.evaluate("document.activeElement.dataset.sort") == "mark"


def test_arrow_keys_move_the_heat_map(opened: Opened, report: Path) -> None:
    """What is wider than the window is reached without a mouse."""
    page = opened(report, viewport={"width": 360, "height": 740})
    frame = page.locator("#heat .wide")
    frame.focus()
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert until(page, "document.querySelector('#heat .wide').scrollLeft > 0")


def test_pages_and_bugs_are_reached_by_enter(opened: Opened, large: Path) -> None:
    """The next page of students; and a bug's own students, from the list of bugs, with the way back."""
    page = opened(large)
    first = names(page)
    page.locator(".pages").first.get_by_text("Next").focus()
    page.keyboard.press("Enter")
    assert names(page) != first
    page.locator("#bugs a").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#filter-bug").input_value() == next(iter(data(page)["bugs"]))
    page.go_back()
    assert until(page, "document.querySelector('#filter-bug').value === ''")
