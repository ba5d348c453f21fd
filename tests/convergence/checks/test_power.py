"""The power that a report states is true: errors of that size are missed once in a thousand checks, smaller ones often.

Error rates of these tests: seeds are fixed, so that a test always gives the same result; a right implementation would
have failed one for about one choice of seeds in a thousand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import CheckConfig, Problem, check

SHAPES = {"W": (8, 5), "b": (5,)}


def _problem(name: str | None = None, error: Any = 0.0) -> Problem:
    """Sines of weights, cosines of biases; the gradient of one block is off by ``error`` times its norm."""
    draw = np.random.default_rng(0)

    def gradient(p: Any) -> Any:
        g = {"W": np.cos(p["W"]), "b": -np.sin(p["b"])}
        if name is not None:
            g[name] = g[name] + np.linalg.norm(g[name]) * error
        return g

    params = {key: draw.standard_normal(shape) for key, shape in SHAPES.items()}
    return Problem(lambda p: np.sum(np.sin(p["W"])) + np.sum(np.cos(p["b"])), gradient, params)


def _missed(name: str, factor: float, checks: int, *, better_point: bool = True) -> int:
    """How many checks pass, of random errors ``factor`` times as large as the stated power."""
    options: dict[str, Any] = {"oracle": "finite-difference", "localise": False, "max_losses": 0}
    config = CheckConfig(better_point=better_point, **options)
    power = check(_problem(), config=config).power[name]
    assert power is not None
    rng = np.random.default_rng(1)
    missed = 0
    for seed in range(checks):
        error = rng.standard_normal(SHAPES[name])
        error *= factor * power / np.linalg.norm(error)
        missed += check(_problem(name, error), rng=seed, config=config).verdict.name == "PASS"
    return missed


@pytest.mark.parametrize("better_point", [True, False], ids=["better point", "given point only"])
@pytest.mark.parametrize("name", SHAPES)
def test_errors_of_the_stated_size_are_found(name: str, better_point: bool) -> None:
    """0.4 misses expected in 400; more than 4 would happen once in ten thousand."""
    assert _missed(name, 1.0, 400, better_point=better_point) <= 4


@pytest.mark.parametrize("better_point", [True, False], ids=["better point", "given point only"])
def test_errors_a_tenth_as_large_are_often_missed(better_point: bool) -> None:
    """The stated power is no understatement: about a tenth of 200 is missed."""
    assert _missed("W", 0.1, 200, better_point=better_point) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("better_point", [True, False], ids=["better point", "given point only"])
def test_one_miss_in_a_thousand(better_point: bool) -> None:
    """20 misses expected in 20,000; more than 35 would happen once in a thousand."""
    assert _missed("W", 1.0, 20_000, better_point=better_point) <= 35
