"""The tables of the page on assignment files, written from the keys that validation goes by.

``docs/reference/assignment.md`` includes what this writes to ``docs/_generated``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from page_tables import markdown_table

from gradcheck.grading.assignment.item_keys import GROUP_KEYS, ITEM_KEYS
from gradcheck.grading.assignment.keys import CALLS, TABLES, TOP, Table
from gradcheck.grading.assignment.kind import Kind, Option
from gradcheck.grading.assignment.measurable import place_of
from gradcheck.grading.assignment.ready import READY, ready_assignment
from gradcheck.grading.assignment.vocabulary import ACTIVATIONS, CONVENTIONS, LOSSES, PENALTIES
from gradcheck.grading.assignment.wording import expected
from gradcheck.grading.items import KINDS
from gradcheck.submissions.declared.interface import GIVEN, PRODUCED

__all__ = ["pages", "write"]


def write(folder: Path) -> None:
    """Write all parts of the page to a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The parts by file name."""
    return {
        "assignment-tables.md": "\n".join(_table(table) for table in TABLES),
        "assignment-items.md": _items(),
        "assignment-kinds.md": "\n".join(_kind(kind) for kind in KINDS.values()),
        "assignment-words.md": _words(),
        "assignment-roles.md": "\n".join(
            [_list("argument", "what is handed over", GIVEN), _list("result", "what comes back", PRODUCED)]
        ),
        "assignment-ready.md": _list("name", "what students write", {n: ready_assignment(n).summary for n in READY}),
    }


def _table(table: Table) -> str:
    heading = "The top of the file" if table is TOP else f"`[{table.name}]`"
    keys = _keys(table.keys)
    if {key.name for key in table.keys} <= ACTIVATIONS.keys():
        keys = f"Keys: {', '.join(f'`{key.name}`' for key in table.keys)}; each {_values(table.keys[0].schema)}.\n"
    return f"### {heading}\n\n{table.meaning}\n\n{keys}"


def _items() -> str:
    own = [key.name for key in ITEM_KEYS]
    groups = [key for key in GROUP_KEYS if key.name not in own or key.name == "points"]
    return f"### An item\n\n{_keys(ITEM_KEYS)}\n### A group of items\n\n{_keys(groups)}"


def _kind(kind: Kind) -> str:
    text = f'### `checks = "{kind.name}"`\n\n{kind.summary}'
    if kind.needs:
        text += f" Needs {', and '.join(' or '.join(f'`{place_of(name)}`' for name in each) for each in kind.needs)}."
    if not kind.undeclared:
        text += " Only where calls are declared."
    return f"{text}\n\n{_keys(kind.options)}" if kind.options else f"{text}\n"


def _words() -> str:
    parts = {
        "activations": ACTIVATIONS,
        "loss": LOSSES,
        "regularisation.form": PENALTIES,
        "conventions.allowed": CONVENTIONS,
    }
    return "\n".join(_list(f"`{name}`", "what it is", words) for name, words in parts.items())


def _keys(keys: Iterable[Option]) -> str:
    rows = [
        [
            f"`{key.name}`",
            _values(key.schema),
            "required" if key.required else _default(key.default),
            _sentence(key.meaning),
        ]
        for key in keys
    ]
    return markdown_table(["key", "values", "default", "meaning"], rows)


def _values(schema: Mapping[str, Any]) -> str:
    if schema == CALLS:
        return "a call, or a list of calls made one after the other"
    inner = schema.get("items", schema)
    if len(inner.get("enum", ())) > 6 or set(inner.get("enum", ())) == set(CONVENTIONS):
        return f"{'a list of words' if inner is not schema else 'a word'}, [below](#words)"
    return expected(schema)


def _default(value: Any) -> str:
    return "" if value is None else f"`{json.dumps(value)}`"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def _list(first: str, second: str, words: Mapping[str, str]) -> str:
    return markdown_table([first, second], [[f"`{name}`", _sentence(text)] for name, text in words.items()])
