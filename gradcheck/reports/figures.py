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
LEFT, BOTTOM, RIGHT, TOP = 0.14, 0.13, 0.97, 0.88  # of the picture, for axes that fill their domain


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
    axes: dict[str, Axes] = {}
    for trace in figure.get("data", ()):
        suffix = str(trace.get("xaxis", "x"))[1:]
        if suffix not in axes:
            axes[suffix] = _add_axes(picture, layout, suffix)
        _draw_trace(axes[suffix], trace)
    for suffix, ax in axes.items():
        _finish(ax, layout, suffix)
    _annotate(picture, layout)
    picture.suptitle(_text(layout.get("title")))
    return picture


def _draw_trace(ax: Axes, trace: Mapping[str, Any]) -> None:
    kind = trace.get("type", "scatter")
    if kind not in TRACES:
        raise InvalidArgumentError(f"a trace of type={kind!r} cannot be drawn as PNG; expected one of {sorted(TRACES)}")
    TRACES[kind](ax, trace)


def _add_axes(picture: Figure, layout: Mapping[str, Any], suffix: str) -> Axes:
    x0, x1 = layout.get(f"xaxis{suffix}", {}).get("domain", (0.0, 1.0))
    y0, y1 = layout.get(f"yaxis{suffix}", {}).get("domain", (0.0, 1.0))
    across, up = RIGHT - LEFT, TOP - BOTTOM
    return picture.add_axes((LEFT + across * x0, BOTTOM + up * y0, across * (x1 - x0), up * (y1 - y0)))


def _finish(ax: Axes, layout: Mapping[str, Any], suffix: str) -> None:
    x, y = layout.get(f"xaxis{suffix}", {}), layout.get(f"yaxis{suffix}", {})
    ax.set_xlabel(_text(x.get("title")))
    ax.set_ylabel(_text(y.get("title")))
    ax.set_facecolor(layout.get("plot_bgcolor", "white"))
    if x.get("type") == "log":
        ax.set_xscale("log")
    if y.get("type") == "log":
        ax.set_yscale("log")
    if "range" in x:
        ax.set_xlim(*_limits(x))
    if "range" in y:
        ax.set_ylim(*_limits(y))
    ax.grid(visible=True, color="white" if "plot_bgcolor" in layout else "#dee2e6", linewidth=0.8)
    ax.set_axisbelow(True)
    handles, labels = ax.get_legend_handles_labels()
    if handles and layout.get("showlegend", len(handles) > 1):
        ax.legend(handles, labels, loc="best", fontsize="small")


def _limits(axis: Mapping[str, Any]) -> tuple[float, float]:
    """Plotly gives the range of a logarithmic axis in powers of ten."""
    low, high = axis["range"]
    return (10.0**low, 10.0**high) if axis.get("type") == "log" else (low, high)


def _annotate(picture: Figure, layout: Mapping[str, Any]) -> None:
    """Titles of subplots are annotations in units of the whole picture."""
    for note in layout.get("annotations", ()):
        if note.get("xref", "paper") == "paper" and note.get("yref", "paper") == "paper":
            x = LEFT + (RIGHT - LEFT) * note.get("x", 0.5)
            y = BOTTOM + (TOP - BOTTOM) * note.get("y", 1.0)
            picture.text(x, y, _text(note.get("text")), ha="center", va=note.get("yanchor", "bottom"))


def _text(title: Any) -> str:
    if isinstance(title, Mapping):
        title = title.get("text")
    return "" if title is None else str(title).replace("<br>", "\n").replace("$", r"\$")
