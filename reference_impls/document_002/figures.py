"""Document 002's figure: the loss over the epochs, as published and corrected."""

from reference_impls.arrays import FloatArray
from reference_impls.document_002 import corrected
from reference_impls.document_002.trainings import train
from reference_impls.figures import loss_curve
from reference_impls.records import Figure, FigureDict

__all__ = ["FIGURES", "plot_loss"]


def plot_loss(losses: FloatArray) -> FigureDict:
    """Return the loss curve; `losses` has shape (epochs,), dimensionless."""
    return loss_curve(losses, title="Training loss", loss="mean squared error")


def make_loss(seed: int) -> FigureDict:
    """Train on XOR from `seed` as published and plot the losses."""
    return plot_loss(train(seed).losses)


def make_corrected_loss(seed: int) -> FigureDict:
    """Train on XOR from `seed` with the whole gradient and plot the losses."""
    return plot_loss(train(seed, network=corrected.NeuralNetwork).losses)


FIGURES: tuple[Figure, ...] = (
    Figure(id="002-loss", document="002", title="XOR loss, as published", make=make_loss),
    Figure(id="002-loss-corrected", document="002", title="XOR loss, whole gradient", make=make_corrected_loss),
)
