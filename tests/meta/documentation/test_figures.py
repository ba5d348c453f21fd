"""The figures of the explanations show what the text beside them says, and are well-formed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import difference_figures
import numpy as np
import pytest
from markdown_blocks import ROOT

PAGES = difference_figures.pages()
STEPS = difference_figures.STEPS


@pytest.fixture(scope="module")
def curves() -> dict[str, Any]:
    """Relative error over step, by method."""
    return difference_figures.methods(difference_figures.sample(np.tanh))


def order(errors: Any, first: float, last: float) -> float:
    """Slope of a curve between two steps, on logarithmic axes."""
    inside = (first <= STEPS) & (last >= STEPS)
    return float(np.polyfit(np.log10(STEPS[inside]), np.log10(errors[inside]), 1)[0])


@pytest.mark.parametrize(
    ("method", "first", "last", "expected"),
    [
        ("forward difference", 1e-6, 1e-3, 1),
        ("central difference", 1e-4, 1e-2, 2),
        ("central, two steps extrapolated", 1e-3, 1e-2, 4),
        ("complex step", 1e-6, 1e-2, 2),
        ("forward difference", 1e-15, 1e-9, -1),
        ("central difference", 1e-15, 1e-8, -1),
    ],
)
def test_branches_have_the_orders_that_the_table_gives(
    curves: dict[str, Any], method: str, first: float, last: float, expected: float
) -> None:
    """Truncation by its power of the step, round-off by its inverse; noise bends a fit by less than a quarter."""
    assert order(curves[method], first, last) == pytest.approx(expected, abs=0.25)


def test_the_complex_step_has_no_round_off_branch(curves: dict[str, Any]) -> None:
    """A few units in the last place at all small steps."""
    assert np.all(curves["complex step"][STEPS < 1e-9] < 1e-14)


def test_single_precision_never_reaches_the_tolerance() -> None:
    """Of float64 there are steps that do."""
    network = difference_figures.sample(np.tanh)
    for dtype, reaches in (("float64", True), ("float32", False)):
        phi = network.along(dtype)
        values = [(phi(step) - phi(-step)) / (2 * step) for step in STEPS]
        assert (np.min(np.abs(np.array(values) / network.slope - 1)) < 1e-6) == reaches


def test_a_kink_is_seen_beyond_it_alone() -> None:
    """The jump falls with the step before the kink and does not beyond it."""
    rows = [line.split("|")[1:4] for line in PAGES["differences-kink-table.md"].splitlines()[2:]]
    errors = {float(step): float(error) for step, error, _ in rows}
    jumps = {float(step): float(jump) for step, _, jump in rows}
    assert min(errors[step] for step in errors if step > 1e-4) > 0.1
    assert errors[1e-6] < 1e-6
    assert jumps[1e-5] == pytest.approx(10 * jumps[1e-6], rel=0.5)
    assert jumps[1e-3] > 0.1


@pytest.mark.parametrize("name", [name for name in PAGES if not name.endswith("-table.md")])
def test_figures_are_well_formed(name: str) -> None:
    """Titled, with curves, nothing that is not a number, and in the page's own colour where it is ink."""
    text = PAGES[name]
    figure = ET.fromstring(text[text.index("<svg") : text.index("</svg>") + len("</svg>")])
    kinds = [element.tag.rpartition("}")[2] for element in figure.iter()]
    assert kinds[1] == "title"
    assert kinds.count("polyline") >= 4
    assert not re.search(r"nan|inf\b", text)
    assert {element.get("fill") for element in figure.iter() if element.tag.endswith("text")} == {"currentColor"}


def test_every_part_is_on_the_page() -> None:
    """No figure is drawn for nobody."""
    page = (ROOT / "docs" / "explanation" / "numeric-differentiation.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"_generated/([\w-]+\.md)", page)) == sorted(PAGES)


def test_the_parts_are_written(tmp_path: Path) -> None:
    """To the folder that is given."""
    difference_figures.write(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(PAGES)
