"""What a build is told, in the language that is spoken, in every format."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from constructed_outcomes import EVERYTHING, known
from rich.console import Console
from translation import english_left

from gradcheck import language
from gradcheck.gate import Outcome
from gradcheck.reports.gate import print_outcome
from gradcheck.reports.github import summary, workflow_commands
from gradcheck.reports.gitlab import to_gitlab
from gradcheck.reports.junit import to_junit
from gradcheck.reports.sarif import to_sarif


def _printed(outcome: Outcome) -> str:
    stream = io.StringIO()
    print_outcome(outcome, Console(file=stream, width=1000, force_terminal=False))
    return stream.getvalue()


FORMATS: dict[str, Callable[[Outcome], str]] = {
    "terminal": _printed,
    "summary": summary,
    "annotations": lambda outcome: "\n".join(workflow_commands(outcome)),
    "gitlab": lambda outcome: "\n".join(_texts(json.loads(to_gitlab(outcome)))),
    "junit": to_junit,
    "sarif": lambda outcome: "\n".join(_texts(json.loads(to_sarif(outcome)))),
}


def _texts(form: Any, key: str = "") -> Iterator[str]:
    """What a JSON document says to people."""
    if isinstance(form, str) and key in ("text", "markdown", "description"):
        yield form
    elif isinstance(form, dict):
        for name, item in form.items():
            yield from _texts(item, name)
    elif isinstance(form, list):
        for item in form:
            yield from _texts(item, key)


def _made_in_chinese(record: Any, name: str = "") -> Any:
    """A record as if it had been made in the other language: every sentence of its own is another."""
    if isinstance(record, str):
        return "这里不对。" if record.count(" ") > 1 and name not in ("patch", "alternatives") else record
    if isinstance(record, tuple):
        return tuple(_made_in_chinese(item, name) for item in record)
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        return record
    changed = {
        field.name: _made_in_chinese(getattr(record, field.name), field.name) for field in dataclasses.fields(record)
    }
    return dataclasses.replace(record, **changed)


@pytest.mark.parametrize("outcome", [EVERYTHING, known(EVERYTHING)], ids=["new", "known"])
@pytest.mark.parametrize("render", FORMATS.values(), ids=FORMATS)
def test_nothing_of_ours_is_left_in_english(render: Callable[[Outcome], str], outcome: Outcome) -> None:
    """Headings, counts, rules and explanations, around what the record says."""
    with language.using("zh_CN"):
        text = render(_made_in_chinese(outcome))
    assert re.search("[\u4e00-\u9fff]", text) or not text
    assert english_left(re.sub(r"```.*?```", "", text, flags=re.DOTALL)) == []
