"""Document 001's figures: each experiment's fitted line over its data, and the costs that it prints."""

from collections.abc import Callable

import numpy as np

from reference_impls.document_001 import activations, published
from reference_impls.document_001.published import Experiment
from reference_impls.document_001.trainings import experiment_rng
from reference_impls.figures import BLUE, RED, figure, line, loss_curve, markers
from reference_impls.records import Figure, FigureDict

__all__ = ["FIGURES", "plot_costs", "plot_fit"]


def plot_fit(experiment: Experiment, *, title: str) -> FigureDict:
    """Return the network's line (`draw_line`) and the noisy data (`draw_scatter`) of an experiment."""
    x = experiment.x.ravel()
    traces = [
        line(x, experiment.output.ravel(), name="network", color=BLUE),
        markers(x, experiment.y.ravel(), name="data", color=RED),
    ]
    return figure(traces, title=title, x="x", y="y")


def plot_costs(experiment: Experiment) -> FigureDict:
    """Return the mean squared error over the steps, of which the text prints every tenth."""
    return loss_curve(experiment.costs, title="Printed cost", loss="mean squared error", epoch="step")


def plot_activations() -> FigureDict:
    """Return the three activations that the text lists, over [-5, 5]."""
    x = np.linspace(-5, 5, 101)
    traces = [
        line(x, activations.relu(x), name="ReLU", color=RED),
        line(x, activations.tanh(x), name="tanh", color=BLUE),
        line(x, activations.sigmoid(x), name="sigmoid", color="#2f9e44"),
    ]
    return figure(traces, title="Activations", x="x", y="f(x)")


def _fit(identifier: str, title: str, run: Callable[[np.random.RandomState], Experiment]) -> Figure:
    """Make the row of one experiment's figure."""

    def make(seed: int) -> FigureDict:
        return plot_fit(run(experiment_rng(seed)), title=title)

    return Figure(id=identifier, document="001", title=title, make=make)


FIGURES: tuple[Figure, ...] = (
    _fit("001-predict01", "Untrained linear network", published.predict01),
    _fit("001-predict02", "Linear network after 50 steps", published.predict02),
    _fit("001-predict03", "Linear network on squared data after 300 steps", published.predict03),
    _fit("001-predict04", "ReLU network on squared data after 300 steps", published.predict04),
    Figure(
        id="001-costs",
        document="001",
        title="Costs of the ReLU network",
        make=lambda seed: plot_costs(published.predict04(experiment_rng(seed))),
    ),
    Figure(
        id="001-activations",
        document="001",
        title="The three activations",
        make=lambda _: plot_activations(),
    ),
)
