"""The class page in a real browser: sorted, filtered and searched, and what its address keeps of that."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from class_pages import Opened, data, marks, names

pytestmark = pytest.mark.browser


def test_sorts_by_mark_in_both_directions(opened: Opened, report: Path) -> None:
    """Who has no mark comes last in both; the heat map follows; the heading says how it is sorted."""
    page = opened(report)
    heading = page.locator(".table th.mark")
    button = page.get_by_role("button", name="Mark")
    button.click()
    rising = marks(page)
    assert heading.get_attribute("aria-sort") == "ascending"
    assert rising == sorted(rising)
    assert rising != sorted(rising, reverse=True)
    assert page.locator(".table tbody td.mark").last.text_content() == "no mark"
    button.click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert marks(page) == sorted(rising, reverse=True)
    assert page.locator(".table tbody td.mark").last.text_content() == "no mark"
    assert page.locator("#heat tbody th bdi").all_text_contents() == names(page)
    assert page.locator(".table th[aria-sort]:not([aria-sort=none])").count() == 1


@pytest.mark.parametrize("column", ["Student", "State", "What is wrong", "Late", "By hand", "Findings"])
def test_every_heading_sorts(opened: Opened, report: Path, column: str) -> None:
    """It keeps everybody, and one of the directions is another order than before."""
    page = opened(report, "#sort=mark")
    before = names(page)
    button = page.locator(".table").get_by_role("button", name=column)
    orders = []
    for _ in range(2):
        button.click()
        orders.append(names(page))
        assert sorted(orders[-1]) == sorted(before)
    assert any(order != before for order in orders)
    assert orders[0] != orders[1]


def test_a_bug_leads_to_its_students(opened: Opened, report: Path) -> None:
    """From the list of what went wrong; the count is said to those who hear the page; the address keeps it."""
    page = opened(report)
    students = data(page)["students"]
    having = sorted(one["name"] for one in students if "bias-sum-without-axis" in one.get("bugs", ()))
    page.locator('[data-view="bug=bias-sum-without-axis"] a').click()
    assert sorted(names(page)) == having
    said = page.locator("[role=status]").text_content()
    assert said == f"{len(having)} of 40 students; what is wrong: a bias gradient summed over everything"
    assert page.evaluate("document.activeElement.id") == "students"
    assert page.url.endswith("#bug=bias-sum-without-axis")
    page.go_back()
    assert len(names(page)) == 40


@pytest.mark.parametrize(
    ("label", "key", "value", "belongs"),
    [
        ("State", "state", "ungradable", lambda one: one["state"] == "ungradable"),
        ("What is wrong", "bug", "sum-instead-of-mean", lambda one: "sum-instead-of-mean" in one.get("bugs", ())),
        ("Group", "group", "Team red", lambda one: one.get("group") == "Team red"),
        ("Marked as", "flag", "late", lambda one: one.get("late", 0) > 0),
        ("Marked as", "flag", "finding", lambda one: bool(one.get("found"))),
        ("Marked as", "flag", "hand", lambda one: bool(one.get("hand"))),
        ("Lost points at", "item", "forward", lambda one: bool(one.get("items")) and one["items"][1] < 3),
    ],
    ids=["state", "bug", "group", "late", "finding", "by hand", "item"],
)  # fmt: skip
def test_filters_leave_those_who_belong(
    opened: Opened, report: Path, label: str, key: str, value: str, belongs: Callable[[dict[str, Any]], bool]
) -> None:
    """And the same address opens the same view."""
    page = opened(report)
    expected = sorted(one["name"] for one in data(page)["students"] if belongs(one))
    page.get_by_label(label, exact=True).select_option(value)
    assert 0 < len(expected) < 40
    assert sorted(names(page)) == expected
    again = opened(report, f"#{page.url.partition('#')[2]}")
    assert sorted(names(again)) == expected
    assert again.get_by_label(label, exact=True).input_value() == value
    assert f"{key}=" in page.url


def test_equal_gradients_are_filtered(opened: Opened, report: Path) -> None:
    """The first group is as large as its line says."""
    page = opened(report)
    link = page.locator('[data-view="alike=1"] a')
    said = int(re.findall(r"\d+", link.text_content())[0])
    link.click()
    assert len(names(page)) == said > 1


def test_filters_meet_and_are_taken_away(opened: Opened, report: Path) -> None:
    """Two filters leave who belongs to both; one button shows all."""
    page = opened(report, "#state=graded&q=jose")
    assert names(page)
    assert all("José" in name for name in names(page))
    page.get_by_role("button", name="Show all").click()
    assert len(names(page)) == 40
    assert "#" not in page.url


def test_search_finds_names_whatever_their_accents(opened: Opened, report: Path) -> None:
    """While it is typed; words in any order; nothing found is said."""
    page = opened(report)
    box = page.get_by_label("Search names, files, bugs")
    box.press_sequentially("UNAL moreau")
    assert names(page) == ["Ünal Moreau 7"]
    assert page.url.endswith("#q=UNAL+moreau")
    box.fill("nobody has this name")
    assert names(page) == []
    assert page.locator("[role=status]").text_content().startswith("None of 40 students")


@pytest.mark.parametrize(
    "address", ["#bug=none&item=x&group=y&alike=9&flag=constructor", "#sort=__proto__&page=-4&state=%", "#page=99999"]
)
def test_strange_addresses_do_no_harm(opened: Opened, report: Path, address: str) -> None:
    """Filters that nobody meets leave nobody; what cannot be read is left out."""
    page = opened(report, address)
    assert len(names(page)) in {0, 40}
    page.get_by_role("button", name="Show all").click()
    assert len(names(page)) == 40
