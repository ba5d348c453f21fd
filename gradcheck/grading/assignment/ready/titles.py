"""Titles of the ready assignments in the language that is spoken; what an instructor has written stays as it is."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from gradcheck.grading.assignment.ready.catalogue import READY, ready_assignment
from gradcheck.language import tr

__all__ = ["assignment_title", "item_title"]


def item_title(path: str, title: str) -> str:
    """An item's title, translated where a ready assignment has that title at that place of its rubric.

    Parameters
    ----------
    path : str
        The item's, ids with slashes between them.
    title : str
    """
    said = tr(title)
    return said if said != title and (path, title) in _own() else title


def assignment_title(title: str) -> str:
    """An assignment's title, translated where it is a ready one's."""
    return item_title("", title)


@functools.cache
def _own() -> frozenset[tuple[str, str]]:
    found = set()
    for name in READY:
        content = tomllib.loads(ready_assignment(name).text)
        found |= {("", content["title"]), *_below(content["rubric"])}
    return frozenset(found)


def _below(items: Sequence[dict[str, Any]], above: str = "") -> Iterator[tuple[str, str]]:
    for item in items:
        path = f"{above}/{item['id']}".lstrip("/")
        if "title" in item:
            yield path, item["title"]
        yield from _below(item.get("items", ()), path)
