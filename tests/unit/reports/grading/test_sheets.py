"""A student's sheet: what is in it, for whom, and its figures."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from constructed_class import NOW, graded_class, record, ungradable

from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.records import Mark, Message, Outcome
from gradcheck.language import using
from gradcheck.reports.grading.pictures import curve, gradient_picture
from gradcheck.reports.grading.writing import write_class

FORMS = ("html", "md", "json")


def _sheets(folder: Path, form: str, **people: object) -> dict[str, str]:
    """One student's sheets by folder."""
    write_class(graded_class(folder, [record("ada.py")], **people))  # type: ignore[arg-type]
    return {
        place: (folder / place / f"ada.{form}").read_text(encoding="utf-8")
        for place in ("sheets", "sheets-after-due", "staff")
    }


@pytest.mark.parametrize("form", FORMS)
def test_each_audience_sees_its_own(tmp_path: Path, form: str) -> None:
    """The symptom now, the place and the name later, the cure, the evidence and the findings for staff."""
    sheets = _sheets(tmp_path, form)
    told = ("W1 is half", "line 3 of", "a factor 2", "2 * (a - y)", "ratio 0.5", "40 losses")
    seen = {place: [word for word in told if word in text] for place, text in sheets.items()}
    assert seen["sheets"] == ["W1 is half"]
    assert seen["sheets-after-due"] == ["W1 is half", "line 3 of", "a factor 2"]
    assert seen["staff"] == ["W1 is half", "line 3 of", "a factor 2", "2 * (a - y)", "ratio 0.5", "40 losses"]


@pytest.mark.parametrize("form", ["html", "md"])
def test_lateness_and_decisions_are_explained(tmp_path: Path, form: str) -> None:
    """With what was measured."""
    late = _sheets(tmp_path / "late", form, times={"ada.py": NOW.replace(day=2, hour=13)})["sheets"]
    assert "2 days late: 1.5 points taken off." in late
    assert "1.5 of 4" in late
    decided = (
        Override(key="ada.py", item="", points=4.0, reason="explained in person"),
        Override(key="ada.py", item="gradients/W1", points=2.0, reason="a misprint"),
    )
    text = _sheets(tmp_path / "decided", form, overrides=decided)["sheets"]
    assert "(3 was measured): explained in person" in text
    assert "a misprint" in text
    assert "4 of 4" in text


@pytest.mark.parametrize("form", FORMS)
def test_an_item_that_a_person_has_opened(tmp_path: Path, form: str) -> None:
    """Says why it counts, and shows its own message; the table of grades has its points."""
    given = record("ada.py")
    gate, own, last = given.marks
    shut = Mark(
        item=own.item, title=own.title, points=0.0, of=own.of, outcome=Outcome.BLOCKED,
        message=Message(symptom="Not looked at."), gates=("loads",), behind=own,
    )  # fmt: skip
    marks = (dataclasses.replace(gate, outcome=Outcome.LOST, points=0.0), shut, last)
    decided = [Override(key="ada.py", item="loads", points=1.0, reason="it runs on my machine")]
    for overrides, told in (([], False), (decided, True)):
        folder = tmp_path / str(told)
        write_class(graded_class(folder, [dataclasses.replace(given, marks=marks)], overrides=overrides))
        text = (folder / "sheets" / f"ada.{form}").read_text(encoding="utf-8")
        assert ("W1 is half" in text, "Not looked at." in text) == (told, not told)
        assert ("decided by hand" in text if form != "json" else '"opened_by": "' in text) is told
        assert ("3 of 4" in text if form != "json" else '"points": 3.0' in text) is told
        grades = (folder / "grades.csv").read_text(encoding="utf-8").splitlines()
        assert grades[1].endswith(",1,1,1" if told else ",0,0,1")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("anonymous", [False, True])
def test_attempts_that_do_not_count(tmp_path: Path, form: str, anonymous: bool) -> None:
    """Are on the student's and staff's sheets and on the page of the class; of an anonymous one without files."""
    records = [record("ada v1.py"), ungradable("ada v2.py"), record("ada v3.py")]
    graded = graded_class(tmp_path, records, anonymous=anonymous)
    write_class(graded)
    name = graded.pseudonyms.get("ada", "ada").lower()
    for place in ("sheets", "staff"):
        text = (tmp_path / place / f"{name}.{form}").read_text(encoding="utf-8")
        assert ("ada v1.py" in text) is not anonymous
        if form == "json":
            assert [(one["number"], one["points"]) for one in json.loads(text)["others"]] == [(1, 3.0), (2, None)]
            continue
        told = ("Attempt 1", "does not count: 3 of 4.", "does not count: could not be run")
        assert all(words in text for words in told)
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "does not count: 3 of 4." in page


@pytest.mark.parametrize("form", FORMS)
def test_in_another_language(tmp_path: Path, form: str) -> None:
    """Headings, outcomes, lateness and figures; what a person has written stays as it is."""
    decided = (Override(key="ada.py", item="gradients/W1", points=2.0, reason="a misprint"),)
    with using("zh_CN"):
        sheets = _sheets(tmp_path, form, times={"ada.py": NOW.replace(day=2, hour=13)}, overrides=decided)
    shown = sheets["sheets"] if form != "json" else json.dumps(json.loads(sheets["sheets"]), ensure_ascii=False)
    assert "a misprint" in shown
    if form == "json":
        assert json.loads(sheets["staff"])["language"] == "zh_CN"
        return
    assert "迟交 2 天：扣 2 分。" in shown
    assert "2 / 4 分" in shown
    assert "人工评分" in shown
    assert "仅供教师" in sheets["staff"]
    assert not re.search(r"\b(late|taken off|earned|Decided|By hand|For staff|Measured|Figures|in training)\b", shown)
    if form == "html":
        assert '<html lang="zh-CN">' in shown
        assert "训练过程中的损失，从 1 到 0.25；不是有限数值的点没有画出" in shown


@pytest.mark.parametrize("form", ["html", "md"])
def test_what_could_not_be_run(tmp_path: Path, form: str) -> None:
    """Has no mark, which is not called zero, and the cure."""
    write_class(graded_class(tmp_path, [ungradable("ada.py")]))
    text = (tmp_path / "sheets" / f"ada.{form}").read_text(encoding="utf-8")
    assert "no mark" in text
    assert "What to do: Close the bracket." in text
    assert "0 of 4" not in text


def test_the_figures(tmp_path: Path) -> None:
    """The loss for everybody, the gradient for staff; drawn without a script, told in words and numbers."""
    sheets = _sheets(tmp_path, "html")
    pictures = {place: re.findall(r"<svg.*?</svg>", text, re.DOTALL) for place, text in sheets.items()}
    assert [len(found) for found in pictures.values()] == [1, 1, 2]
    loss, gradient = (ET.fromstring(picture) for picture in pictures["staff"])
    assert loss.attrib["aria-label"] == "loss by step: from 1 to 0.25"
    assert len(loss.findall("polyline")) == 1
    assert (len(gradient.findall("circle")), len(gradient.findall("rect"))) == (2, 2)
    assert "values that are not finite are left out" in sheets["sheets"]
    assert "<td>W1[1, 0]</td><td>-0.3</td><td>-0.6</td>" in sheets["staff"]


def test_a_sheet_needs_nothing_else(tmp_path: Path) -> None:
    """No script, no address, both colour schemes, the width of a phone, paper."""
    for text in _sheets(tmp_path, "html").values():
        assert not re.search(r"<script|<link|https?:|url\(|@import", text)
        assert "default-src 'none'" in text
        for rule in ("prefers-color-scheme: dark", "@media print", "width=device-width"):
            assert rule in text


@pytest.mark.parametrize("values", [[], [1.0], [math.nan, 1.0], [None, math.inf]])
def test_too_few_values_are_no_curve(values: list[float | None]) -> None:
    """A line needs two points."""
    assert curve("loss", values) is None


def _heights(points: str) -> list[float]:
    return [float(point.split(",")[1]) for point in points.split()]


def test_a_curve_is_within_its_drawing() -> None:
    """The highest value at the top; a constant one too."""
    drawn = curve("loss", [4.0, 1.0, 2.0])
    assert drawn is not None
    heights = _heights(drawn.points)
    assert heights[0] < heights[2] < heights[1]
    assert all(0 <= height <= drawn.height for height in heights)
    flat = curve("loss", [1.0, 1.0])
    assert flat is not None
    assert len(set(_heights(flat.points))) == 1


def test_a_loss_over_decades_is_drawn_by_its_logarithm() -> None:
    """Equal factors, equal steps."""
    drawn = curve("loss", [1000.0, 10.0, 0.1])
    assert drawn is not None
    assert drawn.logarithmic
    first, second, third = _heights(drawn.points)
    assert second - first == pytest.approx(third - second, abs=0.2)
    assert [text for _, text in drawn.ticks] == ["0.1", "10", "1e+03"]


def test_a_gradient_picture_takes_what_is_finite() -> None:
    """And no more rows than a page has room for."""
    worst = [{"index": [row], "analytic": float(row), "numeric": 1.0} for row in range(50)]
    broken = [{"index": [0], "analytic": None, "numeric": 1.0}]
    blocks = [{"name": "W", "worst": [*broken, *worst]}]
    drawn = gradient_picture(blocks)
    assert drawn is not None
    assert [row.name for row in drawn.rows[:2]] == ["W[0]", "W[1]"]
    assert len(drawn.rows) == 20
    assert gradient_picture([{"name": "W", "worst": broken}]) is None
