"""What document 000 says about its training, to be measured over many seeds."""

from collections.abc import Sequence

import numpy as np

from reference_impls.arrays import FloatArray, Progress
from reference_impls.batched import Ensemble, Recipe, descend, in_chunks
from reference_impls.document_000 import published
from reference_impls.document_000.trainings import EPOCHS, HIDDEN, LEARNING_RATE, training_data
from reference_impls.records import Claim

__all__ = ["CLAIMS", "ensemble", "final_accuracy", "loss_ratio", "recipe"]

CHUNK = 25


def ensemble(seeds: Sequence[int]) -> Ensemble:
    """Draw the data and the initial parameters of every seed in the text's order."""
    drawn = [training_data(seed) for seed in seeds]
    starts = [published.initialize_parameters(2, HIDDEN, 1, rng=rng) for _, _, rng in drawn]
    return Ensemble(
        weights=[np.stack([start[name] for start in starts]) for name in ("W1", "W2")],
        biases=[np.stack([start[name] for start in starts]) for name in ("b1", "b2")],
        x=np.stack([x for x, _, _ in drawn]),
        y=np.stack([y for _, y, _ in drawn]),
    )


def recipe(epochs: int = EPOCHS) -> Recipe:
    """Return the text's training: ReLU, sigmoid, delta ``(a - y)/m``, rate 0.5."""
    return Recipe(
        hidden="relu",
        output="sigmoid",
        output_delta=lambda a, y: (a - y) / a.shape[1],
        learning_rate=LEARNING_RATE,
        epochs=epochs,
    )


def final_accuracy(seeds: Sequence[int], progress: Progress | None = None, *, epochs: int = EPOCHS) -> FloatArray:
    """Return each seed's accuracy on its training set, shape ``(seeds,)``, in [0, 1]."""

    def run(chunk: Sequence[int], report: Progress) -> FloatArray:
        networks = ensemble(chunk)
        outputs = descend(networks, recipe(epochs), progress=report)
        return np.asarray(np.mean((outputs > 0.5) == networks.y, axis=(1, 2)))

    return in_chunks(run, seeds, size=CHUNK, progress=progress)


def loss_ratio(seeds: Sequence[int], progress: Progress | None = None, *, epochs: int = EPOCHS) -> FloatArray:
    """Return each seed's loss after training over its loss before, shape ``(seeds,)``, dimensionless."""

    def run(chunk: Sequence[int], report: Progress) -> FloatArray:
        networks = ensemble(chunk)
        first: list[FloatArray] = []
        last = descend(
            networks,
            recipe(epochs),
            observe=lambda _, outputs: first.append(outputs.copy()),
            every=max(1, epochs),
            progress=report,
        )
        return _losses(last, networks.y) / _losses(first[0], networks.y)

    return in_chunks(run, seeds, size=CHUNK, progress=progress)


def _losses(outputs: FloatArray, y: FloatArray) -> FloatArray:
    """Return the published loss of each network, shape ``(seeds,)``."""
    return np.array([published.compute_loss(a, target) for a, target in zip(outputs, y, strict=True)])


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="000-accuracy",
        document="000",
        statement="The trained network classifies nearly all of its training set: accuracy close to 100 %.",
        place="after `predict`: the accuracy 'may be near 100 %' for this data set",
        metric="accuracy on the training set, share of 200 samples",
        threshold=0.99,
        direction="at least",
        rate_required=0.95,
        seeds=100,
        epochs=EPOCHS,
        expectation="holds",
        run=final_accuracy,
    ),
    Claim(
        id="000-loss-falls",
        document="000",
        statement="The loss falls markedly during training (taken as: to a hundredth of its start or less).",
        place="below the loss curve",
        metric="final loss over initial loss, dimensionless",
        threshold=0.01,
        direction="at most",
        rate_required=0.95,
        seeds=100,
        epochs=EPOCHS,
        expectation="holds",
        run=loss_ratio,
    ),
)
