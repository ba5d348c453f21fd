"""The JSON Schemas (2020-12) of what the command line prints, as package data."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

__all__ = ["SCHEMAS", "load_schema"]

SCHEMAS = (
    *("check", "diagnosis", "report", "references-verify", "references-claims", "ci", "baseline"),
    *("grade", "grade-sheet", "self-test"),
)


def load_schema(name: str) -> dict[str, Any]:
    """One of the schemas, by its name in ``SCHEMAS``.

    Raises
    ------
    FileNotFoundError
        If there is no schema of that name.
    """
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
