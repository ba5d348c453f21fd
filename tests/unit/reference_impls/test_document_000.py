"""Document 000: data, parameters, forward pass, update and prediction."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_impls.document_000 import corrected, published
from reference_impls.document_000.trainings import training_data

Array = NDArray[np.float64]


def test_data_are_drawn_in_the_texts_order() -> None:
    """Class 0, class 1, permutation: the legacy stream gives exactly what the text's global calls give."""
    x, y = published.generate_data(6, 0.1, rng=np.random.RandomState(5))
    rng = np.random.RandomState(5)
    first, second = rng.randn(3, 2) * 0.1 + 1, rng.randn(3, 2) * 0.1 - 1
    order = rng.permutation(6)
    np.testing.assert_array_equal(x, np.vstack([first, second])[order])
    np.testing.assert_array_equal(y[:, 0], np.repeat([0.0, 1.0], 3)[order])


def test_training_data_leave_the_stream_after_a_first_initialisation() -> None:
    """The text initialises twice; training continues in the stream after the first, unused network."""
    _, _, rng = training_data(42)
    replay = np.random.RandomState(42)
    published.generate_data(200, 0.2, rng=replay)
    published.initialize_parameters(2, 4, 1, rng=replay)
    assert rng.randn() == replay.randn()


def test_parameters_have_the_printed_shapes() -> None:
    """What the text prints: (2, 4), (1, 4), (4, 1), (1, 1)."""
    parameters = published.initialize_parameters(2, 4, 1, rng=np.random.RandomState(0))
    assert {name: block.shape for name, block in parameters.items()} == {
        "W1": (2, 4),
        "b1": (1, 4),
        "W2": (4, 1),
        "b2": (1, 1),
    }


@pytest.mark.parametrize("form", [published, corrected], ids=["published", "corrected"])
def test_forward_by_hand(form: object, read_only: Callable[[object], Array]) -> None:
    """One sample through one living and one dead unit."""
    parameters = {
        "W1": read_only([[1.0, -1.0]]),
        "b1": read_only([[0.5, 0.5]]),
        "W2": read_only([[2.0], [3.0]]),
        "b2": read_only([[-1.0]]),
    }
    a2, cache = form.forward_propagation(read_only([[1.0]]), parameters)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(cache["Z1"], [[1.5, -0.5]])
    np.testing.assert_array_equal(cache["A1"], [[1.5, 0.0]])
    np.testing.assert_array_equal(cache["Z2"], [[2.0]])
    np.testing.assert_allclose(a2, [[1 / (1 + np.exp(-2.0))]])


def test_update_returns_new_parameters(read_only: Callable[[object], Array]) -> None:
    """One step against the gradient; the old arrays are not written to."""
    parameters = {"W1": read_only([[1.0]]), "b1": read_only([[2.0]])}
    gradients = {"dW1": read_only([[10.0]]), "db1": read_only([[-10.0]])}
    updated = published.update_parameters(parameters, gradients, 0.1)
    np.testing.assert_allclose([updated["W1"].item(), updated["b1"].item()], [0.0, 3.0])


@pytest.mark.parametrize("form", [published, corrected], ids=["published", "corrected"])
def test_prediction_is_one_above_one_half(form: object) -> None:
    """A probability of exactly one half is class 0."""
    parameters = {"W1": np.eye(1), "b1": np.zeros((1, 1)), "W2": np.eye(1), "b2": np.array([[-1.0]])}
    x = np.array([[0.0], [1.0], [1.0 + 1e-9], [5.0]])
    np.testing.assert_array_equal(form.predict(parameters, x), [[0], [0], [1], [1]])  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", [published, corrected], ids=["published", "corrected"])
def test_training_reports_every_thousandth_epoch_and_the_end(form: object) -> None:
    """What the text prints goes to the callback; nothing is printed."""
    x, y, rng = training_data(0)
    heard: list[tuple[int, float]] = []
    _, losses = form.train_network(  # type: ignore[attr-defined]
        x, y, 4, 1500, 0.5, rng=rng, report=lambda epoch, loss: heard.append((epoch, loss))
    )
    assert [epoch for epoch, _ in heard] == [0, 1000, 1500]
    assert [loss for _, loss in heard] == [losses[0], losses[1000], losses[-1]]


@pytest.mark.parametrize("form", [published, corrected], ids=["published", "corrected"])
def test_training_for_no_epoch_returns_the_start(form: object) -> None:
    """No loss and no report, where the text would fail."""
    x, y, rng = training_data(0)
    parameters, losses = form.train_network(  # type: ignore[attr-defined]
        x, y, 4, 0, 0.5, rng=rng, report=pytest.fail
    )
    assert losses.shape == (0,)
    np.testing.assert_array_equal(parameters["b1"], np.zeros((1, 4)))
