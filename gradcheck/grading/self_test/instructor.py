"""The instructor's own file with bugs: edits of its text, for interfaces that nobody else can write a program for."""

from __future__ import annotations

__all__ = ["spoilt_text"]


def spoilt_text(bug: str, text: str) -> list[tuple[str, str]]:
    """Places and texts."""
    del bug, text
    return []
