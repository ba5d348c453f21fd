"""The documents' training runs, from the texts' own seeds and printed numbers."""

import numpy as np
import pytest

from reference_impls import Training, catalogue
from reference_impls.document_000.trainings import train, train_corrected
from reference_impls.document_001 import published as document_001
from reference_impls.document_003 import corrected
from reference_impls.document_003.trainings import train_gaussians

TRAININGS = {row.id: row for row in catalogue().trainings}


def test_document_000_reproduces_its_losses_from_the_texts_seed() -> None:
    """Seed 42 and the text's order of calls: the losses at epochs 0, 5,000 and 19,999, and every sample right."""
    result = train(42)
    np.testing.assert_allclose(result.losses[[0, 5_000, 19_999]], [0.693213, 4.397e-4, 1.0776e-4], rtol=2e-4)
    assert result.accuracy == 1.0
    assert np.all(np.diff(result.losses[1_000:]) < 0)


def test_document_000_corrected_descends_the_same_path() -> None:
    """The gradient was right: parameters are the same, losses differ by the epsilon alone."""
    published, right = train(42, epochs=3_000), train_corrected(42, epochs=3_000)
    for name, block in published.params.items():
        np.testing.assert_allclose(right.params[name], block, rtol=1e-9)
    np.testing.assert_allclose(right.losses, published.losses, atol=2e-8)
    assert right.losses[-1] > published.losses[-1], "the epsilon lowers the loss of a right output"


def test_every_seed_of_document_000_has_a_plateau_at_log_two() -> None:
    """Weights of 0.01 start at the loss of a coin; the text's first printed loss is 0.6932."""
    assert train(1, epochs=1).losses[0] == pytest.approx(np.log(2), abs=1e-3)


@pytest.mark.parametrize("identifier", ["001-predict02", "001-predict03", "001-predict04"])
def test_document_001_costs_fall(identifier: str) -> None:
    """Every printed cost is lower than ten steps before, until the noise's floor of 0.01 to 0.2."""
    result = TRAININGS[identifier].run(0, None)
    printed = result.losses[::10]
    assert printed[-1] < printed[0]
    assert printed[-1] < 0.25


def test_document_001_prints_thirty_costs() -> None:
    """Steps 0, 10, ..., 290."""
    heard: list[int] = []
    document_001.predict04(np.random.RandomState(0), report=lambda step, _: heard.append(step))
    assert heard == list(range(0, 300, 10))


@pytest.mark.parametrize(
    ("identifier", "epochs", "final_loss"),
    [
        ("002-corrected", 2_000, 0.02),
        ("002-deep", 10_000, 0.01),
        ("002-adam", 2_000, 1e-3),
        ("002-cross-entropy", 2_000, 0.1),
        ("003-xor-corrected", 5_000, 5e-3),
    ],
)
def test_corrected_networks_solve_xor(identifier: str, epochs: int, final_loss: float) -> None:
    """From seed 0 all four inputs are right and the loss ends low."""
    result = TRAININGS[identifier].run(0, None)
    assert result.losses.shape == (epochs,)
    assert result.accuracy == 1.0
    assert result.losses[-1] < final_loss


def test_document_003_does_not_learn_its_gaussians_from_the_texts_seed() -> None:
    """Seed 42, as the text sets it: published the loss stays near log 2, corrected the accuracy exceeds 99 %."""
    published, right = train_gaussians(42), train_gaussians(42, network=corrected.NeuralNetwork)
    assert published.losses[-1] > 0.6
    assert right.losses[-1] < 0.05
    assert published.accuracy is not None
    assert right.accuracy is not None
    assert right.accuracy > 0.99 > published.accuracy


@pytest.mark.parametrize("row", catalogue().trainings, ids=lambda row: row.id)
def test_every_training_returns_a_whole_record(row: Training) -> None:
    """As many losses as epochs, finite; predictions beside targets; reports on the way."""
    heard: list[tuple[int, float]] = []
    result = row.run(1, lambda epoch, loss: heard.append((epoch, loss)))
    assert result.losses.shape == (row.epochs,)
    assert np.all(np.isfinite(result.losses))
    assert result.predictions.shape == result.targets.shape
    assert result.accuracy is None or 0 <= result.accuracy <= 1
    assert heard[0] == (0, result.losses[0])
    assert len(heard) >= 5
    assert all(np.all(np.isfinite(block)) for block in result.params.values())
