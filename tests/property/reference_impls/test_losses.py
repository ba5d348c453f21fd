"""What every loss does for all targets and outputs, by Hypothesis."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from reference_impls.document_000 import corrected as corrected_000
from reference_impls.document_000 import published as published_000
from reference_impls.document_003 import corrected, published
from reference_impls.stable import bce_from_logits, sigmoid

Array = NDArray[np.float64]
OLD, NEW = published.LossFunctions, corrected.LossFunctions

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 4))


@st.composite
def pairs(draw: st.DrawFn, low: float, high: float) -> tuple[Array, Array]:
    """Draw targets of zeros and ones, and outputs in [low, high] of the same shape."""
    shape = draw(SHAPES)
    targets = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 1.0])))
    return targets, draw(arrays(np.float64, shape, elements=st.floats(low, high)))


@given(pair=pairs(-50, 50))
def test_squared_error_is_a_distance(pair: tuple[Array, Array]) -> None:
    """Not negative, symmetric, zero for equal arguments; published and corrected are one function."""
    y, p = pair
    assert OLD.mse(y, p) == OLD.mse(p, y) == NEW.mse(y, p) >= 0
    assert OLD.mse(p, p) == 0


@given(pair=pairs(0.01, 0.99))
def test_published_derivatives_are_outputs_times_too_large(pair: tuple[Array, Array]) -> None:
    """Both losses average over the outputs, and both published derivatives forget it."""
    y, p = pair
    outputs = y.shape[1]
    np.testing.assert_allclose(OLD.mse_derivative(y, p), outputs * NEW.mse_derivative(y, p), rtol=1e-12)
    np.testing.assert_allclose(
        OLD.binary_crossentropy_derivative(y, p), outputs * NEW.binary_crossentropy_derivative(y, p), rtol=1e-12
    )


@given(pair=pairs(0.01, 0.99))
def test_cross_entropies_of_all_documents_agree(pair: tuple[Array, Array]) -> None:
    """Document 000 sums over outputs and adds 1e-8, document 003 averages; from logits neither is needed."""
    y, p = pair
    logits = np.log(p) - np.log1p(-p)
    exact = float(np.mean(bce_from_logits(logits, y)))
    np.testing.assert_allclose(OLD.binary_crossentropy(y, p), exact, rtol=1e-9)
    np.testing.assert_allclose(NEW.binary_crossentropy(y, p), exact, rtol=1e-9)
    np.testing.assert_allclose(published_000.compute_loss(p, y), y.shape[1] * exact, rtol=1e-5)
    np.testing.assert_allclose(corrected_000.compute_loss(logits, y), y.shape[1] * exact, rtol=1e-12)


@given(pair=pairs(-1e6, 1e6))
def test_loss_from_logits_is_finite_and_never_negative(pair: tuple[Array, Array]) -> None:
    """For any logits, without a warning; the right sign costs little, the wrong one its size."""
    y, z = pair
    loss = bce_from_logits(z, y)
    assert np.all(np.isfinite(loss))
    assert np.all(loss >= 0)
    wrong = (z > 0) != (y > 0.5)
    assert np.all(loss[wrong] >= np.abs(z)[wrong])
    assert np.all(loss[~wrong] <= np.log(2) + 1e-15)


@given(pair=pairs(-30, 30))
def test_slope_of_the_loss_from_logits(pair: tuple[Array, Array]) -> None:
    """``s(z) - y``, entry by entry, by a central difference."""
    y, z = pair
    h = 1e-5
    slope = (bce_from_logits(z + h, y) - bce_from_logits(z - h, y)) / (2 * h)
    np.testing.assert_allclose(sigmoid(z) - y, slope, atol=1e-9)


@given(pair=pairs(-3, 3))
def test_clipped_loss_is_constant_where_its_corrected_derivative_is_zero(pair: tuple[Array, Array]) -> None:
    """Outputs at or beyond 0 and 1 may move outwards without a change of the loss."""
    y, p = pair
    outside = (p <= 0) | (p >= 1)
    derivative = NEW.binary_crossentropy_derivative(y, p)
    assert np.all(derivative[outside] == 0)
    moved = np.where(outside, p + np.where(p <= 0, -1.0, 1.0), p)
    assert NEW.binary_crossentropy(y, moved) == NEW.binary_crossentropy(y, p)


@given(pair=pairs(0.01, 0.99), classes=st.integers(0, 3))
def test_categorical_loss_counts_the_true_class_alone(pair: tuple[Array, Array], classes: int) -> None:
    """Outputs of other classes do not enter the formula, nor its derivative."""
    _, p = pair
    truth = min(classes, p.shape[1] - 1)
    y = np.zeros_like(p)
    y[:, truth] = 1.0
    np.testing.assert_allclose(NEW.categorical_crossentropy(y, p), -np.mean(np.log(p[:, truth])), rtol=1e-12)
    assert np.count_nonzero(NEW.categorical_crossentropy_derivative(y, p)) == len(p)


@given(pair=pairs(0.01, 0.99), rnd=st.randoms(use_true_random=False))
def test_order_of_samples_does_not_matter(pair: tuple[Array, Array], rnd: object) -> None:
    """Every loss is a sum over samples."""
    y, p = pair
    order = list(range(len(y)))
    rnd.shuffle(order)  # type: ignore[attr-defined]
    for loss in (OLD.mse, OLD.binary_crossentropy, NEW.categorical_crossentropy):
        np.testing.assert_allclose(loss(y[order], p[order]), loss(y, p), rtol=1e-12, atol=1e-15)
