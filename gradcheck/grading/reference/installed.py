"""Networks of installed catalogues, which an assignment may name as its reference."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

__all__ = ["ENTRY_POINT_GROUP", "installed_variants"]

ENTRY_POINT_GROUP = "gradcheck.references"


def installed_variants() -> dict[str, Any]:
    """Variants of all catalogues by their ids, such as ``002-corrected``."""
    return {
        variant.id: variant for entry in entry_points(group=ENTRY_POINT_GROUP) for variant in entry.load()().variants
    }
