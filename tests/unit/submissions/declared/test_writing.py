"""An interface as the text of an adapter."""

import ast
import types
from typing import Any

import numpy as np
import pytest

from gradcheck import check
from gradcheck.submissions.declared.call_text import parse_call, parse_place
from gradcheck.submissions.declared.drawing import Shape
from gradcheck.submissions.declared.interface import Calls, Interface, Place, Style
from gradcheck.submissions.declared.plans import PlanError, structure
from gradcheck.submissions.declared.writing import Written, write_adapter

SHAPE = Shape(sizes=(2, 4, 1), targets="binary")
SQUARES = "np.mean((s['output'] - s['Y']) ** 2)"
NETWORK = """
import numpy as np


def forward(X, params):
    (W1, b1), (W2, b2) = params
    A1 = np.tanh(X @ W1 + b1)
    return A1 @ W2 + b2, A1


def cost(output, Y):
    return np.mean((output - Y) ** 2)


def backward(Y, params, output, A1, X):
    d2 = 2 * (output - Y) / Y.size
    d1 = d2 @ params[1][0].T * (1 - A1**2)
    return [(X.T @ d1, d1.sum(0, keepdims=True)), (A1.T @ d2, d2.sum(0, keepdims=True))]


def step(params, gradients, rate):
    for layer, slopes in zip(params, gradients):
        layer[0][...] -= rate * slopes[0]
        layer[1][...] -= rate * slopes[1]
"""


def _calls(**texts: str) -> dict[str, Calls]:
    return {name: (parse_call(text),) for name, text in texts.items()}


def _nested(root: str) -> dict[str, Place]:
    return {f"{kind}{n}": parse_place(f"{root}[{n - 1}][{i}]") for n in (1, 2) for i, kind in enumerate("Wb")}


NESTED = Interface(
    style=Style.FUNCTIONS,
    calls=_calls(
        forward="forward(X, params) -> output, A1",
        loss="cost(output, Y) -> loss",
        gradient="backward(Y, params, output, A1, X) -> gradients",
        update="step(params, gradients, learning_rate)",
    ),
    parameters=_nested("params"),
    gradients=_nested("gradients"),
)


def _module(text: str = NETWORK) -> types.ModuleType:
    module = types.ModuleType("handed_in")
    exec(text, module.__dict__)
    return module


def _adapter(written: Written) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "adapter"}
    exec(written.text, space)
    return space


def test_nested_parameters_are_driven() -> None:
    """Lists of lists are built and read by place; the problem passes, at other sizes too."""
    space = _adapter(write_adapter(NESTED, SHAPE))
    for sizes in ({}, {"batch": 3, "features": 3, "hidden": 5, "seed": 4}):
        report = check(space["build"](_module(), **sizes))
        assert report.verdict.name == "PASS", report.reason
        assert [block.name for block in report.blocks] == ["W1", "b1", "W2", "b2"]


def test_runs_make_the_calls_that_they_need() -> None:
    """Asked for the gradient, the forward pass is made first; an update is read where it acts."""
    written = write_adapter(NESTED, SHAPE)
    assert set(written.runs) >= {"forward", "loss", "gradient", "gradient_given", "update", "update_given", "train"}
    space, rng = _adapter(written), np.random.default_rng(0)
    values: dict[str, Any] = {"X": rng.standard_normal((5, 2)), "Y": rng.standard_normal((5, 1)), "learning_rate": 0.1}
    values |= {"W1": np.ones((2, 4)), "b1": np.zeros((1, 4)), "W2": np.ones((4, 1)), "b2": np.zeros((1, 1))}
    before = values["W2"].copy()
    space["run_update"](_module(), values)
    np.testing.assert_allclose(values["W2"], before - 0.1 * values["gradients"][1][0])


def test_given_forward_values_are_used() -> None:
    """The backward pass goes on from what it is given, not from what the code computes."""
    space, rng = _adapter(write_adapter(NESTED, SHAPE)), np.random.default_rng(0)
    values: dict[str, Any] = {"X": rng.standard_normal((5, 2)), "Y": np.zeros((5, 1)), "output": np.ones((5, 1))}
    values |= {"W1": np.ones((2, 4)), "b1": np.zeros((1, 4)), "W2": np.ones((4, 1)), "b2": np.zeros((1, 1))}
    values["A1"] = np.zeros((5, 4))
    space["run_gradient_given"](_module(), values)
    np.testing.assert_allclose(values["db2"], [[2.0]])
    np.testing.assert_allclose(values["dW2"], 0.0)


def test_a_cache_cannot_be_given() -> None:
    """What only the code can read comes from its own forward pass."""
    calls = _calls(
        forward="forward(X, params) -> output, cache", loss="cost(output, Y) -> loss",
        gradient="backward(Y, cache) -> gradients",
    )  # fmt: skip
    runs = write_adapter(Interface(style=Style.FUNCTIONS, calls=calls), SHAPE).runs
    assert "gradient" in runs
    assert "loss_given" in runs
    assert "gradient_given" not in runs


def test_a_loss_that_the_code_does_not_compute_is_written() -> None:
    """Given its expression; without one there is no problem to be checked."""
    calls = {name: call for name, call in NESTED.calls.items() if name != "loss"}
    interface = Interface(style=Style.FUNCTIONS, calls=calls, parameters=NESTED.parameters, gradients=NESTED.gradients)
    space = _adapter(write_adapter(interface, SHAPE, expected_loss=SQUARES))
    assert check(space["build"](_module())).verdict.name == "PASS"
    with pytest.raises(PlanError, match="no declared call gives loss"):
        write_adapter(interface, SHAPE)


def test_nothing_leads_to_a_gradient() -> None:
    """Said by name."""
    calls = _calls(forward="forward(X, params) -> output", loss="cost(output, Y) -> loss")
    with pytest.raises(PlanError, match="train"):
        write_adapter(Interface(style=Style.FUNCTIONS, calls=calls), SHAPE)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"W1": "params['W1']", "b1": "params['b1']"}, "{'W1': s['W1'], 'b1': s['b1']}"),
        ({"W1": "params[0]['w']", "b1": "params[0]['b']"}, "[{'w': s['W1'], 'b': s['b1']}]"),
        ({"W1": "params[1].w"}, "[None, types.SimpleNamespace(w=s['W1'])]"),
    ],
)
def test_structures(places: dict[str, str], expected: str) -> None:
    """Dictionaries, lists from 0 on, and objects with attributes."""
    assert structure({role: parse_place(text) for role, text in places.items()}) == expected
    ast.parse(expected)
