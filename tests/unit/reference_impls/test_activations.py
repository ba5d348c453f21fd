"""Every activation of every document: derivative by complex step and difference, and what happens far out."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_impls import stable
from reference_impls.document_000 import corrected as corrected_000
from reference_impls.document_000 import published as published_000
from reference_impls.document_001 import activations as published_001
from reference_impls.document_001 import corrected as corrected_001
from reference_impls.document_002 import corrected as corrected_002
from reference_impls.document_002 import published as published_002
from reference_impls.document_003 import corrected as corrected_003
from reference_impls.document_003 import published as published_003

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


def at_output(function: Function, derivative: Function) -> Function:
    """Turn a derivative that takes the activation into one of the pre-activation."""
    return lambda x: derivative(function(x))


NET_002 = published_002.NeuralNetwork(1, 1, 1, rng=np.random.RandomState(0))
STABLE_002 = corrected_002.NeuralNetwork(1, 1, 1, rng=np.random.RandomState(0))
OLD, NEW = published_003.ActivationFunctions, corrected_003.ActivationFunctions

PAIRS: dict[str, tuple[Function, Function]] = {
    "001-relu": (published_001.relu, published_001.relu_derivative),
    "001-tanh": (published_001.tanh, published_001.tanh_derivative),
    "001-sigmoid": (published_001.sigmoid, published_001.sigmoid_derivative),
    "001-corrected-sigmoid": (corrected_001.sigmoid, corrected_001.sigmoid_derivative),
    "001-identity": (corrected_001.identity, corrected_001.identity_derivative),
    "002-sigmoid": (NET_002.sigmoid, at_output(NET_002.sigmoid, NET_002.sigmoid_derivative)),
    "002-corrected-sigmoid": (STABLE_002.sigmoid, at_output(STABLE_002.sigmoid, STABLE_002.sigmoid_derivative)),
    "003-sigmoid": (OLD.sigmoid, OLD.sigmoid_derivative),
    "003-relu": (OLD.relu, OLD.relu_derivative),
    "003-tanh": (OLD.tanh, OLD.tanh_derivative),
    "003-corrected-sigmoid": (NEW.sigmoid, NEW.sigmoid_derivative),
    "003-corrected-relu": (NEW.relu, NEW.relu_derivative),
    "003-corrected-tanh": (NEW.tanh, NEW.tanh_derivative),
    "softplus": (stable.softplus, stable.sigmoid),
}
SIGMOIDS: dict[str, Function] = {
    "000": published_000.sigmoid,
    "000-corrected": corrected_000.sigmoid,
    "001": published_001.sigmoid,
    "001-corrected": corrected_001.sigmoid,
    "002": NET_002.sigmoid,
    "002-corrected": STABLE_002.sigmoid,
    "003": OLD.sigmoid,
    "003-corrected": NEW.sigmoid,
}
RELUS: dict[str, Function] = {"000": published_000.relu, "001": published_001.relu, "003": OLD.relu}
POINTS = np.array([-6.0, -3.3, -1.0, -0.2, 0.3, 0.9, 2.0, 4.7])


@pytest.mark.parametrize("name", PAIRS)
def test_derivative_by_central_difference(name: str, read_only: Callable[[Array], Array]) -> None:
    """The derivative is the slope, to 1e-9 (fourth-order difference, away from the kink at zero)."""
    function, derivative = PAIRS[name]
    x, h = read_only(POINTS), 1e-3
    slope = (8 * (function(x + h) - function(x - h)) - (function(x + 2 * h) - function(x - 2 * h))) / (12 * h)
    np.testing.assert_allclose(derivative(x), slope, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("001-tanh", np.tanh),
        ("001-sigmoid", lambda z: 1 / (1 + np.exp(-z))),
        ("003-sigmoid", lambda z: 1 / (1 + np.exp(-z))),
        ("softplus", lambda z: np.log(1 + np.exp(z))),
    ],
)
def test_derivative_by_complex_step(
    name: str, formula: Callable[[NDArray[np.complex128]], NDArray[np.complex128]]
) -> None:
    """The derivative is the imaginary part of the formula a tiny imaginary step away, to the last digits."""
    _, derivative = PAIRS[name]
    np.testing.assert_allclose(derivative(POINTS), formula(POINTS + 1e-30j).imag / 1e-30, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("name", RELUS)
def test_relu_keeps_the_positive_part(name: str, read_only: Callable[[Array], Array]) -> None:
    """Negative entries and zero become zero, the rest stay."""
    x = read_only(np.array([[-2.0, 0.0], [3.0, -0.0]]))
    np.testing.assert_array_equal(RELUS[name](x), [[0.0, 0.0], [3.0, 0.0]])


@pytest.mark.parametrize("derivative", [published_001.relu_derivative, OLD.relu_derivative], ids=["001", "003"])
def test_relu_has_slope_zero_on_its_kink(derivative: Function) -> None:
    """Both documents take the left slope at zero."""
    np.testing.assert_array_equal(derivative(np.array([-1.0, 0.0, 1.0])), [0.0, 0.0, 1.0])


@pytest.mark.parametrize("name", SIGMOIDS)
def test_sigmoid_of_known_arguments(name: str) -> None:
    """One half at zero, and the logistic function's values elsewhere."""
    values = SIGMOIDS[name](np.array([0.0, np.log(3.0), -np.log(4.0)]))
    np.testing.assert_allclose(values, [0.5, 0.75, 0.2], rtol=1e-15)


@pytest.mark.parametrize("name", ["000", "001", "002"])
def test_published_sigmoid_overflows_and_says_so(name: str) -> None:
    """The texts' formula is right at -1000, by way of infinity and a warning."""
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert SIGMOIDS[name](np.array([-1000.0])).item() == 0.0


def test_clipped_sigmoid_does_not_reach_zero() -> None:
    """Document 003 clips at 250: no warning, and a value that is not that of -1000."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = OLD.sigmoid(np.array([-1000.0])).item()
    assert value == OLD.sigmoid(np.array([-250.0])).item()
    assert 0 < value < 1e-108
    assert OLD.sigmoid_derivative(np.array([-1000.0])).item() > 0, "the slope of a constant would be 0"


@pytest.mark.parametrize("name", ["000-corrected", "001-corrected", "002-corrected", "003-corrected"])
def test_corrected_sigmoid_is_right_everywhere(name: str) -> None:
    """No warning at any size of the argument, and relative accuracy in the far tail."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = SIGMOIDS[name](np.array([-1e308, -1000.0, -700.0, 700.0, 1e308, -np.inf, np.inf]))
    np.testing.assert_allclose(values, [0.0, 0.0, np.exp(-700.0), 1.0, 1.0, 0.0, 1.0], rtol=1e-15)


def test_corrected_derivative_does_not_cancel() -> None:
    """At 40 the published ``s (1 - s)`` is 0, the true slope is 4e-18."""
    x = np.array([40.0])
    assert OLD.sigmoid_derivative(x).item() == 0.0
    np.testing.assert_allclose(NEW.sigmoid_derivative(x), np.exp(-40.0), rtol=1e-12)


def test_document_002_derivative_is_of_the_output() -> None:
    """``sigmoid_derivative(z)`` on the pre-activation is another function, negative for z < 0 and z > 1."""
    z = np.array([-1.0, 2.0])
    assert np.all(NET_002.sigmoid_derivative(z) < 0)
    assert np.all(NET_002.sigmoid_derivative(NET_002.sigmoid(z)) > 0)
