"""What a notebook's names mean, for functions of the parameters, of each of them, and of nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import Verdict, check
from gradcheck.errors import InvalidArgumentError
from gradcheck.integrations.notebook.problems import problem_of

SETUP = """
import numpy as np
X = np.arange(6.0).reshape(3, 2) / 5
params = {"W": np.array([[0.3, -0.2], [0.7, 0.1]]), "b": np.array([0.1, -0.4])}
W, b = params["W"].copy(), params["b"].copy()
FACTOR = 1.0

def loss(p):
    return float(np.sum(np.tanh(X @ p["W"] + p["b"])))

def gradient(p):
    d = FACTOR * (1 - np.tanh(X @ p["W"] + p["b"]) ** 2)
    return {"W": X.T @ d, "b": d.sum(axis=0)}

def both(p):
    return loss(p), gradient(p)

def loss_of(W, b, scale=1.0):
    return scale * loss({"W": W, "b": b})

def gradient_of(W, b):
    return tuple(gradient({"W": W, "b": b}).values())

def by_name_of(W, b):
    return gradient({"W": W, "b": b})

def loss_now():
    return loss_of(W, b)

def gradient_now():
    return gradient_of(W, b)

def loss_held():
    return loss(params)

def gradient_held():
    return gradient(params)

def anything(*arguments):
    return loss(*arguments)
"""
WAYS: dict[str, dict[str, str]] = {
    "usual names": {},
    "named": {"loss": "loss", "gradient": "gradient", "params": "params"},
    "expressions": {"loss": "lambda p: loss(p)", "gradient": "lambda p: gradient(p)", "params": "dict(params)"},
    "any arguments": {"loss": "anything"},
    "a pair": {"both": "both"},
    "each of them": {"loss": "loss_of", "gradient": "gradient_of", "params": "W, b"},
    "each of them, listed, by name": {"loss": "loss_of", "gradient": "by_name_of", "params": "[W, b]"},
    "the notebook's own": {"loss": "loss_now", "gradient": "gradient_now", "params": "W, b"},
    "held in a mapping": {"loss": "loss_held", "gradient": "gradient_held", "params": "params"},
    "one of the notebook's own": {"loss": "loss_now", "gradient": "lambda: gradient_of(W, b)[:1]", "params": "W"},
    "a problem": {"problem": "__import__('gradcheck').Problem(loss, gradient, params)"},
}


def _space() -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(SETUP, space)
    return space


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_saying_it_is_checked(way: str) -> None:
    """Right passes, twice the gradient fails, and the notebook's variables are as before."""
    space = _space()
    before = {name: np.array(space[name]) for name in ("W", "b")}
    assert check(problem_of(WAYS[way], space)).verdict is Verdict.PASS
    space["FACTOR"] = 2.0
    assert check(problem_of(WAYS[way], space)).verdict is Verdict.FAIL
    for name, value in before.items():
        np.testing.assert_array_equal(space[name], value)


def test_a_value_is_no_function() -> None:
    """A number named ``loss`` is passed over for a function of another usual name."""
    space = _space()
    space["compute_loss"], space["loss"] = space["loss"], 0.25
    exec("def gradient(p):\n    return both_of(p)", space)
    space["both_of"] = _space()["gradient"]
    assert check(problem_of({}, space)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loss": "nothing"}, r"loss=nothing: NameError"),
        ({"loss": "X"}, r"loss=X: a ndarray; expected a function"),
        ({"problem": "loss"}, r"problem=loss: a function; expected a gradcheck\.Problem"),
        ({"loss": "loss_of"}, r"takes 2 arguments and gradient=gradient 1 argument;.*lambda params"),
        ({"loss": "loss_now"}, r"takes no arguments"),
        ({"loss": "loss_of", "gradient": "gradient_of"}, r"params=params: the loss takes 2 arguments; .*params=W1,b1"),
        ({"loss": "loss_now", "gradient": "gradient_now", "params": "W + 1"}, r"expected a mapping"),
    ],
)
def test_what_does_not_fit_is_said(given: dict[str, str], message: str) -> None:
    """What came, what was expected, the cure."""
    with pytest.raises(InvalidArgumentError, match=message):
        problem_of(given, _space())


@pytest.mark.parametrize("key", ["loss", "gradient", "params"])
def test_what_is_not_there_is_asked_for(key: str) -> None:
    """With the names that were looked for."""
    space = _space()
    del space[key]
    with pytest.raises(InvalidArgumentError, match=rf"{key}: nothing was given, .*Say which it is: {key}=NAME"):
        problem_of({}, space)


def test_a_function_that_returns_no_pair_is_said() -> None:
    """As what the loss did wrong."""
    report = check(problem_of({"both": "loss"}, _space()))
    assert report.verdict is Verdict.INVALID
    assert "expected the pair loss, gradient" in report.reason


def test_functions_that_do_not_say_what_they_take_are_given_the_parameters() -> None:
    """As those of a compiled module."""
    space = _space()
    for name in ("loss", "gradient"):
        space[name].__signature__ = "none"
    assert check(problem_of({}, space)).verdict is Verdict.PASS
