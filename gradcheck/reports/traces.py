"""Kinds of Plotly traces, each drawn on matplotlib axes: one function and one row of the table a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = ["TRACES"]

DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": "--"}
SYMBOLS = {"circle": "o", "x": "x", "square": "s", "diamond": "D", "cross": "P", "triangle-up": "^", "star": "*"}
POINTS_PER_PIXEL = 0.72  # at 100 dots per inch


def scatter(ax: Axes, trace: Mapping[str, Any]) -> None:
    """Points, lines, or both."""
    mode = trace.get("mode", "lines")
    label = trace.get("name") if trace.get("showlegend", True) else None
    if "lines" in mode:
        _lines(ax, trace, label)
    if "markers" in mode:
        _markers(ax, trace, None if "lines" in mode else label)


def contour(ax: Axes, trace: Mapping[str, Any]) -> None:
    """Filled contours of ``z`` with shape ``(y, x)``."""
    z = np.asarray(trace["z"], dtype=np.float64)
    x, y = trace.get("x", range(z.shape[1])), trace.get("y", range(z.shape[0]))
    drawn = ax.contourf(
        x, y, z, levels=_levels(z, trace), cmap=_colours(trace), alpha=trace.get("opacity", 1.0), extend="both"
    )
    if trace.get("showscale", True) and ax.figure is not None:
        ax.figure.colorbar(drawn, ax=ax)


TRACES: dict[str, Callable[[Axes, Mapping[str, Any]], None]] = {
    "contour": contour,
    "scatter": scatter,
}


def _lines(ax: Axes, trace: Mapping[str, Any], label: str | None) -> None:
    line = trace.get("line", {})
    ax.plot(
        _floats(trace["x"]),
        _floats(trace["y"]),
        color=line.get("color"),
        linestyle=DASHES.get(line.get("dash", "solid"), "-"),
        linewidth=line.get("width", 2) * POINTS_PER_PIXEL,
        alpha=trace.get("opacity", 1.0),
        label=label,
        zorder=2,
    )


def _markers(ax: Axes, trace: Mapping[str, Any], label: str | None) -> None:
    marker = trace.get("marker", {})
    colour = marker.get("color")
    by_value = isinstance(colour, (list, tuple)) and not any(isinstance(item, str) for item in colour)
    symbol = SYMBOLS.get(marker.get("symbol", "circle"), "o")
    ax.scatter(
        _floats(trace["x"]),
        _floats(trace["y"]),
        c=colour,
        cmap=_colours(marker) if by_value else None,
        s=(marker.get("size", 6) * POINTS_PER_PIXEL) ** 2,
        marker=symbol,
        alpha=marker.get("opacity", trace.get("opacity", 1.0)),
        edgecolors=None if symbol == "x" else "white",
        linewidths=1.0 if symbol == "x" else 0.4,
        label=label,
        zorder=3,
    )


def _floats(values: Any) -> Any:
    return np.asarray([np.nan if value is None else value for value in values], dtype=np.float64)


def _levels(z: Any, trace: Mapping[str, Any]) -> Any:
    wanted = trace.get("contours", {})
    if {"start", "end", "size"} <= wanted.keys():
        return np.arange(wanted["start"], wanted["end"] + wanted["size"] / 2, wanted["size"])
    values = np.unique(z)
    if len(values) <= 2:  # classes: one border between them
        low, high = float(values[0]), float(values[-1])
        return [low - 0.5, (low + high) / 2, high + 0.5] if high > low else [low - 0.5, low + 0.5]
    return 12


def _colours(trace: Mapping[str, Any]) -> Colormap:
    """A colour scale given as ``[[position, colour], ...]``, or Plotly's default, or a known name."""
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap

    scale = trace.get("colorscale", "viridis")
    if isinstance(scale, str):
        name = scale.lower()
        known = {map_name.lower(): map_name for map_name in mpl.colormaps}
        return mpl.colormaps[known.get(name, "viridis")]
    return LinearSegmentedColormap.from_list("figure", [(float(position), colour) for position, colour in scale])
