"""Document 000's three figures: the classes, the loss curve and the decision boundary."""

import numpy as np

from reference_impls.arrays import FloatArray, Params
from reference_impls.document_000 import published
from reference_impls.document_000.trainings import train, training_data
from reference_impls.figures import class_scatter, figure, loss_curve
from reference_impls.records import Figure, FigureDict

__all__ = ["FIGURES", "plot_classes", "plot_decision_boundary", "plot_loss"]

GRID_STEP, MARGIN = 0.01, 0.5


def plot_classes(x: FloatArray, y: FloatArray) -> FigureDict:
    """Return the scatter plot of both classes; `x` has shape (batch, 2), `y` (batch, 1)."""
    return figure(class_scatter(x, y), title="Synthetic classification data", x="feature 1", y="feature 2")


def plot_loss(losses: FloatArray) -> FigureDict:
    """Return the loss curve; `losses` has shape (epochs,), in nats."""
    return loss_curve(losses, title="Training loss", loss="binary cross-entropy")


def plot_decision_boundary(x: FloatArray, y: FloatArray, parameters: Params, *, step: float = GRID_STEP) -> FigureDict:
    """Return the predicted class over a grid of the feature space, with the data on top.

    Parameters
    ----------
    x : ndarray of shape (batch, 2)
    y : ndarray of shape (batch, 1)
    parameters : dict
        ``W1, b1, W2, b2``.
    step : float
        Distance between grid points, in the unit of `x`; the text's is 0.01.
    """
    low, high = x.min(axis=0) - MARGIN, x.max(axis=0) + MARGIN
    columns, rows = np.arange(low[0], high[0], step), np.arange(low[1], high[1], step)
    grid_x, grid_y = np.meshgrid(columns, rows)
    classes = published.predict(parameters, np.c_[grid_x.ravel(), grid_y.ravel()]).reshape(grid_x.shape)
    contour = {
        "type": "contour",
        "x": columns.tolist(),
        "y": rows.tolist(),
        "z": classes.tolist(),
        "colorscale": [[0, "#ffc9c9"], [1, "#a5d8ff"]],
        "opacity": 0.4,
        "showscale": False,
        "name": "decision boundary",
    }
    return figure([contour, *class_scatter(x, y)], title="Decision boundary", x="feature 1", y="feature 2", height=450)


def make_classes(seed: int) -> FigureDict:
    """Draw the text's data from `seed` and plot them."""
    x, y, _ = training_data(seed)
    return plot_classes(x, y)


def make_loss(seed: int) -> FigureDict:
    """Train as published from `seed` and plot the losses."""
    return plot_loss(train(seed).losses)


def make_decision_boundary(seed: int) -> FigureDict:
    """Train as published from `seed` and plot what the network decides."""
    x, y, _ = training_data(seed)
    return plot_decision_boundary(x, y, train(seed).params)


FIGURES: tuple[Figure, ...] = (
    Figure(id="000-classes", document="000", title="The two classes", make=make_classes),
    Figure(id="000-loss", document="000", title="Training loss over 20,000 epochs", make=make_loss),
    Figure(id="000-boundary", document="000", title="Decision boundary after training", make=make_decision_boundary),
)
