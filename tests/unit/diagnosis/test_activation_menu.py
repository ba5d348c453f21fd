"""Activations told by their numbers, and what their slopes are taken for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import erf

from gradcheck.diagnosis.catalogue.elementwise import recognised
from gradcheck.diagnosis.catalogue.part_slips import slips_of_parts
from gradcheck.diagnosis.catalogue.plain_activations import Function
from gradcheck.diagnosis.network import Layer, Part

Z = np.linspace(-2.4, 2.5, 29).reshape(-1, 1)
POSITIVE = np.linspace(0.2, 2.5, 19).reshape(-1, 1)
ROOT = math.sqrt(2.0 / math.pi)
MENU: dict[str, tuple[str, Function]] = {
    "softsign": ("softsign", lambda z: z / (1.0 + np.abs(z))),
    "gelu": ("gelu", lambda z: 0.5 * z * (1.0 + erf(z / math.sqrt(2.0)))),
    "gelu by tanh": ("gelu-tanh", lambda z: 0.5 * z * (1.0 + np.tanh(ROOT * (z + 0.044715 * z**3)))),
    "gelu by sigmoid": ("swish", lambda z: z / (1.0 + np.exp(-1.702 * z))),
    "mish": ("mish", lambda z: z * np.tanh(np.log1p(np.exp(z)))),
    "swish": ("swish", lambda z: z / (1.0 + np.exp(-z))),
    "arctan": ("arctan", np.arctan),
    "log-sigmoid": ("log-sigmoid", lambda z: -np.log1p(np.exp(-z))),
    "exp": ("exp", np.exp),
    "square": ("square", lambda z: z * z),
    "cube": ("cube", lambda z: z**3),
    "abs": ("abs", np.abs),
    "inverse root": ("inverse-root", lambda z: z / np.sqrt(1.0 + z * z)),
    "elu": ("elu", lambda z: np.where(z > 0, z, 0.7 * np.expm1(z))),
    "selu": ("selu", lambda z: 1.0507 * np.where(z > 0, z, 1.67326 * np.expm1(z))),
    "two slopes": ("two-slopes", lambda z: np.where(z > 0, z, -0.3 * z)),
    "hard tanh": ("hard-tanh", lambda z: np.clip(z, -1.0, 1.0)),
    "hard sigmoid": ("hard-sigmoid", lambda z: np.clip(z / 3.0 + 0.5, 0.0, 1.0)),
    "relu6": ("relu6", lambda z: np.clip(4.0 * z, 0.0, 6.0)),
    "gaussian": ("gaussian", lambda z: np.exp(-0.5 * z * z)),
    "sin": ("sin", np.sin),
    "cos": ("cos", lambda z: np.cos(2.0 * z)),
    "softplus of 2z": ("softplus", lambda z: np.log1p(np.exp(2.0 * z)) / 2.0),
    "scaled tanh": ("scaled-sigmoid", lambda z: 1.7159 * np.tanh(2.0 * z / 3.0)),
    "steep sigmoid": ("scaled-sigmoid", lambda z: 1.0 / (1.0 + np.exp(-3.0 * z))),
}


@pytest.mark.parametrize("name", MENU)
def test_it_is_recognised_with_its_slope(name: str) -> None:
    """By its values alone; the slope is what differences give, also in terms of the output."""
    wanted, function = MENU[name]
    found = recognised(Z, function(Z))
    assert found is not None
    assert found[0] == wanted
    step = 1e-6
    slope = (function(Z + step) - function(Z - step)) / (2.0 * step)
    smooth = np.abs(function(Z + step) + function(Z - step) - 2.0 * function(Z)) < 1e-8  # no kink within the step
    np.testing.assert_allclose(found[1].derivative(Z)[smooth], slope[smooth], rtol=1e-6, atol=1e-8)
    if found[1].from_output is not None:
        np.testing.assert_allclose(found[1].from_output(function(Z))[smooth], slope[smooth], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", MENU)
def test_its_slips_are_none_of_its_slope(name: str) -> None:
    """Each wrong form has other values than the right one."""
    found = recognised(Z, MENU[name][1](Z))
    assert found is not None
    right = found[1].derivative(Z)
    with np.errstate(all="ignore"):
        for text, slip in found[1].wrong.items():
            assert not np.allclose(slip(Z, MENU[name][1](Z)), right, rtol=1e-6), text


def test_what_is_no_activation_of_the_menu() -> None:
    """Near is not equal."""
    assert recognised(Z, Z / (1.0 + np.abs(Z)) + 1e-6 * Z**2) is None
    assert recognised(Z, np.cos(Z**2) + Z) is None


def test_a_square_root() -> None:
    """Where all arguments are positive."""
    found = recognised(POSITIVE, np.sqrt(POSITIVE))
    assert found is not None
    assert found[0] == "sqrt"


def test_slips_of_an_activation_without_a_name() -> None:
    """The chain rule gone part of the way is among them, the slope itself and its multiples are not."""
    inner = np.sin(Z) + 2.0
    layer = Layer(
        weight="W",
        inputs=Z,
        weights=np.ones((1, 1)),
        pre_activation=Z,
        output=np.log(inner) * Z,
        output_adjoint=np.ones(Z.shape),
        delta=np.ones(Z.shape),
        slope=np.cos(Z) / inner * Z + np.log(inner),
        parts=(
            Part(values=inner, slope=np.cos(Z), line=3),
            Part(values=np.log(inner), slope=np.cos(Z) / inner, line=4),
        ),
    )
    assert layer.slope is not None
    found = [values for _, values in slips_of_parts(layer)]
    for wrong in (np.log(inner), np.cos(Z) / inner * Z, np.cos(Z) / inner, 1.0 / inner):
        assert any(np.allclose(values, wrong) for values in found)
    for values in found:
        factor = float(np.vdot(layer.slope, values) / np.vdot(layer.slope, layer.slope))
        assert not np.allclose(values, factor * layer.slope)


@pytest.mark.parametrize("z", [np.zeros(9), np.full(9, np.nan), np.array([-np.inf, *np.linspace(0.0, 1.0, 8)])])
def test_values_that_no_line_goes_through_write_nothing(z: np.ndarray, capfd: pytest.CaptureFixture[str]) -> None:
    """LAPACK writes to the process's own output where it is handed what is no number, into the midst of JSON."""
    assert recognised(z, np.linspace(0.1, 0.9, 9)) is None
    assert capfd.readouterr().out == ""
