"""Document 003's figures: activations, XOR's loss, and data, predictions and loss of the two Gaussians."""

from collections.abc import Callable

import numpy as np

from reference_impls.arrays import FloatArray
from reference_impls.document_003 import corrected, published
from reference_impls.document_003.examples import BinaryClassification, binary_classification_example, gaussian_data
from reference_impls.document_003.trainings import train_xor
from reference_impls.figures import BLUE, RED, class_scatter, figure, line, loss_curve
from reference_impls.records import Figure, FigureDict

__all__ = ["FIGURES", "plot_activation", "plot_data", "plot_predictions"]

Function = Callable[[FloatArray], FloatArray]
FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "sigmoid": (published.ActivationFunctions.sigmoid, published.ActivationFunctions.sigmoid_derivative),
    "relu": (published.ActivationFunctions.relu, published.ActivationFunctions.relu_derivative),
    "tanh": (published.ActivationFunctions.tanh, published.ActivationFunctions.tanh_derivative),
}


def plot_activation(name: str) -> FigureDict:
    """Return one activation and its derivative over [-5, 5]; `name` is 'sigmoid', 'relu' or 'tanh'."""
    x = np.linspace(-5, 5, 100)
    function, derivative = FUNCTIONS[name]
    traces = [
        line(x, function(x), name=name, color=BLUE),
        line(x, derivative(x), name="derivative", color=RED, dash="dash"),
    ]
    return figure(traces, title=f"{name} and its derivative", x="x", y="f(x)")


def plot_data(x: FloatArray, y: FloatArray) -> FigureDict:
    """Return the two Gaussians as drawn; `x` has shape (samples, 2), `y` (samples, 1)."""
    return figure(class_scatter(x, y), title="Original data", x="feature 1", y="feature 2")


def plot_predictions(x: FloatArray, predictions: FloatArray) -> FigureDict:
    """Return the data coloured by predicted class, one where the output exceeds 0.5."""
    classes = (predictions > 0.5).astype(np.float64)
    return figure(
        class_scatter(x, classes, prefix="predicted class"), title="Predictions", x="feature 1", y="feature 2"
    )


def _example(seed: int, network: type[published.NeuralNetwork]) -> BinaryClassification:
    """Train on two Gaussians drawn from `seed`."""
    return binary_classification_example(np.random.RandomState(seed), network=network)


def _activation(name: str) -> Figure:
    """Make the row of one activation; nothing in it is random."""
    return Figure(
        id=f"003-{name}",
        document="003",
        title=f"{name} and its derivative",
        make=lambda _: plot_activation(name),
    )


def _trained(form: str, network: type[published.NeuralNetwork]) -> tuple[Figure, ...]:
    """Make the rows of the figures that need a trained network."""

    def xor_loss(seed: int) -> FigureDict:
        return loss_curve(train_xor(seed, network=network).losses, title="XOR training loss", loss="loss")

    def predictions(seed: int) -> FigureDict:
        example = _example(seed, network)
        return plot_predictions(example.x, example.predictions)

    def loss(seed: int) -> FigureDict:
        return loss_curve(_example(seed, network).losses, title="Training loss", loss="binary cross-entropy")

    rows = (("xor-loss", "XOR loss", xor_loss), ("predictions", "Predictions", predictions), ("loss", "Loss", loss))
    return tuple(
        Figure(id=f"003-{name}-{form}", document="003", title=f"{title}, {form}", make=make)
        for name, title, make in rows
    )


FIGURES: tuple[Figure, ...] = (
    *(_activation(name) for name in FUNCTIONS),
    Figure(
        id="003-data",
        document="003",
        title="Two Gaussians",
        make=lambda seed: plot_data(*gaussian_data(rng=np.random.RandomState(seed))),
    ),
    *_trained("published", published.NeuralNetwork),
    *_trained("corrected", corrected.NeuralNetwork),
)
