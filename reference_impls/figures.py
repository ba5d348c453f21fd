"""Figures as data: Plotly figure dictionaries made of plain lists, numbers and strings."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference_impls.arrays import FloatArray
from reference_impls.records import FigureDict

__all__ = ["BLUE", "RED", "class_scatter", "figure", "line", "loss_curve", "markers"]

RED = "#fa5252"
BLUE = "#4c6ef5"
VIOLET = "#7048e8"


def markers(x: FloatArray, y: FloatArray, *, name: str, color: str) -> dict[str, Any]:
    """Return a trace of unconnected points; `x` and `y` have shape ``(points,)``."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": np.asarray(x).tolist(),
        "y": np.asarray(y).tolist(),
        "name": name,
        "marker": {"color": color, "size": 8},
    }


def line(x: FloatArray, y: FloatArray, *, name: str, color: str, dash: str = "solid") -> dict[str, Any]:
    """Return a trace of a line, its points sorted by `x`; `x` and `y` have shape ``(points,)``."""
    order = np.argsort(x, kind="stable")
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.asarray(x)[order].tolist(),
        "y": np.asarray(y)[order].tolist(),
        "name": name,
        "line": {"color": color, "dash": dash},
    }


def class_scatter(x: FloatArray, classes: FloatArray, *, prefix: str = "class") -> list[dict[str, Any]]:
    """Return one trace of points for each of the classes 0 and 1.

    Parameters
    ----------
    x : ndarray of shape (batch, 2)
        Positions.
    classes : ndarray of shape (batch, 1) or (batch,)
        Zeros and ones.
    prefix : str
        What stands before the class's number in the legend.
    """
    labels = np.ravel(classes)
    return [
        markers(x[labels == label, 0], x[labels == label, 1], name=f"{prefix} {label}", color=color)
        for label, color in ((0, RED), (1, BLUE))
    ]


def figure(traces: Sequence[dict[str, Any]], *, title: str, x: str, y: str, **layout: Any) -> FigureDict:
    """Join traces and axis titles into a Plotly figure dictionary."""
    base: dict[str, Any] = {
        "title": {"text": title},
        "xaxis": {"title": {"text": x}},
        "yaxis": {"title": {"text": y}},
        "width": 600,
        "height": 400,
        "showlegend": len(traces) > 1,
        "plot_bgcolor": "#e9ecef",
    }
    return {"data": list(traces), "layout": base | layout}


def loss_curve(losses: FloatArray, *, title: str, loss: str, epoch: str = "epoch") -> FigureDict:
    """Return the curve of a loss over its epochs, from zero upwards.

    Parameters
    ----------
    losses : ndarray of shape (epochs,)
        The loss before each update.
    title, loss, epoch : str
        Titles of the figure and of its axes.
    """
    epochs = np.arange(len(losses), dtype=np.float64)
    trace = line(epochs, losses, name="training loss", color=VIOLET)
    result = figure([trace], title=title, x=epoch, y=loss)
    result["layout"]["yaxis"]["range"] = [0.0, float(np.max(losses)) * 1.1]
    return result
