"""Automatic differentiation and the complex step agree on random analytic networks, and with linear algebra."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.oracles.complex_step import directional_derivative
from gradcheck.problem import Problem

SMOOTH = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "sine": np.sin,
}


@st.composite
def networks(draw: st.DrawFn) -> tuple[Any, list[Any], list[Any]]:
    """A loss of a list of weights and biases, the parameters, and a direction."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    activations = [SMOOTH[draw(st.sampled_from(sorted(SMOOTH)))] for _ in sizes[1:]]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    data = rng.standard_normal((draw(st.integers(1, 4)), sizes[0]))
    params = []
    for rows, columns in itertools.pairwise(sizes):
        params += [rng.standard_normal((rows, columns)), rng.standard_normal(columns)]

    def loss(values: Any) -> Any:
        signal = data
        for layer, activation in enumerate(activations):
            signal = activation(np.dot(signal, values[2 * layer]) + values[2 * layer + 1])
        return np.mean(signal**2) + np.sum(values[0] ** 2) / 2

    return loss, params, [rng.standard_normal(param.shape) for param in params]


@given(networks())
def test_directional_derivatives_agree(network: tuple[Any, list[Any], list[Any]]) -> None:
    """``<grad L, v>`` both ways."""
    loss, params, direction = network
    problem = Problem(loss, lambda p: p, params)
    traced = true_gradient(problem.driver, problem.values())
    along = sum(float(np.sum(part * step)) for part, step in zip(traced, direction, strict=True))
    size = sum(float(np.linalg.norm(part) * np.linalg.norm(step)) for part, step in zip(traced, direction, strict=True))
    assert abs(along - directional_derivative(problem.driver, problem.values(), direction)) <= 1e-12 * (size + 1.0)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_writing_and_reading_is_linear_algebra(seed: int, rows: list[int]) -> None:
    """Writes to an array and its views, in any order, are what they are for plain arrays; the gradient is exact."""
    weight = np.random.default_rng(seed).standard_normal((4, 3))

    def loss(w: Any) -> Any:
        total = np.zeros((4, 3))
        for count, row in enumerate(rows):
            view = total[row]
            view += (count + 1.0) * w[row - 1]
            total.T[row % 3] *= 0.5
            total[rows] = total[rows[::-1]]
        return np.sum(total * np.arange(12.0).reshape(4, 3))

    problem = Problem(loss, lambda w: w, weight)
    (traced,) = true_gradient(problem.driver, problem.values())
    units = np.eye(12).reshape(12, 4, 3)
    np.testing.assert_allclose(traced.ravel(), [loss(unit) for unit in units], rtol=0.0, atol=1e-12)
