"""What every activation does for every argument, by Hypothesis."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from reference_impls import stable
from reference_impls.document_000 import published as document_000
from reference_impls.document_001 import activations as document_001
from reference_impls.document_003 import corrected, published

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
OLD, NEW = published.ActivationFunctions, corrected.ActivationFunctions

SHAPES = array_shapes(max_dims=3, max_side=4)
MODERATE = arrays(np.float64, SHAPES, elements=st.floats(-200, 200))
ANY = arrays(np.float64, SHAPES, elements=st.floats(allow_nan=False, allow_infinity=False))
SIGMOIDS: dict[str, Function] = {"000": document_000.sigmoid, "001": document_001.sigmoid, "003": OLD.sigmoid}
RELUS: dict[str, Function] = {"000": document_000.relu, "001": document_001.relu, "003": OLD.relu}
TANHS: dict[str, Function] = {"001": document_001.tanh, "003": OLD.tanh}
DERIVATIVES: dict[str, tuple[Function, float]] = {
    "001-relu": (document_001.relu_derivative, 1.0),
    "001-tanh": (document_001.tanh_derivative, 1.0),
    "001-sigmoid": (document_001.sigmoid_derivative, 0.25),
    "003-relu": (OLD.relu_derivative, 1.0),
    "003-tanh": (OLD.tanh_derivative, 1.0),
    "003-sigmoid": (OLD.sigmoid_derivative, 0.25),
    "003-corrected-sigmoid": (NEW.sigmoid_derivative, 0.25),
}


@pytest.mark.parametrize("name", SIGMOIDS)
@given(x=MODERATE)
def test_published_sigmoids_agree_with_the_stable_one(name: str, x: Array) -> None:
    """Where nothing overflows all texts compute the same function, to a few units in the last place."""
    np.testing.assert_allclose(SIGMOIDS[name](x), stable.sigmoid(x), rtol=1e-14)


@given(x=ANY)
def test_stable_sigmoid_is_a_symmetric_distribution_function(x: Array) -> None:
    """In [0, 1], rising, and ``s(x) + s(-x) = 1``, for every finite argument and without a warning."""
    s = stable.sigmoid(x)
    assert s.shape == x.shape
    assert np.all((s >= 0) & (s <= 1))
    np.testing.assert_allclose(s + stable.sigmoid(-x), 1.0, rtol=1e-15)
    assert np.all(np.diff(stable.sigmoid(np.sort(x, axis=None))) >= 0)


@pytest.mark.parametrize("name", RELUS)
@given(x=ANY, factor=st.floats(0, 1))
def test_relu_is_idempotent_and_homogeneous(name: str, x: Array, factor: float) -> None:
    """``relu(relu(x)) = relu(x)``, ``relu(c x) = c relu(x)`` for c >= 0, ``relu(x) - relu(-x) = x``."""
    relu = RELUS[name]
    np.testing.assert_array_equal(relu(relu(x)), relu(x))
    np.testing.assert_array_equal(relu(factor * x), factor * relu(x))
    np.testing.assert_array_equal(relu(x) - relu(-x), x)


@pytest.mark.parametrize("name", TANHS)
@given(x=ANY)
def test_tanh_is_odd_and_bounded(name: str, x: Array) -> None:
    """``tanh(-x) = -tanh(x)``, in [-1, 1], and twice a shifted sigmoid."""
    tanh = TANHS[name]
    np.testing.assert_array_equal(tanh(-x), -tanh(x))
    assert np.all(np.abs(tanh(x)) <= 1)
    np.testing.assert_allclose(tanh(x), 2 * stable.sigmoid(2 * np.clip(x, -400, 400)) - 1, atol=1e-15)


@pytest.mark.parametrize("name", DERIVATIVES)
@given(x=MODERATE)
def test_derivative_is_bounded_and_never_negative(name: str, x: Array) -> None:
    """All activations rise, by at most 1, the sigmoid by at most a quarter; the shape is kept."""
    derivative, bound = DERIVATIVES[name]
    slope = derivative(x)
    assert slope.shape == x.shape
    assert np.all((slope >= 0) & (slope <= bound))


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (document_001.tanh, document_001.tanh_derivative),
        (OLD.sigmoid, OLD.sigmoid_derivative),
        (NEW.sigmoid, NEW.sigmoid_derivative),
        (stable.softplus, stable.sigmoid),
    ],
    ids=["tanh", "sigmoid", "corrected-sigmoid", "softplus"],
)
@given(x=arrays(np.float64, SHAPES, elements=st.floats(-20, 20)))
def test_derivative_is_the_slope(function: Function, derivative: Function, x: Array) -> None:
    """The central difference at any point, with an error of h^2 and of eps/h times the value."""
    h = 1e-5
    slope = (function(x + h) - function(x - h)) / (2 * h)
    np.testing.assert_allclose(derivative(x), slope, atol=1e-9)


@given(x=ANY)
def test_softplus_is_the_smooth_relu(x: Array) -> None:
    """Between relu and relu + log 2; ``softplus(x) - softplus(-x) = x``."""
    value, relu = stable.softplus(x), document_000.relu(x)
    assert np.all(value >= relu)
    assert np.all(value - relu <= np.log(2))
    np.testing.assert_allclose(value - stable.softplus(-x), x, rtol=1e-15, atol=1e-15)


@given(z=arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6)), shift=st.floats(-1e3, 1e3))
def test_softmax_rows_are_distributions_and_ignore_a_common_shift(z: Array, shift: float) -> None:
    """Rows sum to 1; adding a constant to a row changes rounding only."""
    p = stable.softmax(z)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(stable.softmax(z + shift), p, atol=1e-8)
