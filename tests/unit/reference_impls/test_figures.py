"""Every figure is data that Plotly accepts and that a browser could be sent."""

import json
import math
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from reference_impls import Figure, catalogue
from reference_impls.document_000 import published as published_000
from reference_impls.document_000.figures import plot_classes, plot_decision_boundary
from reference_impls.figures import class_scatter, line, loss_curve

FIGURES = catalogue().figures


def walk(value: Any) -> list[Any]:
    """List the leaves of nested dictionaries and lists."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in walk(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in walk(item)]
    return [value]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda row: row.id)
def test_figure_is_valid_for_plotly(figure: Figure) -> None:
    """Plotly builds the figure, every trace holds points, and JSON carries it unchanged."""
    made = figure.make(42)
    assert set(made) == {"data", "layout"}
    built = go.Figure(made)
    assert len(built.data) == len(made["data"]) >= 1
    for trace in made["data"]:
        assert len(trace["x"]) > 0
    assert built.layout.title.text
    assert built.layout.xaxis.title.text
    assert built.layout.yaxis.title.text
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert all(type(leaf) in (int, float, str, bool) for leaf in walk(made))
    assert all(math.isfinite(leaf) for leaf in walk(made) if isinstance(leaf, float))


def test_plotly_refuses_what_is_wrong() -> None:
    """The validator of the test above can fail."""
    wrong = loss_curve(np.array([1.0, 0.5]), title="t", loss="l")
    wrong["data"][0]["mode"] = "no such mode"
    with pytest.raises(ValueError, match="mode"):
        go.Figure(wrong)


def test_each_point_is_drawn_in_its_class() -> None:
    """Points of class 0 go to the first trace and those of class 1 to the second, with none lost."""
    x, y = published_000.generate_data(40, 0.2, rng=np.random.RandomState(1))
    zeros, ones = plot_classes(x, y)["data"]
    assert (len(zeros["x"]), len(ones["x"])) == (20, 20)
    assert min(zeros["x"]) > 0 > max(ones["x"])
    assert (zeros["name"], ones["name"]) == ("class 0", "class 1")


def test_line_is_sorted_by_position() -> None:
    """Document 001 sorts its line, so that it does not run back and forth."""
    trace = line(np.array([2.0, 0.0, 1.0]), np.array([20.0, 0.0, 10.0]), name="n", color="red")
    assert (trace["x"], trace["y"]) == ([0.0, 1.0, 2.0], [0.0, 10.0, 20.0])


def test_loss_curve_starts_at_zero_and_leaves_room() -> None:
    """The axis runs from zero to a tenth above the largest loss, as the text has it."""
    figure = loss_curve(np.array([0.7, 0.2]), title="t", loss="l")
    assert figure["data"][0]["x"] == [0.0, 1.0]
    assert figure["layout"]["yaxis"]["range"] == pytest.approx([0.0, 0.77])


def test_decision_boundary_is_the_networks_prediction() -> None:
    """Each grid cell holds the class that `predict` gives its centre; rows are the second feature."""
    x = np.array([[1.0, 1.0], [-1.0, -1.0]])
    y = np.array([[0.0], [1.0]])
    parameters = {
        "W1": np.array([[1.0, -1.0], [0.0, 0.0]]),
        "b1": np.zeros((1, 2)),
        "W2": np.array([[-1.0], [1.0]]),
        "b2": np.zeros((1, 1)),
    }
    contour = plot_decision_boundary(x, y, parameters, step=0.3)["data"][0]
    z = np.array(contour["z"])
    assert z.shape == (len(contour["y"]), len(contour["x"]))
    np.testing.assert_array_equal(z, np.tile((np.array(contour["x"]) < 0).astype(float), (len(z), 1)))


def test_classes_may_be_flat() -> None:
    """A vector of labels draws what a column does."""
    x, labels = np.eye(2), np.array([0.0, 1.0])
    assert class_scatter(x, labels) == class_scatter(x, labels[:, None])
