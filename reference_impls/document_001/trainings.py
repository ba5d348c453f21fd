"""Document 001's three trained experiments."""

from collections.abc import Callable

import numpy as np

from reference_impls.arrays import Report, no_report
from reference_impls.document_001 import corrected, published
from reference_impls.document_001.published import Experiment
from reference_impls.records import Training, TrainingResult

__all__ = ["TRAININGS", "experiment_rng", "result"]


def experiment_rng(seed: int) -> np.random.RandomState:
    """Return the stream at the point where an experiment of the text starts.

    Notes
    -----
    The text's main function first draws data and layers for its untrained network (`published.print_hi`).
    It sets no seed, so its printed numbers cannot be reproduced, only their distribution.
    """
    rng = np.random.RandomState(seed)
    published.print_hi(rng)
    return rng


def result(experiment: Experiment) -> TrainingResult:
    """Return an experiment as a training result; its losses are the costs that were reported."""
    l1, l2 = experiment.layers
    return TrainingResult(
        losses=experiment.costs,
        predictions=experiment.output,
        targets=experiment.y,
        accuracy=None,
        params={"l1.w": l1["w"], "l1.b": l1["b"], "l2.w": l2["w"], "l2.b": l2["b"]},
    )


def _training(identifier: str, title: str, steps: int, run: Callable[..., Experiment]) -> Training:
    """Make the row of one experiment."""

    def train(seed: int, report: Report | None = None) -> TrainingResult:
        return result(run(experiment_rng(seed), report=report or no_report))

    return Training(id=identifier, document="001", title=title, epochs=steps, run=train)


TRAININGS: tuple[Training, ...] = (
    _training("001-predict02", "Linear network on linear data, as published", 50, published.predict02),
    _training("001-predict03", "Linear network on squared data, as published", 300, published.predict03),
    _training("001-predict04", "ReLU network on squared data, as published", 300, published.predict04),
    _training("001-corrected", "ReLU network on squared data, plain descent of the sum", 300, corrected.train),
)
