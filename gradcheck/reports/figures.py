"""Plotly figure dictionaries drawn with matplotlib: as much of them as the documents' figures use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcheck.errors import InvalidArgumentError
from gradcheck.reports.traces import TRACES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "save_png"]

DOTS_PER_INCH = 100
WIDTH, HEIGHT = 700, 450  # pixels, where the figure says nothing: Plotly's own defaults
LEFT, BOTTOM, RIGHT, TOP = 0.14, 0.13, 0.97, 0.88  # of the picture


def save_png(figure: Mapping[str, Any], path: Path) -> None:
    """Draw a figure and write it as a PNG file.

    Parameters
    ----------
    figure : mapping
        ``data`` (traces) and ``layout``, as Plotly has them.
    path : Path
        Is overwritten.

    Raises
    ------
    InvalidArgumentError
        If it holds a kind of trace that cannot be drawn.
    """
    draw(figure).savefig(path, dpi=DOTS_PER_INCH, format="png")


def draw(figure: Mapping[str, Any]) -> Figure:
    """Draw a figure with matplotlib, without a window and without its global state.

    Parameters
    ----------
    figure : mapping
        ``data`` (traces) and ``layout``, as Plotly has them.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidArgumentError
        If it holds a kind of trace that cannot be drawn.
    """
    from matplotlib.figure import Figure

    layout = figure.get("layout", {})
    size = (layout.get("width", WIDTH) / DOTS_PER_INCH, layout.get("height", HEIGHT) / DOTS_PER_INCH)
    picture = Figure(figsize=size, dpi=DOTS_PER_INCH)
    ax = picture.add_axes((LEFT, BOTTOM, RIGHT - LEFT, TOP - BOTTOM))
    for trace in figure.get("data", ()):
        _draw_trace(ax, trace)
    _finish(ax, layout)
    picture.suptitle(_text(layout.get("title")))
    return picture


def _draw_trace(ax: Axes, trace: Mapping[str, Any]) -> None:
    kind = trace.get("type", "scatter")
    if kind not in TRACES:
        raise InvalidArgumentError(f"a trace of type={kind!r} cannot be drawn as PNG; expected one of {sorted(TRACES)}")
    TRACES[kind](ax, trace)


def _finish(ax: Axes, layout: Mapping[str, Any]) -> None:
    x, y = layout.get("xaxis", {}), layout.get("yaxis", {})
    ax.set_xlabel(_text(x.get("title")))
    ax.set_ylabel(_text(y.get("title")))
    ax.set_facecolor(layout.get("plot_bgcolor", "white"))
    if "range" in x:
        ax.set_xlim(*x["range"])
    if "range" in y:
        ax.set_ylim(*y["range"])
    ax.grid(visible=True, color="white" if "plot_bgcolor" in layout else "#dee2e6", linewidth=0.8)
    ax.set_axisbelow(True)
    handles, labels = ax.get_legend_handles_labels()
    if handles and layout.get("showlegend", len(handles) > 1):
        ax.legend(handles, labels, loc="best", fontsize="small")


def _text(title: Any) -> str:
    if isinstance(title, Mapping):
        title = title.get("text")
    return "" if title is None else str(title).replace("<br>", "\n").replace("$", r"\$")
