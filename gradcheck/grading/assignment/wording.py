"""What a value of the file may be, in words: of its schema, for messages and for the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from gradcheck.grading.assignment.problems import nearest, shown

__all__ = ["complaint", "expected"]

TYPES = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a table",
}
MANY = {
    "string": "texts",
    "boolean": "values true or false",
    "integer": "whole numbers",
    "number": "numbers",
    "array": "lists",
    "object": "tables",
}


def expected(schema: Mapping[str, Any], *, many: bool = False) -> str:
    """What a schema lets in: ``a number from 0 to 1``.

    Parameters
    ----------
    schema : mapping
        JSON Schema, of the kinds that the tables of keys use; its ``description`` goes before everything.
    many : bool
        Whether of several such values.
    """
    if "description" in schema:
        return str(schema["description"])
    if "enum" in schema:
        return ("words, each one of " if many else "one of ") + ", ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(expected(each, many=many) for each in schema["anyOf"])
    kind = schema.get("type", "string")
    words = MANY[kind] if many else TYPES[kind]
    if kind == "array" and "items" in schema:
        least = f" of at least {schema['minItems']}" if schema.get("minItems", 0) > 1 else ""
        return f"{words}{least or ' of'} {expected(schema['items'], many=True)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"{words} of {expected(schema['additionalProperties'], many=True)}"
    return words + _bounds(schema)


def complaint(error: ValidationError) -> tuple[str, str]:
    """What is wrong, and the cure, of a value that its schema does not let in."""
    value, schema = error.instance, error.schema
    assert isinstance(schema, Mapping)
    if error.validator == "enum" and isinstance(value, str):
        return f"{shown(value)} is not known", nearest(value, map(str, schema["enum"]))
    if error.validator == "uniqueItems":
        return f"{shown(value)} names something twice", "Name each once"
    return f"{shown(value)} cannot be used", f"Expected {expected(schema)}"


def _bounds(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    if "exclusiveMinimum" in schema:
        above = f" above {schema['exclusiveMinimum']}"
        return above + (f", at most {most}" if most is not None else "")
    return f" of at most {most}" if most is not None else ""
