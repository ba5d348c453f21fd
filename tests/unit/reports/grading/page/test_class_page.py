"""The class page as a file: one, escaped, allowed to run nothing but its own script, without names where anonymous."""

import base64
import dataclasses
import hashlib
import html
import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE, bug
from gradcheck.diagnosis.wording import fill
from gradcheck.grading.grade import GRADEBOOK, GradedClass
from gradcheck.grading.gradebook import Gradebook, Key
from gradcheck.language import using
from gradcheck.reports.grading.page.class_page import _capital
from gradcheck.reports.grading.writing import write_class

_HERE = str(Path(__file__).parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

from drawn_class import NOW, drawn_class, rendered  # noqa: E402 - after the path is there

HOSTILE = (
    "<img src=x onerror=alert(1)></script><script>alert(2)</script><!--<script> \"'`${alert(3)}`{{ 7 * 7 }}"
    " \u202egpj.exe\u2066 \x00\x1b[31m\r\n\u2028</noscript><svg onload=alert(4)>]]>&lt;b&gt;"
)


def page_of(graded: GradedClass) -> str:
    """The page as it is on the disk."""
    write_class(graded)
    return (graded.folder / "report" / "index.html").read_text(encoding="utf-8")


def data_of(page: str) -> dict[str, Any]:
    """What the script gets."""
    found = re.search(r'<script type="application/json" id="class">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a class of forty."""
    return page_of(drawn_class(tmp_path_factory.mktemp("class"), 40))


def test_it_is_in_one_language(page: str, tmp_path: Path) -> None:
    """English, as its headings are, also where sheets are Chinese."""
    with using("zh_CN"):
        assert data_of(page_of(drawn_class(tmp_path, 40)))["bugs"] == data_of(page)["bugs"]
    assert data_of(page)["bugs"]


class Elements(HTMLParser):
    """Names and attributes of all elements, as a browser reads them without scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.found.append((tag, dict(attrs)))


def elements(page: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    """All of a page."""
    reader = Elements()
    reader.feed(page)
    yield from reader.found


def test_policy_allows_its_own_script_and_style_alone(page: str) -> None:
    """By their hashes; no other source of anything."""
    policy = next(
        attributes["content"] or ""
        for name, attributes in elements(page)
        if name == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(script) == len(style) == 1
    for directive, text in (("script-src", script[0]), ("style-src", style[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert allowed[directive] == f"'sha256-{digest}'"
    assert allowed["default-src"] == allowed["base-uri"] == allowed["form-action"] == "'none'"


def test_page_needs_no_other_file(page: str) -> None:
    """It refers to sheets of students, and to places of its own."""
    referring = {"src", "href", "action", "data", "poster", "srcset", "background"}
    targets = [
        value or "" for _, attributes in elements(page) for name, value in attributes.items() if name in referring
    ]
    assert targets
    assert [one for one in targets if not re.fullmatch(r"#[a-z]+|\.\./staff/[a-z0-9._~-]+\.html", one)] == []
    assert "url(" not in page
    assert "@import" not in page


def test_every_link_leads_to_a_sheet_that_is_there(tmp_path: Path) -> None:
    """Also those that the script makes."""
    page = page_of(drawn_class(tmp_path, 40))
    for _, attributes in elements(page):
        if (attributes.get("href") or "").startswith("../"):
            assert (tmp_path / "report" / str(attributes["href"])).is_file()
    for student in data_of(page)["students"]:
        for folder in ("staff", "sheets", "sheets-after-due"):
            assert (tmp_path / folder / f"{student['file']}.html").is_file()


def test_bugs_are_said_in_the_catalogue_s_words(page: str) -> None:
    """With the share of those whose code was run."""
    data = data_of(page)
    graded = [one for one in data["students"] if one["state"] == "graded"]
    having = [one for one in graded if "bias-sum-without-axis" in one.get("bugs", ())]
    assert having
    words = html.escape(bug("bias-sum-without-axis").title[1:])
    share = f"{100 * len(having) / len(graded):.0f} %"
    assert re.search(rf"{share}</b> A{words} .*?{len(having)} student", page, re.DOTALL)


def test_page_is_readable_without_a_script(page: str) -> None:
    """Every student is in the table that is shown then, with the mark."""
    static = page.partition("<noscript>")[2].partition("</noscript>")[0]
    for student in data_of(page)["students"]:
        assert f"<bdi>{html.escape(student['name'])}</bdi>" in static
    assert static.count("no mark") == sum(one["points"] is None for one in data_of(page)["students"])


def test_hostile_texts_are_only_ever_text(tmp_path: Path) -> None:
    """In names, files, messages and reasons: the same elements come out, and the data of the script are whole."""
    kinds = []
    for name, texts, names in (("plain", "", {0: "Ada"}), ("hostile", HOSTILE, {0: HOSTILE})):
        page = page_of(drawn_class(tmp_path / name, 40, texts=texts, names=names))
        kinds.append([(tag, sorted(attributes)) for tag, attributes in elements(page)])
        assert len(data_of(page)["students"]) == 40
    assert kinds[0] == kinds[1]
    assert "onerror=alert(1)&gt;" in page  # it was there to be escaped
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x1b]", page)


def test_data_hold_no_sign_that_html_reads(tmp_path: Path) -> None:
    """An element that holds data is ended by nothing in it, nor does a comment begin there."""
    page = page_of(drawn_class(tmp_path, 40, texts=HOSTILE, names={0: HOSTILE}))
    raw = page.partition('id="class">')[2].partition("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(raw)
    assert json.loads(raw)["students"][0]["name"].startswith("<img src=x onerror=alert(1)></script>")


def test_an_anonymous_page_names_nobody(tmp_path: Path) -> None:
    """No name, id, file, group or reason; and pseudonyms stand in their own order, not in the roster's."""
    names = {place: f"Secretname{place}" for place in range(40)}
    graded = drawn_class(tmp_path, 40, names=names, anonymous=True)
    page = page_of(graded)
    for told in ("Secretname", "s000", "Team red", "shown at the board", "a typing slip"):
        assert told not in page
        assert told in page_of(drawn_class(tmp_path / "known", 40, names=names))
    shown = [one["name"] for one in data_of(page)["students"]]
    assert shown == sorted(graded.pseudonyms.values())


def test_an_unchanged_class_gives_the_same_page(tmp_path: Path) -> None:
    """Nothing of the clock or of chance is in it."""
    assert page_of(drawn_class(tmp_path / "a", 20)) == page_of(drawn_class(tmp_path / "b", 20))


def test_size_grows_no_faster_than_the_class(tmp_path: Path) -> None:
    """What a student adds is the same in a class five times as large, within the letters that numbers take."""
    small, middle, large = (len(rendered(drawn_class(tmp_path / str(n), n))) for n in (40, 80, 240))
    each, later = (middle - small) / 40, (large - middle) / 160
    assert later < 1.2 * each


@pytest.mark.parametrize("count", [0, 1], ids=["nobody", "one student"])
def test_smallest_classes_have_a_page(tmp_path: Path, count: int) -> None:
    """Nothing divides by how many there are."""
    page = page_of(drawn_class(tmp_path, count, overrides=()))
    assert len(data_of(page)["students"]) == count
    assert ("Nobody has a mark yet" in page) == (count == 0)
    assert "too small" in page


def test_a_class_whose_bugs_were_not_looked_for_is_not_told_that_there_are_none(tmp_path: Path) -> None:
    """A wrong gradient has then no name for another reason than that none fits."""
    graded = drawn_class(tmp_path, 40)
    sought, unsought = (page_of(dataclasses.replace(graded, diagnosed=diagnosed)) for diagnosed in (True, False))
    assert "No bug was looked for" not in sought
    assert "No bug was looked for" in unsought


@pytest.mark.parametrize(
    ("diagnosed", "told", "untold"),
    [(True, "in which no bug could be named", "was not looked for"), (False, "was not looked for", "could be named")],
)
def test_a_wrong_gradient_without_a_name_says_why_it_has_none(
    tmp_path: Path, *, diagnosed: bool, told: str, untold: str
) -> None:
    """In the list of bugs, in what the script gets, and in the table without a script."""
    graded = drawn_class(tmp_path, 40)
    with Gradebook(graded.folder / GRADEBOOK) as book:
        records = [(key, dict(record)) for key, record in book.records()]
        for place, (key, record) in enumerate(records):
            grade = {**record["grade"], "marks": [{**mark, "bug": None} for mark in record["grade"]["marks"]]}
            digest = Key(digest=f"{place:064x}", assignment="2" * 64, version="1.0", mode="marked")
            book.put(key, digest, {**record, "grade": grade, "diagnoses": []}, NOW)
    page = page_of(dataclasses.replace(graded, diagnosed=diagnosed))
    assert told in page
    assert untold not in page
    assert list(data_of(page)["bugs"]) == ["unnamed"]


def test_a_class_in_which_nothing_is_wrong_is_told_what_was_looked_for(tmp_path: Path) -> None:
    """No bug was found, or none was looked for."""
    graded = dataclasses.replace(drawn_class(tmp_path, 1), standings=())
    assert "No bug was found" in page_of(graded)
    page = page_of(dataclasses.replace(graded, diagnosed=False))
    assert "No bug was found" not in page
    assert "No bug was looked for" in page


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_is_said_of_a_bug_is_in_sentences(name: str) -> None:
    """Also where one begins with what stands for a name."""
    told = _capital(fill(CATALOGUE[name].what, {}))
    assert not re.search(r"(?:^|[.!?] )[a-z]", told)
