"""Plotly dictionaries drawn with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from gradcheck.errors import InvalidArgumentError
from gradcheck.reports.figures import draw, save_png


def _figure(*traces: dict[str, Any], **layout: Any) -> dict[str, Any]:
    base = {"title": {"text": "A title"}, "xaxis": {"title": {"text": "across"}}, "yaxis": {"title": {"text": "up"}}}
    return {"data": list(traces), "layout": {**base, **layout}}


LINE = {"type": "scatter", "mode": "lines", "x": [0, 1, 2], "y": [3, None, 5], "name": "a line",
        "line": {"color": "#ff0000", "dash": "dash"}}  # fmt: skip
POINTS = {"type": "scatter", "mode": "markers", "x": [0, 1], "y": [1, 2], "name": "points",
          "marker": {"color": "#0000ff", "size": 10}}  # fmt: skip
CLASSES = {"type": "contour", "x": [0, 1, 2], "y": [0, 1], "z": [[0, 0, 1], [0, 1, 1]],
           "colorscale": [[0, "#ff0000"], [1, "#0000ff"]], "showscale": False}  # fmt: skip


def test_titles_size_and_range() -> None:
    """Titles size and range."""
    picture = draw(_figure(LINE, width=640, height=480, yaxis={"title": "up", "range": [0, 9]}))
    ax = picture.axes[0]
    assert picture.get_suptitle() == "A title"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("across", "up")
    assert tuple(ax.get_ylim()) == (0, 9)
    assert tuple(picture.get_size_inches() * picture.dpi) == (640, 480)


def test_a_line_has_its_colour_dash_and_gaps() -> None:
    """A line has its colour dash and gaps."""
    line = draw(_figure(LINE)).axes[0].lines[0]
    assert (line.get_color(), line.get_linestyle()) == ("#ff0000", "--")
    np.testing.assert_array_equal(line.get_ydata(), [3, np.nan, 5])


def test_points_are_where_they_were() -> None:
    """Points are where they were."""
    ax = draw(_figure(POINTS)).axes[0]
    assert not ax.lines
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), [[0, 1], [1, 2]])


def test_both_modes_draw_both_with_one_name() -> None:
    """Both modes draw both with one name."""
    ax = draw(_figure({**POINTS, "mode": "lines+markers"}, LINE)).axes[0]
    assert len(ax.lines) == 2
    assert len(ax.collections) == 1
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["points", "a line"]


@pytest.mark.parametrize(("layout", "shown"), [({}, False), ({"showlegend": True}, True)], ids=["default", "asked"])
def test_one_trace_has_a_legend_only_when_asked(layout: dict[str, Any], shown: bool) -> None:
    """One trace has a legend only when asked."""
    assert (draw(_figure(LINE, **layout)).axes[0].get_legend() is not None) is shown


def test_two_classes_have_one_border(tmp_path: Path) -> None:
    """Two classes have one border."""
    save_png(_figure(CLASSES), tmp_path / "classes.png")
    pixels = mpl.image.imread(tmp_path / "classes.png")[..., :3]
    red, blue = pixels[250, 120], pixels[250, 650]
    assert red[0] > 0.6 > red[2]
    assert blue[2] > 0.6 > blue[0]


def test_a_dollar_in_a_title_is_no_formula(tmp_path: Path) -> None:
    """A dollar in a title is no formula."""
    save_png(_figure(LINE, title="cost in $ and $"), tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 1000


def test_an_unknown_trace_is_named() -> None:
    """An unknown trace is named."""
    with pytest.raises(InvalidArgumentError, match=r"type='sankey'.*contour.*scatter"):
        draw(_figure({"type": "sankey"}))


def test_no_global_state_of_matplotlib_is_touched() -> None:
    """No global state of matplotlib is touched."""
    import matplotlib.pyplot as plt

    draw(_figure(LINE))
    assert plt.get_fignums() == []
