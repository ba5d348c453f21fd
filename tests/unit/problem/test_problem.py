"""What every constructor refuses, and what a problem says of itself."""

# ruff: noqa: ARG005 - cases are functions of one form, whatever they use of it

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem
from gradcheck.errors import InvalidArgumentError
from gradcheck.problem import Differentiable, Traceable
from gradcheck.problem.leaves import as_block_array

W = np.array([1.0, 2.0])


def _square(w: Any) -> Any:
    return np.sum(w**2)


CONSTRUCTORS: dict[str, Callable[..., Problem]] = {
    "Problem": lambda f, g, **o: Problem(f, g, W, **o),
    "live": lambda f, g, **o: Problem.live(f, g, {"w": W}, **o),
    "from_update": lambda f, g, **o: Problem.from_update(f, g, {"w": W}, 0.1, **o),
    "from_vjp": lambda f, g, **o: Problem.from_vjp(f, g, W, **o),
}


@pytest.mark.parametrize("name", CONSTRUCTORS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sign": 2}, "sign=2; expected 1, or -1"),
        ({"sign": "1"}, "sign='1'; expected 1, or -1"),
        ({"sign": [1]}, r"sign=\[1\]; expected 1, or -1"),
        ({"sign": None}, "sign=None; expected 1, or -1"),
        ({"reset": 3}, "reset is a int; expected a callable"),
    ],
    ids=["two", "text", "list", "none", "reset"],
)
def test_options_are_validated(name: str, options: dict[str, Any], message: str) -> None:
    """The same everywhere."""
    with pytest.raises(InvalidArgumentError, match=message):
        CONSTRUCTORS[name](lambda *a: np.ones(2), lambda *a: a[0] if a else None, **options)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Problem", ("loss", "gradient")),
        ("live", ("loss", "gradient")),
        ("from_update", ("loss", "step")),
        ("from_vjp", ("forward", "backward")),
    ],
)
def test_what_is_not_callable_is_refused(name: str, words: tuple[str, str]) -> None:
    """By the name of the argument."""
    with pytest.raises(InvalidArgumentError, match=f"{words[0]} is a float; expected a callable"):
        CONSTRUCTORS[name](0.5, _square)
    with pytest.raises(InvalidArgumentError, match=f"{words[1]} is a ndarray; expected a callable"):
        CONSTRUCTORS[name](_square, W)


def test_a_problem_shows_its_parameters() -> None:
    """Names, shapes and dtypes; values are copies."""
    problem = Problem(_square, lambda w: 2 * w, {"W": W, "b": np.float32(1)}, sign=-1)
    assert repr(problem) == "<Problem of W (2,) float64, b () float32>"
    assert repr(Problem(_square, _square, [])) == "<Problem of no parameters>"
    assert problem.sign == -1
    assert [block.size for block in problem.blocks] == [2, 1]
    problem.values()[0][:] = 9.0
    assert problem.values()[0].tolist() == [1.0, 2.0]
    assert W.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_drivers_in_this_process_can_be_traced(name: str) -> None:
    """And do not differentiate by themselves."""
    driver = CONSTRUCTORS[name](lambda *a: np.sum(W), lambda *a: a[0] if a else W).driver
    assert isinstance(driver, Traceable)
    assert not isinstance(driver, Differentiable)


def test_traced_loss_of_a_function() -> None:
    """Values of another kind go where the arrays go."""
    driver: Any = Problem(lambda p: p["w"] * 2, lambda p: p, {"w": 1.5}).driver
    assert driver.traced_loss([2.0 + 1.0j]) == 4.0 + 2.0j


def test_an_array_is_handed_on_as_it_is() -> None:
    """Validation copies nothing."""
    assert as_block_array(W, "w") is W
