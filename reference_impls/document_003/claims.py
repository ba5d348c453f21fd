"""What document 003's examples imply, to be measured over many seeds: its text states no accuracy."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from reference_impls.arrays import FloatArray, Progress, no_progress
from reference_impls.batched import descend, in_chunks
from reference_impls.document_003 import published
from reference_impls.document_003.ensembles import gaussian_ensemble, gaussian_recipe, xor_ensemble, xor_recipe
from reference_impls.document_003.trainings import GAUSSIAN_EPOCHS, XOR_EPOCHS
from reference_impls.records import Claim

__all__ = ["CLAIMS", "gaussian_accuracy", "initial_scale_error", "right_answers"]

CHUNK = 10
WIDE = (300, 100)


def right_answers(
    seeds: Sequence[int], progress: Progress | None = None, *, twice: bool, epochs: int = XOR_EPOCHS
) -> FloatArray:
    """Return the share of XOR's inputs that each seed classifies right, shape ``(seeds,)``."""
    networks = xor_ensemble(seeds)
    outputs = descend(networks, xor_recipe(epochs, twice=twice), progress=progress or no_progress)
    return np.asarray(np.mean((outputs > 0.5) == networks.y, axis=(1, 2)))


def gaussian_accuracy(
    seeds: Sequence[int], progress: Progress | None = None, *, twice: bool, epochs: int = GAUSSIAN_EPOCHS
) -> FloatArray:
    """Return each seed's accuracy on its two Gaussians, shape ``(seeds,)``, in [0, 1]."""

    def run(chunk: Sequence[int], report: Progress) -> FloatArray:
        networks = gaussian_ensemble(chunk)
        outputs = descend(networks, gaussian_recipe(epochs, twice=twice), progress=report)
        return np.asarray(np.mean((outputs > 0.5) == networks.y, axis=(1, 2)))

    return in_chunks(run, seeds, size=CHUNK, progress=progress)


def initial_scale_error(seeds: Sequence[int], progress: Progress | None = None) -> FloatArray:
    """Return how far the first layer's standard deviation is from Xavier's, relative to it, shape ``(seeds,)``.

    Notes
    -----
    A layer of 300 by 100 weights, whose sample standard deviation is good to 0.4 %.
    """
    target = np.sqrt(2.0 / sum(WIDE))
    scales = [np.std(published.NeuralNetwork(WIDE, rng=np.random.RandomState(seed)).weights[0]) for seed in seeds]
    (progress or no_progress)(len(seeds), len(seeds))
    return np.asarray(np.abs(np.array(scales) / target - 1))


def _claim(identifier: str, statement: str, place: str, metric: str, **more: Any) -> Claim:
    """Make a row; `more` completes it."""
    options: dict[str, Any] = {"rate_required": 0.95, "direction": "at least"}
    return Claim(id=identifier, document="003", statement=statement, place=place, metric=metric, **(options | more))


def _xor(identifier: str, statement: str, *, twice: bool) -> Claim:
    """Make the row of XOR in one form."""
    return _claim(
        identifier,
        statement,
        "solve_xor_problem (implied by its title and its table of predictions)",
        "share of the four inputs classified right",
        threshold=1.0,
        seeds=500,
        epochs=XOR_EPOCHS,
        expectation="holds",
        run=partial(right_answers, twice=twice),
    )


def _gaussians(identifier: str, statement: str, *, twice: bool) -> Claim:
    """Make the row of the two Gaussians in one form."""
    return _claim(
        identifier,
        statement,
        "binary_classification_example (implied by its printed accuracy)",
        "accuracy on the training set, share of 1,000 samples",
        threshold=0.95,
        seeds=100,
        epochs=GAUSSIAN_EPOCHS,
        expectation="does not hold" if twice else "holds",
        run=partial(gaussian_accuracy, twice=twice),
    )


CLAIMS: tuple[Claim, ...] = (
    _xor("003-xor", "As published, training solves XOR.", twice=True),
    _xor("003-xor-corrected", "With one 1/m, training solves XOR.", twice=False),
    _gaussians("003-gaussians", "As published, training separates the two Gaussians.", twice=True),
    _gaussians("003-gaussians-corrected", "With one 1/m, training separates the two Gaussians.", twice=False),
    _claim(
        "003-xavier",
        "The network's weights are initialised by Xavier's rule.",
        "NeuralNetwork.__init__, comment 'Xavier'",
        "relative distance of a 300 by 100 layer's standard deviation from sqrt(2 / (fan_in + fan_out))",
        threshold=0.05,
        direction="at most",
        seeds=100,
        epochs=0,
        expectation="does not hold",
        run=initial_scale_error,
    ),
)
