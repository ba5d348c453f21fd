"""Moments of every initialiser, and that networks are differentiated right where it starts them.

Each moment is tested at five standard errors: a right initialiser fails one such test in 1.7 million. The draws are
seeded, so a test that passes always passes; the rate says how far the bounds are from chance.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from reference_impls.document_000 import published as document_000
from reference_impls.document_001 import published as document_001
from reference_impls.document_002 import published as document_002
from reference_impls.document_002.improved import ImprovedNetwork
from reference_impls.document_003 import corrected, published
from reference_impls.document_003.optimisation import WeightInitializer

Array = NDArray[np.float64]
FAN_IN, FAN_OUT = 200, 300
NORMAL_KURTOSIS, UNIFORM_KURTOSIS = 3.0, 1.8
SIGMAS = 5.0

# draw (fan_in, fan_out) weights; standard deviation; kurtosis
CASES: dict[str, tuple[Callable[[np.random.RandomState], Array], float, float]] = {
    "000": (lambda rng: document_000.initialize_parameters(FAN_IN, FAN_OUT, 1, rng=rng)["W1"], 0.01, NORMAL_KURTOSIS),
    "001": (lambda rng: document_001.layer(FAN_IN, FAN_OUT, rng=rng)["w"], 0.1, NORMAL_KURTOSIS),
    "002": (lambda rng: document_002.NeuralNetwork(FAN_IN, FAN_OUT, 1, rng=rng).W1, 1.0, NORMAL_KURTOSIS),
    "002-improved": (lambda rng: ImprovedNetwork().initial((FAN_IN, FAN_OUT), rng=rng)["W1"], 1.0, NORMAL_KURTOSIS),
    "003-network": (
        lambda rng: published.NeuralNetwork((FAN_IN, FAN_OUT), rng=rng).weights[0],
        np.sqrt(2 / FAN_IN),
        NORMAL_KURTOSIS,
    ),
    "xavier-uniform": (
        lambda rng: WeightInitializer.xavier_uniform(FAN_IN, FAN_OUT, rng=rng),
        np.sqrt(2 / (FAN_IN + FAN_OUT)),
        UNIFORM_KURTOSIS,
    ),
    "xavier-normal": (
        lambda rng: WeightInitializer.xavier_normal(FAN_IN, FAN_OUT, rng=rng),
        np.sqrt(2 / (FAN_IN + FAN_OUT)),
        NORMAL_KURTOSIS,
    ),
    "he-normal": (
        lambda rng: WeightInitializer.he_normal(FAN_IN, FAN_OUT, rng=rng),
        np.sqrt(2 / FAN_IN),
        NORMAL_KURTOSIS,
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CASES)
def test_mean_and_variance(name: str, seed: int) -> None:
    """60,000 weights have mean 0 and the variance of the rule, within five standard errors."""
    draw, scale, kurtosis = CASES[name]
    weights = draw(np.random.RandomState(seed)) / scale
    assert weights.shape == (FAN_IN, FAN_OUT)
    assert weights.dtype == np.float64
    assert abs(np.mean(weights)) < SIGMAS / np.sqrt(weights.size)
    assert abs(np.mean(weights**2) - 1) < SIGMAS * np.sqrt((kurtosis - 1) / weights.size)


@pytest.mark.parametrize("name", CASES)
def test_distribution(name: str) -> None:
    """A Kolmogorov-Smirnov test of the scaled weights; a right initialiser fails once in a million."""
    draw, scale, kurtosis = CASES[name]
    weights = draw(np.random.RandomState(0)).ravel() / scale
    half = np.sqrt(3.0)
    law = stats.norm() if kurtosis == NORMAL_KURTOSIS else stats.uniform(-half, 2 * half)
    assert stats.kstest(weights, law.cdf).pvalue > 1e-6


@pytest.mark.parametrize("name", CASES)
def test_moment_bounds_would_notice_a_wrong_fan(name: str) -> None:
    """A variance off by 5 % lies outside the bounds used above, so that the test can fail."""
    draw, scale, kurtosis = CASES[name]
    weights = draw(np.random.RandomState(0)) / scale * np.sqrt(1.05)
    assert abs(np.mean(weights**2) - 1) > SIGMAS * np.sqrt((kurtosis - 1) / weights.size)


def test_uniform_rule_stays_inside_its_limit() -> None:
    """No weight leaves ``sqrt(6 / (fan_in + fan_out))``, and some come close to either end."""
    limit = np.sqrt(6 / (FAN_IN + FAN_OUT))
    weights = WeightInitializer.xavier_uniform(FAN_IN, FAN_OUT, rng=np.random.RandomState(0))
    assert np.max(np.abs(weights)) <= limit
    assert np.min(weights) < -0.999 * limit
    assert np.max(weights) > 0.999 * limit


def test_what_document_003_calls_xavier_is_he() -> None:
    """The network's own initialisation draws what `he_normal` draws from the same stream."""
    network = published.NeuralNetwork((FAN_IN, FAN_OUT), rng=np.random.RandomState(7))
    expected = WeightInitializer.he_normal(FAN_IN, FAN_OUT, rng=np.random.RandomState(7))
    np.testing.assert_array_equal(network.weights[0], expected)


@pytest.mark.parametrize(
    "biases",
    [
        document_000.initialize_parameters(2, 4, 1, rng=np.random.RandomState(0))["b1"],
        document_002.NeuralNetwork(2, 4, 1, rng=np.random.RandomState(0)).b1,
        published.NeuralNetwork((2, 4, 1), rng=np.random.RandomState(0)).biases[0],
        document_001.layer(2, 4, rng=np.random.RandomState(0))["b"] - 0.1,
    ],
    ids=["000", "002", "003", "001-less-a-tenth"],
)
def test_biases(biases: Array) -> None:
    """Zero, but for document 001's 0.1; one row."""
    np.testing.assert_array_equal(biases, np.zeros((1, 4)))


@pytest.mark.parametrize("rule", ["xavier_uniform", "xavier_normal", "he_normal"])
def test_initialisers_take_a_generator_too(rule: str) -> None:
    """New code may pass a Generator; the same seed gives the same weights."""
    draw = getattr(WeightInitializer, rule)
    np.testing.assert_array_equal(draw(4, 3, rng=np.random.default_rng(1)), draw(4, 3, rng=np.random.default_rng(1)))


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("rule", ["xavier_uniform", "xavier_normal", "he_normal"])
def test_gradient_at_the_start_of_training(
    rule: str,
    activation: str,
    numeric_gradient: Callable[..., dict[str, Array]],
    distance: Callable[[Array, Array], float],
) -> None:
    """The corrected network's gradient is right where each initialiser starts it."""
    rng = np.random.RandomState(3)
    network = corrected.NeuralNetwork((3, 5, 2), activation, "mse", rng=rng)
    network.weights = [getattr(WeightInitializer, rule)(*block.shape, rng=rng) for block in network.weights]
    x, y = rng.randn(7, 3), rng.rand(7, 2)
    params = {"W1": network.weights[0], "W2": network.weights[1]}

    def loss(blocks: Mapping[str, Array]) -> float:
        network.weights = [blocks["W1"], blocks["W2"]]
        return network.compute_loss(y, network.predict(x))

    weight_gradients, _ = network.backward_propagation(x, y, *network.forward_propagation(x))
    numeric = numeric_gradient(loss, params)
    assert distance(weight_gradients[0], numeric["W1"]) < 1e-8
    assert distance(weight_gradients[1], numeric["W2"]) < 1e-8
