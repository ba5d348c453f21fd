"""Titles of ready assignments in the language that is spoken, and titles of instructors as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from gradcheck.grading.assignment.ready import READY, assignment_title, item_title, ready_assignment
from gradcheck.grading.records import Audience, Outcome
from gradcheck.language import tr, using
from gradcheck.reports.grading import words
from gradcheck.reports.grading.json_sheet import sheet_to_json
from gradcheck.reports.grading.markdown_sheet import sheet_to_markdown
from gradcheck.reports.grading.seen import Item, Sheet


def _titles(name: str) -> Iterator[tuple[str, str]]:
    def below(items: list[dict[str, Any]], above: str) -> Iterator[tuple[str, str]]:
        for item in items:
            path = f"{above}/{item['id']}".lstrip("/")
            if "title" in item:
                yield path, item["title"]
            yield from below(item.get("items", []), path)

    yield from below(tomllib.loads(ready_assignment(name).text)["rubric"], "")


@pytest.mark.parametrize("name", READY)
def test_every_title_of_a_ready_assignment_is_translated(name: str) -> None:
    """Its own, those of items and of groups; English where English is spoken."""
    titles = list(_titles(name))
    assert len(titles) > 5
    with using("zh_CN"):
        assert [title for path, title in titles if item_title(path, title) == title] == []
        assert assignment_title(ready_assignment(name).title) != ready_assignment(name).title
    assert [item_title(path, title) for path, title in titles] == [title for _, title in titles]


@pytest.mark.parametrize(
    ("path", "title"),
    [("forward", "My forward pass"), ("part-1", "Forward pass"), ("forward", "Loss"), ("", "Forward pass")],
)
def test_what_an_instructor_has_written_stays(path: str, title: str) -> None:
    """Another title, and the same words at another place of a rubric; the words have a translation all the same."""
    with using("zh_CN"):
        assert item_title(path, title) == title
        assert tr("Forward pass") == "前向传播"


def _sheet(title: str, *, path: str, group: str, item: str) -> Sheet:
    seen = Item(path=path, title=item, groups=(group,), points=1.0, of=2.0, outcome=Outcome.PARTLY, told=("说明",))
    return Sheet(
        title=title, student="s", submission=None, audience=Audience.NOW, state=None, reason="", cure=None,
        points=1.0, of=2.0, items=(seen,), curves={}, record={},
    )  # fmt: skip


def test_a_chinese_sheet_has_the_titles_in_chinese() -> None:
    """In its heading and at its items, groups included; the JSON has them as they are in the assignment."""
    ready = _sheet("A binary classifier", path="forward/sigmoid", group="Forward pass", item="Sigmoid")
    own = _sheet("Week 3", path="one/two", group="First part", item="My sigmoid")
    with using("zh_CN"):
        assert (words.heading(ready), words.title(ready.items[0])) == ("二分类器", "前向传播：Sigmoid 函数")
        assert (words.heading(own), words.title(own.items[0])) == ("Week 3", "First part：My sigmoid")
        assert "# 二分类器" in sheet_to_markdown(ready)
        assert '"A binary classifier"' in sheet_to_json(ready)
    assert words.title(ready.items[0]) == "Forward pass: Sigmoid"
