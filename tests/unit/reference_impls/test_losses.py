"""Every loss of every document: derivative by difference, values by hand, and what happens at log 0."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_impls import stable
from reference_impls.document_000 import corrected as corrected_000
from reference_impls.document_000 import published as published_000
from reference_impls.document_001 import corrected as corrected_001
from reference_impls.document_001 import published as published_001
from reference_impls.document_003 import corrected as corrected_003
from reference_impls.document_003 import published as published_003

Array = NDArray[np.float64]
Loss = Callable[[Array, Array], float]
Derivative = Callable[[Array, Array], Array]
OLD, NEW = published_003.LossFunctions, corrected_003.LossFunctions

BATCH, OUTPUTS = 5, 3
TARGETS = np.eye(OUTPUTS)[[0, 2, 1, 1, 0]]
OUTPUT = np.random.default_rng(8).uniform(0.1, 0.9, (BATCH, OUTPUTS))
LOGITS = np.random.default_rng(9).normal(size=(BATCH, OUTPUTS))


def flipped(function: Callable[..., float]) -> Loss:
    """Take targets first, as document 003 does."""
    return lambda y, p: function(p, y)


# loss and derivative of (targets, outputs), the point, and derivative over true derivative
CASES: dict[str, tuple[Loss, Derivative, Array, float]] = {
    "000-logits": (
        flipped(corrected_000.compute_loss),
        lambda y, z: (stable.sigmoid(z) - y) / len(y),
        LOGITS,
        1.0,
    ),
    "001-sum": (flipped(corrected_001.cost), lambda y, o: corrected_001.output_error(o, y), LOGITS, 1.0),
    "001-published": (flipped(corrected_001.cost), lambda y, o: published_001.output_error(o, y), LOGITS, -1.0),
    "003-mse": (OLD.mse, OLD.mse_derivative, OUTPUT, OUTPUTS),
    "003-bce": (OLD.binary_crossentropy, OLD.binary_crossentropy_derivative, OUTPUT, OUTPUTS),
    "003-corrected-mse": (NEW.mse, NEW.mse_derivative, OUTPUT, 1.0),
    "003-corrected-bce": (NEW.binary_crossentropy, NEW.binary_crossentropy_derivative, OUTPUT, 1.0),
    "003-cce": (NEW.categorical_crossentropy, NEW.categorical_crossentropy_derivative, OUTPUT, 1.0),
}


@pytest.mark.parametrize("name", CASES)
def test_derivative_by_central_difference(name: str, read_only: Callable[[Array], Array]) -> None:
    """Each entry of the derivative is the expected multiple of the loss's slope in that entry."""
    loss, derivative, point, ratio = CASES[name]
    y, p, h = read_only(TARGETS), read_only(point), 1e-4
    slope = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        unit = np.zeros_like(point)
        unit[index] = h
        slope[index] = (
            8 * (loss(y, p + unit) - loss(y, p - unit)) - (loss(y, p + 2 * unit) - loss(y, p - 2 * unit))
        ) / (12 * h)
    np.testing.assert_allclose(derivative(y, p), ratio * slope, atol=1e-8)


def test_values_by_hand() -> None:
    """Two samples, two outputs, worked out on paper."""
    y, p = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5, 0.5], [0.25, 0.25]])
    bce = (4 * np.log(2) - np.log(0.75) - 0) / 4
    assert OLD.mse(y, p) == pytest.approx((0.25 + 0.25 + 0.0625 + 0.5625) / 4)
    assert corrected_001.cost(p, y) == pytest.approx(1.125)
    assert OLD.binary_crossentropy(y, p) == pytest.approx(bce)
    assert published_000.compute_loss(p, y) == pytest.approx(2 * bce, rel=1e-7), "summed over outputs"
    assert NEW.categorical_crossentropy(y, p) == pytest.approx((np.log(2) + np.log(4)) / 2)


def test_epsilon_bounds_the_published_loss_on_both_sides() -> None:
    """Document 000: a surely wrong output costs 18.4 instead of infinity, a surely right one minus 1e-8."""
    wrong = published_000.compute_loss(np.array([[0.0]]), np.array([[1.0]]))
    right = published_000.compute_loss(np.array([[1.0]]), np.array([[1.0]]))
    assert wrong == pytest.approx(-np.log(1e-8))
    assert -1.1e-8 < right < 0


def test_clipping_bounds_the_published_cross_entropy() -> None:
    """Document 003: a surely wrong output costs 34.5, and its derivative is 1e15 where the loss is constant."""
    y, p = np.array([[1.0]]), np.array([[-0.5]])
    assert OLD.binary_crossentropy(y, p) == pytest.approx(-np.log(1e-15))
    assert OLD.binary_crossentropy(y, p) == OLD.binary_crossentropy(y, p - 1)
    assert OLD.binary_crossentropy_derivative(y, p).item() == pytest.approx(-1e15)
    assert NEW.binary_crossentropy(y, p) == pytest.approx(OLD.binary_crossentropy(y, p))
    assert NEW.binary_crossentropy_derivative(y, p).item() == 0.0
    assert NEW.categorical_crossentropy_derivative(y, p).item() == 0.0


@pytest.mark.parametrize("logit", [-1000.0, 1000.0, -1e300])
def test_loss_from_logits_needs_no_epsilon(logit: float) -> None:
    """The corrected loss of a surely wrong output is its logit, of a surely right one 0, without a warning."""
    z, target = np.array([[logit]]), float(logit > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert corrected_000.compute_loss(z, np.array([[1 - target]])) == abs(logit)
        assert corrected_000.compute_loss(z, np.array([[target]])) == 0.0


def test_softmax_is_shifted_before_it_is_exponentiated() -> None:
    """Logits of 1000 neither overflow nor change under a common shift; rows sum to 1."""
    z = np.array([[1000.0, 999.0, 0.0], [0.0, 0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = stable.softmax(z)
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_allclose(p[0, :2], [1 / (1 + np.exp(-1)), 1 / (1 + np.e)])
    np.testing.assert_allclose(p[1], 1 / 3)
    assert stable.log_softmax(z)[0, 2] == pytest.approx(-1000 - np.log1p(np.exp(-1)))


def test_literal_categorical_loss_is_smallest_for_outputs_of_one() -> None:
    """Without a softmax the formula of document 003 does not mind wrong classes: all ones cost nothing."""
    y = np.eye(3)
    assert NEW.categorical_crossentropy(y, np.ones((3, 3))) == 0.0
    assert NEW.categorical_crossentropy(y, np.full((3, 3), 1 / 3)) > 1
