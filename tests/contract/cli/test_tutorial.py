"""The tutorial shows what its commands print, in the order in which a reader types them."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def screens(root: Path) -> SimpleNamespace:
    """The script that writes the screens."""
    return SimpleNamespace(**runpy.run_path(str(root / "docs" / "readme_screen.py")))


def test_the_tutorial_is_real(screens: SimpleNamespace, root: Path, tmp_path: Path) -> None:
    """Word for word; numbers may differ in their last digits."""
    shutil.copy(screens.EXAMPLE, tmp_path)
    page = screens.TUTORIAL.read_text(encoding="utf-8")
    commands = [found["command"] for found in screens.SCREEN.finditer(page)]
    assert {command.split()[1] for command in commands if command.startswith("gradcheck")} == {
        "check",
        "diagnose",
        "fix",
    }
    now = screens.retold(page, tmp_path)
    assert _without_numbers(now) == _without_numbers(page), "python docs/readme_screen.py"
    assert not _shown(screens, page, 0).endswith("98% right\n")
    assert _shown(screens, page, -1).endswith("98% right\n")
    before = (root / "examples" / "does_not_learn.py").read_text(encoding="utf-8")
    assert (tmp_path / "does_not_learn.py").read_text(encoding="utf-8") != before


def _shown(screens: SimpleNamespace, page: str, place: int) -> str:
    return str(list(screens.SCREEN.finditer(page))[place]["shown"])


def _without_numbers(text: str) -> list[str]:
    """The words and signs of a text; runs of digits, and of blanks and rules that align them, are one."""
    return re.sub(r"-?\d[\d.]*(e[+-]?\d+)?", "0", text).replace("─", "").split()
