"""What a submission or a student has written is text in every format: it runs nowhere, and marks nothing up."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from constructed_class import FORMULAS, HOSTILE, NOW, assignment, graded_class, record, ungradable

from gradcheck.grading.people.roster import Roster, Student
from gradcheck.reports.grading.writing import Formats, write_class

# Allowed in a sheet: nothing that loads, runs or leads elsewhere.
ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body main header section article h1 h2 p small b i span code pre ul li details "
        "summary figure figcaption svg line text polyline circle rect table thead tbody tr th td",
    )
)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
KEY = re.sub(r"[\x00\r\n/]", "_", HOSTILE) + ".py"


@pytest.fixture(scope="module", params=["graded", "ungradable"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a class in which everything that can be hostile is."""
    place = tmp_path_factory.mktemp("hostile")
    build = {"graded": lambda: record(KEY, text=HOSTILE), "ungradable": lambda: ungradable(KEY, HOSTILE)}
    roster = Roster(
        students=(
            Student(id="u1", name=HOSTILE, group=HOSTILE, files=("*<script>*",)),
            *(Student(id=text, name=text) for text in FORMULAS),
        )
    )
    graded = graded_class(place, [build[request.param]()], roster=roster, title=f"{assignment().title} {HOSTILE}")
    formats = Formats(
        gradescope=True, prairielearn=True, classroom50=True, junit=place / "junit.xml", sarif=place / "class.sarif",
        environment={}, now=lambda: NOW,
    )  # fmt: skip
    write_class(graded, formats=formats)
    return place


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown += data


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _all(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    assert found
    return found


@pytest.mark.parametrize("place", ["sheets", "sheets-after-due", "staff"])
def test_html(folder: Path, place: str) -> None:
    """Known elements alone, no address, no handler; what was written is shown as it was written."""
    for file in _all(folder, f"{place}/*.html"):
        reader = _Reader()
        reader.feed(file.read_text(encoding="utf-8"))
        assert {tag for tag, _ in reader.elements} <= ELEMENTS
        names = {name for _, attributes in reader.elements for name in attributes}
        assert not any(name.startswith("on") or name in {"src", "href", "style", "srcset", "action"} for name in names)
        assert not CONTROLS.search(reader.shown)
    assert "<script>alert(1)</script>" in _shown(folder / place / "u1.html")
    assert "{{ 7 * 7 }}" in _shown(folder / place / "u1.html")


def _shown(file: Path) -> str:
    reader = _Reader()
    reader.feed(file.read_text(encoding="utf-8"))
    return reader.shown


@pytest.mark.parametrize("place", ["sheets", "staff"])
def test_markdown(folder: Path, place: str) -> None:
    """No element, no link, no heading, no mention, no cell and no line of its own; outside of fences."""
    for file in _all(folder, f"{place}/*.md"):
        text = file.read_text(encoding="utf-8")
        assert not CONTROLS.search(text)
        prose = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", text)
        assert not re.search(r"<(?!/?code>)", prose)
        assert not re.search(r"(?<!\\)\]\(|(?<!\\)`|@everyone|^# heading", prose, re.MULTILINE)
        for line in prose.splitlines():
            if line.startswith("|"):
                assert len(re.findall(r"(?<!\\)\|", line)) == 4


def test_json_is_ascii(folder: Path) -> None:
    """A terminal that shows it obeys nothing; it reads back as it was."""
    for file in _all(folder, "**/*.json"):
        content = file.read_bytes()
        assert content.isascii()
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", content)
        json.loads(content, parse_constant=pytest.fail)
    assert "<script>alert(1)</script>" in json.loads((folder / "sheets/u1.json").read_bytes())["student"]


@pytest.mark.parametrize("place", ["gradescope", "prairielearn", "classroom50"])
def test_platforms(folder: Path, place: str) -> None:
    """No control characters, and no format in which anything is rendered."""
    for file in _all(folder, f"{place}/*/*.json"):
        results = json.loads(file.read_bytes())
        assert not any(CONTROLS.search(text) for text in _texts(results))
        if place == "gradescope":
            formats = {results[name] for name in ("output_format", "test_output_format", "test_name_format")}
            assert formats == {"text"}
            assert not any("format" in name for test in results["tests"] for name in test)


def test_tables(folder: Path) -> None:
    """No cell that is a formula, and as many rows as students."""
    text = (folder / "grades.csv").read_bytes().decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(text.splitlines()) == 1 + 1 + len(FORMULAS)
    assert not any(re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell) for row in rows for cell in row)


def test_junit_and_sarif(folder: Path) -> None:
    """Both can be read, and hold one student's text as text."""
    root = ET.fromstring((folder / "junit.xml").read_bytes())
    assert len(root) == 1 + len(FORMULAS)
    assert "<script>alert(1)</script>" in root[0].attrib["name"]
    assert not any(
        CONTROLS.search(text) for element in root.iter() for text in (element.text or "", *element.attrib.values())
    )
    log = json.loads((folder / "class.sarif").read_bytes())
    assert all("\x1b" not in result["message"]["text"] for result in log["runs"][0]["results"])


def test_names_of_files(folder: Path) -> None:
    """Of a student's id and a submission's name."""
    for file in folder.rglob("*"):
        assert re.fullmatch(r"[\w.~-]+", file.name, re.ASCII)
