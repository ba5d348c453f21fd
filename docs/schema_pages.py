"""The page of JSON Schemas, written from the schemas that every document is tested against.

``docs/reference/schemas.md`` includes what this writes to ``docs/_generated``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from page_tables import markdown_table

from gradcheck.schemas import SCHEMAS, load_schema

__all__ = ["pages", "write"]

Schema = Mapping[str, Any]


def write(folder: Path) -> None:
    """Write the page to a folder."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The page by file name."""
    return {"schemas.md": "\n".join(_document(name) for name in SCHEMAS)}


def _document(name: str) -> str:
    schema = load_schema(name)
    parts = [f"({name}-schema)=", f"## `{schema['title']}`", "", f"{schema['description']}", ""]
    parts += [f"`load_schema({name!r})`, `{schema['$id']}`.", "", _keys(schema)]
    for part, definition in schema.get("$defs", {}).items():
        if "$id" in definition:  # another schema, which has a section of its own
            continue
        told = [f"**`{part}`**", definition.get("description", "")]
        if "properties" in definition:
            parts += [" ".join(told).rstrip() + ":", "", _keys(definition)]
        else:
            parts += [" ".join([*told, f"({_kind(definition)})"]).replace("  ", " "), ""]
    return "\n".join(parts)


def _keys(schema: Schema) -> str:
    rows = [
        [f"`{path}`", _kind(value), "always" if required else "", value.get("description", "")]
        for path, value, required in _properties(schema, "")
    ]
    return markdown_table(["key", "holds", "given", "meaning"], rows)


def _properties(schema: Schema, above: str) -> Iterator[tuple[str, Schema, bool]]:
    """Each key with its path, and those of the objects that it holds; definitions are told on their own."""
    for key, value in schema.get("properties", {}).items():
        if not isinstance(value, Mapping):
            continue
        path = f"{above}{key}"
        yield path, value, key in schema.get("required", ())
        yield from _properties(value, f"{path}.")
        items = value.get("items")
        if isinstance(items, Mapping):
            yield from _properties(items, f"{path}[].")


def _kind(schema: Schema) -> str:
    """What a key holds, in words."""
    if "$ref" in schema:
        return _referred(str(schema["$ref"]))
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{json.dumps(each)}`" for each in schema.get("enum", [schema.get("const")]))
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return " or ".join(_kind(each) for each in schema[word])
    kinds = schema.get("type", "object")
    return " or ".join(_named(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _referred(reference: str) -> str:
    """Another part of the same document, or of another document."""
    place, _, inside = reference.partition("#")
    word = inside.rpartition("/")[2]
    if not place:
        return f"`{word}`"
    other = place.split(":")[3]
    return f"{f'`{word}` of ' if word else ''}[`{load_schema(other)['title']}`](#{other}-schema)"


def _named(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
    inner = schema.get("additionalProperties")
    if kind == "object" and isinstance(inner, Mapping):
        return f"object of {_kind(inner)}"
    return kind


if __name__ == "__main__":
    write(Path(__file__).parent / "_generated")
