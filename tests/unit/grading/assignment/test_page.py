"""The page on assignment files is written from what validation goes by, and its example is valid."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from gradcheck.grading.assignment.item_keys import GROUP_KEYS, ITEM_KEYS
from gradcheck.grading.assignment.keys import TABLES
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.assignment.ready import READY
from gradcheck.grading.assignment.vocabulary import ACTIVATIONS, CONVENTIONS, LOSSES, PENALTIES
from gradcheck.grading.items import KINDS
from gradcheck.submissions.declared.interface import GIVEN, PRODUCED

PAGE = Path("docs") / "reference" / "assignment.md"


@pytest.fixture
def page(root: Path) -> Iterator[ModuleType]:
    """What writes the tables."""
    sys.path.insert(0, str(root / "docs"))
    try:
        yield importlib.import_module("assignment_page")
    finally:
        sys.path.remove(str(root / "docs"))


def test_everything_that_may_be_written_is_described(page: ModuleType) -> None:
    """Tables, keys, kinds with their options, roles and words are all there."""
    parts = page.pages()
    tables = parts["assignment-tables.md"]
    for table in TABLES:
        assert not table.name or f"### `[{table.name}]`" in tables
        assert all(f"`{key.name}`" in tables for key in table.keys)
    assert all(f"| `{key.name}` |" in parts["assignment-items.md"] for key in (*ITEM_KEYS, *GROUP_KEYS))
    for kind in KINDS.values():
        assert f'### `checks = "{kind.name}"`\n\n{kind.summary}' in parts["assignment-kinds.md"]
        assert all(f"| `{option.name}` |" in parts["assignment-kinds.md"] for option in kind.options)
    words = [*ACTIVATIONS, *LOSSES, *PENALTIES, *CONVENTIONS]
    assert all(f"| `{word}` |" in parts["assignment-words.md"] for word in words)
    assert all(f"| `{role}` |" in parts["assignment-roles.md"] for role in (*GIVEN, *PRODUCED))
    assert all(f"| `{name}` |" in parts["assignment-ready.md"] for name in READY)


def test_the_page_includes_every_part(page: ModuleType, root: Path) -> None:
    """No part is written for nobody."""
    included = re.findall(r"_generated/([\w-]+\.md)", (root / PAGE).read_text(encoding="utf-8"))
    assert sorted(included) == sorted(page.pages())


def test_the_example_is_valid(root: Path, tmp_path: Path) -> None:
    """It can be copied from the page as it stands."""
    (text,) = re.findall(r"```toml\n(.*?)```", (root / PAGE).read_text(encoding="utf-8"), re.DOTALL)
    assert parse_assignment(text.encode(), tmp_path / "assignment.toml").points == 10
