"""What the pages on a diagnosis say that a program can check."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from gradcheck.reports.naming import SURENESS


def test_the_figure_is_what_its_script_draws(root: Path) -> None:
    """The figure is what its script draws."""
    names = runpy.run_path(str(root / "docs" / "diagnosis_figure.py"))
    assert names["FIGURE"].read_text(encoding="utf-8") == names["draw"](), "python docs/diagnosis_figure.py"


def test_the_words_of_certainty_are_described(root: Path) -> None:
    """The words of certainty are described with the confidence that each begins at."""
    page = (root / "docs" / "explanation" / "how-a-diagnosis-is-made.md").read_text(encoding="utf-8")
    table = page.partition("| says | from |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = re.findall(r"\| ([a-z ]+) \| (\d+ %|below) \|", table)
    expected = [(word, f"{least:.0%}".replace("%", " %") if least else "below") for least, word in SURENESS]
    assert rows == expected
