"""Document 002's XOR run, as published, with the whole gradient, and with each direction for improvement."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from reference_impls.arrays import Report, no_report
from reference_impls.document_002 import corrected, published
from reference_impls.document_002.improved import Adam, ImprovedNetwork
from reference_impls.document_002.improved import train as train_improved_network
from reference_impls.records import Training, TrainingResult

__all__ = ["EPOCHS", "LAYERS", "LEARNING_RATE", "TRAININGS", "train", "train_improved"]

LAYERS = (2, 4, 1)
EPOCHS, LEARNING_RATE = 2_000, 0.5


def train(
    seed: int,
    report: Report | None = None,
    *,
    network: type[published.NeuralNetwork] = published.NeuralNetwork,
    epochs: int = EPOCHS,
) -> TrainingResult:
    """Train one of the classes on XOR, as the text does."""
    x, y = published.xor_data()
    net = network(*LAYERS, rng=np.random.RandomState(seed))
    losses = net.train(x, y, epochs=epochs, learning_rate=LEARNING_RATE, report=report or no_report)
    output = net.forward(x)
    return TrainingResult(
        losses=losses,
        predictions=output,
        targets=y,
        accuracy=float(np.mean((output > 0.5) == y)),
        params={"W1": net.W1, "b1": net.b1, "W2": net.W2, "b2": net.b2},
    )


def train_improved(
    seed: int,
    report: Report | None = None,
    *,
    network: ImprovedNetwork,
    layers: Sequence[int] = LAYERS,
    adam_rate: float | None = None,
    epochs: int = EPOCHS,
) -> TrainingResult:
    """Train an improved network on XOR; with Adam where `adam_rate` is given."""
    x, y = published.xor_data()
    start = network.initial(layers, rng=np.random.RandomState(seed))
    params, losses = train_improved_network(
        network,
        x,
        y,
        start,
        epochs=epochs,
        learning_rate=LEARNING_RATE,
        adam=None if adam_rate is None else Adam(learning_rate=adam_rate),
        report=report or no_report,
    )
    output = network.forward(x, params)[1][-1]
    accuracy = float(np.mean((output > 0.5) == y))
    return TrainingResult(losses=losses, predictions=output, targets=y, accuracy=accuracy, params=params)


def _improved(
    name: str,
    title: str,
    network: ImprovedNetwork,
    layers: Sequence[int] = LAYERS,
    adam_rate: float | None = None,
    epochs: int = EPOCHS,
) -> Training:
    """Make the row of one direction for improvement."""
    run = partial(train_improved, network=network, layers=layers, adam_rate=adam_rate, epochs=epochs)
    return Training(id=f"002-{name}", document="002", title=title, epochs=epochs, run=run)


TRAININGS: tuple[Training, ...] = (
    Training(id="002-published", document="002", title="XOR, as published", epochs=EPOCHS, run=train),
    Training(
        id="002-corrected",
        document="002",
        title="XOR, whole gradient",
        epochs=EPOCHS,
        run=partial(train, network=corrected.NeuralNetwork),
    ),
    _improved("deep", "XOR, two hidden layers of eight", ImprovedNetwork(), (2, 8, 8, 1), epochs=5 * EPOCHS),
    _improved("relu", "XOR, ReLU hidden layer of eight", ImprovedNetwork(hidden="relu"), (2, 8, 1)),
    _improved("l2", "XOR, L2 penalty of 1e-4", ImprovedNetwork(penalty=1e-4), epochs=5 * EPOCHS),
    _improved("adam", "XOR, Adam with rate 0.05", ImprovedNetwork(), adam_rate=0.05),
    _improved("cross-entropy", "XOR, cross-entropy", ImprovedNetwork(loss_name="cross-entropy")),
)
