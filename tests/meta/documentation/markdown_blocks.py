"""The fenced blocks of the pages that people read, each with the mark above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGES", "ROOT", "Block", "blocks"]

ROOT = Path(__file__).resolve().parents[3]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *sorted((ROOT / "docs").glob("[!_]*.md")),
    *sorted(page for page in (ROOT / "docs").glob("[!_]*/**/*.md") if page.parent.name != "bugs"),  # written
    *sorted(ROOT.glob("README.*.md")),
)
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>(?:example|shown): [^\n]*) -->\n\n?)?"
    r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes
    ----------
    page : str
        From the root of the tree.
    line : int
        Of its first fence, counted from 1.
    language : str
        What stands behind the fence: a language, or a directive in braces.
    text : str
        What is between the fences.
    mark : str
        ``example: KIND`` says how it is tried, ``shown: REASON`` why it is not; empty where its language says enough.
    """

    page: str
    line: int
    language: str
    text: str
    mark: str

    @property
    def name(self) -> str:
        """For the eyes of whoever reads a failure."""
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """All fenced blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield Block(
            page=page.relative_to(ROOT).as_posix(),
            line=text[: found.start("fence")].count("\n") + 1,
            language=found["language"].strip(),
            text=found["text"],
            mark=found["mark"] or "",
        )
