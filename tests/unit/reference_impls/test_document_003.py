"""Document 003: the general network, its demonstration, data, schedule and options."""

import numpy as np
import pytest

from reference_impls.document_003 import corrected, published
from reference_impls.document_003.examples import (
    binary_classification_example,
    demonstrate_forward_propagation,
    gaussian_data,
    solve_xor_problem,
    standardise,
)
from reference_impls.document_003.optimisation import AdaptiveLearningRate

FORMS = pytest.mark.parametrize(
    "network", [published.NeuralNetwork, corrected.NeuralNetwork], ids=["published", "corrected"]
)


@FORMS
def test_forward_demonstration(network: type[published.NeuralNetwork]) -> None:
    """2-3-1 on XOR's inputs: the first row of the hidden layer is one half, since the biases are zero."""
    x, activations, z_values = demonstrate_forward_propagation(np.random.RandomState(0), network=network)
    assert [a.shape for a in activations] == [(4, 2), (4, 3), (4, 1)]
    assert [z.shape for z in z_values] == [(4, 3), (4, 1)]
    np.testing.assert_array_equal(activations[1][0], [0.5, 0.5, 0.5])
    np.testing.assert_allclose(z_values[0][3], z_values[0][1] + z_values[0][2])
    np.testing.assert_array_equal(activations[0], x)


@FORMS
@pytest.mark.parametrize(("option", "value"), [("activation", "softplus"), ("loss", "hinge")])
def test_unknown_options_are_refused(network: type[published.NeuralNetwork], option: str, value: str) -> None:
    """The message names the option, its value and the choices."""
    with pytest.raises(ValueError, match=f"{option}='{value}': expected one of"):
        network((2, 1), rng=np.random.RandomState(0), **{option: value})


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_published_blocks_are_outputs_over_batch_of_the_corrected(loss: str, batch: int, outputs: int) -> None:
    """One sample hides the second 1/m, one output the forgotten outputs."""
    rng = np.random.RandomState(2)
    old = published.NeuralNetwork((2, 4, outputs), "sigmoid", loss, rng=np.random.RandomState(1))
    new = corrected.NeuralNetwork((2, 4, outputs), "sigmoid", loss, rng=np.random.RandomState(1))
    x, y = rng.randn(batch, 2), rng.rand(batch, outputs)
    weights_old, biases_old = old.backward_propagation(x, y, *old.forward_propagation(x))
    weights_new, biases_new = new.backward_propagation(x, y, *new.forward_propagation(x))
    for left, right in zip([*weights_old, *biases_old], [*weights_new, *biases_new], strict=True):
        np.testing.assert_allclose(left, outputs / batch * right, rtol=1e-12)


def test_update_goes_downhill_in_place() -> None:
    """The rate times the gradients is subtracted from the network's own arrays."""
    network = published.NeuralNetwork((1, 1), rng=np.random.RandomState(0))
    weight = network.weights[0]
    before = weight.item()
    network.update_parameters([np.array([[2.0]])], [np.array([[4.0]])], 0.25)
    assert weight.item() == before - 0.5
    assert network.biases[0].item() == -1.0


@FORMS
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_every_option_trains_and_reports(network: type[published.NeuralNetwork], activation: str, loss: str) -> None:
    """All combinations that the options allow run; the callback hears every hundredth epoch."""
    rng = np.random.RandomState(0)
    net = network((2, 3, 1), activation, loss, rng=rng)
    x, y = rng.rand(6, 2), rng.randint(0, 2, (6, 1)).astype(float)
    heard: list[tuple[int, float]] = []
    losses = net.train(x, y, 150, 1e-3, report=lambda epoch, value: heard.append((epoch, value)))
    assert losses.shape == (150,)
    assert heard == [(0, losses[0]), (100, losses[100])]
    assert np.all(np.isfinite(losses))


def test_relu_output_under_cross_entropy_jumps_as_published() -> None:
    """An output just above one, target zero: the published step throws the weights far away."""
    for network, far in ((published.NeuralNetwork, True), (corrected.NeuralNetwork, False)):
        net = network((1, 1), "relu", "binary_crossentropy", rng=np.random.RandomState(0))
        net.weights[0][:] = 1.5
        net.train(np.array([[1.0]]), np.array([[0.0]]), 1, 0.1)
        assert (abs(net.weights[0].item()) > 1e10) == far


def test_gaussians_have_the_texts_moments() -> None:
    """Means 2 and 6, unit variances, correlations +0.5 and -0.5; within five standard errors of 20,000 draws each."""
    x, y = gaussian_data(40_000, rng=np.random.RandomState(0))
    error = 5 / np.sqrt(20_000)
    for label, mean, correlation in ((0.0, 2.0, 0.5), (1.0, 6.0, -0.5)):
        points = x[y[:, 0] == label]
        assert len(points) == 20_000
        np.testing.assert_allclose(points.mean(axis=0), mean, atol=error)
        np.testing.assert_allclose(np.cov(points.T), [[1, correlation], [correlation, 1]], atol=np.sqrt(2) * error)


def test_standardised_columns_have_mean_zero_and_deviation_one() -> None:
    """As the network sees them."""
    x = standardise(gaussian_data(500, rng=np.random.RandomState(1))[0])
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=0), 1, rtol=1e-12)


@FORMS
def test_examples_run_short(network: type[published.NeuralNetwork]) -> None:
    """Both examples pass their losses on and return a network that predicts."""
    xor_network, losses = solve_xor_problem(np.random.RandomState(0), network=network, epochs=20)
    assert losses.shape == (20,)
    assert isinstance(xor_network, network)
    example = binary_classification_example(np.random.RandomState(0), network=network, n_samples=40, epochs=10)
    assert example.predictions.shape == example.y.shape == (40, 1)
    assert 0 <= example.accuracy <= 1
    assert not np.allclose(example.x.mean(axis=0), 0), "the figure shows the data as drawn"


def test_softmax_network_predicts_probabilities() -> None:
    """Rows of the categorical network's predictions sum to 1."""
    network = corrected.CategoricalNetwork((2, 4, 3), rng=np.random.RandomState(0))
    p = network.predict(np.random.RandomState(1).randn(6, 2))
    np.testing.assert_allclose(p.sum(axis=1), 1.0)


def test_schedule_waits_then_decays() -> None:
    """Patience updates without improvement reduce the rate once, and the counting starts again."""
    heard: list[float] = []
    schedule = AdaptiveLearningRate(initial_lr=1.0, decay_rate=0.5, patience=3, report=heard.append)
    rates = [schedule.update(loss) for loss in (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.9)]
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert heard == [0.5, 0.25]
    assert schedule.best_loss == 0.9


def test_schedule_counts_a_loss_that_is_not_a_number_as_no_improvement() -> None:
    """NaN compares false, so the published code decays; so does an equal loss."""
    schedule = AdaptiveLearningRate(initial_lr=1.0, decay_rate=0.1, patience=1)
    schedule.update(1.0)
    assert schedule.update(float("nan")) == pytest.approx(0.1)
    assert schedule.best_loss == 1.0
