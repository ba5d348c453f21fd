"""The JSON Schemas (2020-12) of what the command line prints, as package data."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

__all__ = ["SCHEMAS", "load_schema"]

SCHEMAS = (
    *("check", "diagnosis", "report", "references-verify", "references-claims", "ci", "baseline"),
    *("grade", "grade-sheet", "self-test"),
    *("bugs", "bug", "references-list", "references-trainings", "references-train"),
    *("sandbox", "written", "assignments"),
)


# How one schema refers to another.
_REFERENCE = re.compile(r'"\$ref": "urn:gradcheck:schema:([a-z-]+):')


def load_schema(name: str) -> dict[str, Any]:
    """One of the schemas, by its name in ``SCHEMAS``: whole, so that any validator can use it as it is.

    The schemas that it refers to lie in its ``$defs``, by their ``$id``.

    Raises
    ------
    FileNotFoundError
        If there is no schema of that name.

    Examples
    --------
    >>> sorted(key for key in load_schema("report")["$defs"])
    ['urn:gradcheck:schema:check:1', 'urn:gradcheck:schema:diagnosis:1']
    """
    schema, others = _read(name), {name}
    waiting = [name]
    while waiting:
        for other in _REFERENCE.findall(_text(waiting.pop())):
            if other not in others:
                others.add(other)
                waiting.append(other)
    embedded = {part["$id"]: part for part in map(_read, sorted(others - {name}))}
    return {**schema, "$defs": {**schema.get("$defs", {}), **embedded}} if embedded else schema


def _read(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_text(name))
    return schema


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
