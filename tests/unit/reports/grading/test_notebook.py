"""A graded class in a notebook: what the command prints, escaped."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from constructed_class import HOSTILE, graded_class, record


def test_a_class_shows_how_it_stands(tmp_path: Path) -> None:
    """The count and the points."""
    html = graded_class(tmp_path, [record("ada.py"), record("bob.py")])._repr_html_()
    assert html.startswith('<div class="gradcheck"><pre')
    assert "2 submissions" in html


def test_what_a_submission_says_is_escaped(tmp_path: Path) -> None:
    """Of a fault of our own, the file's name and the message."""
    graded = graded_class(tmp_path, [record("ada.py")])
    run = dataclasses.replace(graded.run, faults={HOSTILE: HOSTILE})
    html = dataclasses.replace(graded, run=run)._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<img" not in html
