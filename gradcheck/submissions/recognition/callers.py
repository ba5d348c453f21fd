"""Who runs a loop: the functions of the file that are at work, and what the network in it is called for that."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["name_of"]


def frames_of(path: str) -> list[str]:
    """The functions of a file that are running, innermost first, without the steps that stand beside loops."""
    names = []
    found: Any = sys._getframe()  # noqa: SLF001 (who runs this loop)
    while found is not None:
        if found.f_code.co_filename == path and not found.f_code.co_name.startswith("__gradcheck"):
            names.append(found.f_code.co_qualname.replace(".<locals>", ""))
        found = found.f_back
    return names


def name_of(path: str) -> str:
    """What the file would call this network: the training function, or who calls the training method."""
    names = [name for name in frames_of(path) if "<" not in name]
    outside = [name for name in names if "." not in name]
    if names and "." in names[0]:
        return outside[0] if outside else names[0].split(".")[0]
    return names[0] if names else ""
