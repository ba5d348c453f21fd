"""The class page in a real browser, from disk: sorts, filters, searches, links; by keyboard; nothing hostile runs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_class import drawn_class, rendered

from gradcheck.reports.grading.writing import write_class

pytestmark = pytest.mark.browser
Opened = Callable[..., Any]

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "</script><script>alert(3)</script>",
    "a\nb\r\nc",
    "\u202egpj.exe\u2066",
    "</noscript><iframe srcdoc='<script>alert(4)</script>'>",
    "${alert(5)} {{ 7 * 7 }} javascript:alert(6)",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a class of forty, beside its sheets."""
    folder = tmp_path_factory.mktemp("class")
    write_class(drawn_class(folder, 40))
    return folder / "report" / "index.html"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a class that has three pages of students, without sheets."""
    path = tmp_path_factory.mktemp("large") / "index.html"
    path.write_text(rendered(drawn_class(path.parent, 250)), encoding="utf-8")
    return path


def data(page: Any) -> dict[str, Any]:
    """What the page was made of."""
    found: dict[str, Any] = json.loads(page.locator("#class").text_content())
    return found


def until(page: Any, expression: str) -> bool:
    """Whether it comes true; the page's policy forbids what Playwright would wait with."""
    for _ in range(100):
        if page.evaluate(expression):
            return True
        page.wait_for_timeout(50)
    return False


def names(page: Any) -> list[str]:
    """Of the students that are shown, from above."""
    shown: list[str] = page.locator(".table tbody th bdi").all_text_contents()
    return shown


def marks(page: Any) -> list[float]:
    """Of those that have one, from above."""
    cells = page.locator(".table tbody td.mark").all_text_contents()
    return [float(text) for text in cells if text != "no mark"]


def test_opens_from_disk_and_shows_everybody(opened: Opened, report: Path) -> None:
    """Without a request to anywhere, or a word in the console (the fixture sees to that)."""
    page = opened(report)
    students = data(page)["students"]
    assert len(students) == 40
    assert sorted(names(page)) == sorted(one["name"] for one in students)
    assert page.locator("#shown").text_content() == "All 40 students"
    assert page.locator("#heat tbody tr").count() == 40


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
