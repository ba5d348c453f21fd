"""A forward pass is followed past what loses a derivative, where nothing that the loss needs is lost."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from gradcheck.oracles.autodiff import true_gradient
from gradcheck.oracles.autodiff.recording import record_forward
from gradcheck.oracles.autodiff.rewrite import compiled_expression
from gradcheck.problem import OracleUnavailableError, Problem

START = np.array([0.4, -0.7, 1.1])
REFUSED = "not supported on a traced value"


def problem(loss: Any) -> Problem:
    """A problem of that loss; its gradient is not looked at."""
    return Problem(loss, lambda w: w, START.copy())


def test_what_is_kept_beside_the_loss_loses_nothing() -> None:
    """A running sum of squares and a text that shows the loss take numbers out of the trace; the loss needs neither."""
    memory, texts = np.zeros(3), []

    def loss(w: Any) -> Any:
        np.add(memory, w * w, out=memory)
        value = (w**3).sum()
        texts.append(f"{float(value):.3f}")
        return value

    driver = problem(loss).driver
    with pytest.raises(OracleUnavailableError, match=REFUSED):
        true_gradient(driver, [START])
    forward = record_forward(driver, [START])
    np.testing.assert_allclose(forward.values[0].adjoint, 3.0 * START**2, rtol=1e-12)


def test_a_rule_that_refuses_beside_the_loss_loses_nothing() -> None:
    """``np.diff`` with a prefix has no rule; what it gives is shown, and the loss does not need it."""
    shown = []

    def loss(w: Any) -> Any:
        shown.append(np.diff(w, prepend=0.0))
        return (w**2).sum()

    forward = record_forward(problem(loss).driver, [START])
    np.testing.assert_allclose(forward.values[0].adjoint, 2.0 * START, rtol=1e-12)
    assert len(shown) >= 2  # strictly, and past it

    needed = problem(lambda w: (np.diff(w, prepend=0.0) ** 2).sum())
    with pytest.raises(OracleUnavailableError, match=r"np\.diff called like this"):
        record_forward(needed.driver, [START])


def test_a_loss_that_needs_what_is_lost_is_not_followed() -> None:
    """Half of it goes by way of a plain array: what is left is no derivative of it."""

    def loss(w: Any) -> Any:
        held = np.ones(3)
        held.setflags(write=True)
        plain = memory
        plain[...] = w
        return (w**2).sum() + (plain * held).sum()

    memory = np.zeros(3)
    with pytest.raises(OracleUnavailableError, match=REFUSED):
        record_forward(problem(loss).driver, [START])


def test_an_expression_sees_the_stand_ins_of_a_traced_run() -> None:
    """``np.mean`` of a list of traced numbers is one in an expression that was made while the program runs."""
    mean = compiled_expression(ast.parse("np.mean([w[0] * 2.0, w[1]])", mode="eval").body, "<shown>")
    hook = "__gradcheck_resolve__"

    def loss(w: Any) -> Any:
        return mean({"np": np, "w": w, **{name: value for name, value in globals().items() if name == hook}})

    np.testing.assert_allclose(true_gradient(problem(loss).driver, [START])[0], [1.0, 0.5, 0.0], rtol=1e-12)
    assert loss(START) == pytest.approx(0.05)
