"""Document 000's training run, in the text's own order of random draws."""

import numpy as np

from reference_impls.arrays import FloatArray, Report, no_report
from reference_impls.document_000 import corrected, published
from reference_impls.records import Training, TrainingResult

__all__ = ["EPOCHS", "HIDDEN", "LEARNING_RATE", "TRAININGS", "train", "train_corrected", "training_data"]

SAMPLES, NOISE = 200, 0.2
HIDDEN, EPOCHS, LEARNING_RATE = 4, 20_000, 0.5


def training_data(seed: int) -> tuple[FloatArray, FloatArray, np.random.RandomState]:
    """Draw what the text draws before it trains.

    Parameters
    ----------
    seed : int
        Of the legacy random stream; the text's is 42.

    Returns
    -------
    x : ndarray of shape (200, 2)
    y : ndarray of shape (200, 1)
    rng : numpy.random.RandomState
        The stream as training finds it: the text initialises a first network, prints its shapes and never uses it.
    """
    rng = np.random.RandomState(seed)
    x, y = published.generate_data(SAMPLES, NOISE, rng=rng)
    published.initialize_parameters(x.shape[1], HIDDEN, y.shape[1], rng=rng)
    return x, y, rng


def train(seed: int, report: Report | None = None, *, epochs: int = EPOCHS) -> TrainingResult:
    """Run the text from its first line to its accuracy, as published."""
    x, y, rng = training_data(seed)
    parameters, losses = published.train_network(
        x, y, HIDDEN, epochs, LEARNING_RATE, rng=rng, report=report or no_report
    )
    return TrainingResult(
        losses=losses,
        predictions=published.forward_propagation(x, parameters)[0],
        targets=y,
        accuracy=float(np.mean(published.predict(parameters, x) == y)),
        params=parameters,
    )


def train_corrected(seed: int, report: Report | None = None, *, epochs: int = EPOCHS) -> TrainingResult:
    """Run the same with the loss from the logits; the descent is the same, the losses have no epsilon."""
    x, y, rng = training_data(seed)
    parameters, losses = corrected.train_network(
        x, y, HIDDEN, epochs, LEARNING_RATE, rng=rng, report=report or no_report
    )
    return TrainingResult(
        losses=losses,
        predictions=corrected.forward_propagation(x, parameters)[0],
        targets=y,
        accuracy=float(np.mean(corrected.predict(parameters, x) == y)),
        params=parameters,
    )


TRAININGS: tuple[Training, ...] = (
    Training(id="000-published", document="000", title="Two blobs, as published", epochs=EPOCHS, run=train),
    Training(
        id="000-corrected",
        document="000",
        title="Two blobs, loss from the logits",
        epochs=EPOCHS,
        run=train_corrected,
    ),
)
