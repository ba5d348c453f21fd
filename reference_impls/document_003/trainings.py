"""Document 003's two training runs, as published and corrected."""

from functools import partial

import numpy as np

from reference_impls.arrays import Params, Report, no_report
from reference_impls.document_003 import corrected, published
from reference_impls.document_003.examples import binary_classification_example, solve_xor_problem, xor_data
from reference_impls.points import pack
from reference_impls.records import Training, TrainingResult

__all__ = ["TRAININGS", "train_gaussians", "train_xor"]

XOR_EPOCHS, GAUSSIAN_EPOCHS = 5_000, 2_000


def train_xor(
    seed: int,
    report: Report | None = None,
    *,
    network: type[published.NeuralNetwork] = published.NeuralNetwork,
    epochs: int = XOR_EPOCHS,
) -> TrainingResult:
    """Train on XOR from `seed`, of the legacy random stream."""
    x, y = xor_data()
    nn, losses = solve_xor_problem(
        np.random.RandomState(seed), network=network, epochs=epochs, report=report or no_report
    )
    predictions = nn.predict(x)
    return TrainingResult(
        losses=losses,
        predictions=predictions,
        targets=y,
        accuracy=float(np.mean((predictions > 0.5) == y)),
        params=_params(nn),
    )


def train_gaussians(
    seed: int,
    report: Report | None = None,
    *,
    network: type[published.NeuralNetwork] = published.NeuralNetwork,
    epochs: int = GAUSSIAN_EPOCHS,
) -> TrainingResult:
    """Train on two Gaussians drawn from `seed`, of the legacy random stream; the text's is 42."""
    example = binary_classification_example(
        np.random.RandomState(seed), network=network, epochs=epochs, report=report or no_report
    )
    return TrainingResult(
        losses=example.losses,
        predictions=example.predictions,
        targets=example.y,
        accuracy=example.accuracy,
        params=_params(example.network),
    )


def _params(network: published.NeuralNetwork) -> Params:
    """Return a network's parameters by block name."""
    return pack(network.weights, network.biases)


TRAININGS: tuple[Training, ...] = (
    Training(id="003-xor-published", document="003", title="XOR, as published", epochs=XOR_EPOCHS, run=train_xor),
    Training(
        id="003-xor-corrected",
        document="003",
        title="XOR, one 1/m",
        epochs=XOR_EPOCHS,
        run=partial(train_xor, network=corrected.NeuralNetwork),
    ),
    Training(
        id="003-gaussians-published",
        document="003",
        title="Two Gaussians, as published",
        epochs=GAUSSIAN_EPOCHS,
        run=train_gaussians,
    ),
    Training(
        id="003-gaussians-corrected",
        document="003",
        title="Two Gaussians, one 1/m",
        epochs=GAUSSIAN_EPOCHS,
        run=partial(train_gaussians, network=corrected.NeuralNetwork),
    ),
)
