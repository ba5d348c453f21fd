"""Experiments leave everything as it was, also what a loop runs over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck.errors import SubmissionError
from gradcheck.submissions.running.looking import Capture
from gradcheck.submissions.running.runtime import Runtime
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.text.sites import Loop


def descend(item: Any) -> None:
    """One turn of ``for p, g in zip(parameters, gradients)``: what it changes is held by the item alone."""
    parameter, gradient = item
    parameter -= 0.1 * gradient


def test_what_a_loop_runs_over_is_put_back() -> None:
    """The items' arrays are no variables of the step; they are restored with all that it reaches."""
    items = tuple((np.arange(3.0) + i, np.ones(3)) for i in range(2))
    loop = Loop(function="", line=1, nested=False, while_loop=False, last=9)
    runtime = Runtime([], [loop], lambda _: False)
    experiment = Experiment(runtime, Capture(loop=loop, number=0, step=descend, items=items))
    experiment.run(items[0])
    experiment.run(items[1])
    assert items[0][0].tolist() != [0.0, 1.0, 2.0]
    experiment.restore()
    assert items[0][0].tolist() == [0.0, 1.0, 2.0]
    assert items[1][0].tolist() == [1.0, 2.0, 3.0]


def test_a_state_that_is_begun_anew_holds_the_items_too() -> None:
    """``begin_here`` takes everything as it is at that moment."""
    items = ((np.zeros(2), np.ones(2)),)
    loop = Loop(function="", line=1, nested=False, while_loop=False, last=9)
    experiment = Experiment(Runtime([], [loop], lambda _: False), Capture(loop, 0, descend, items))
    experiment.run(items[0])
    experiment.begin_here()
    experiment.run(items[0])
    experiment.restore()
    assert np.allclose(items[0][0], -0.1)
    experiment.begin_as_captured()
    assert np.allclose(items[0][0], 0.0)


def test_a_loop_inside_that_does_not_end_is_broken_off() -> None:
    """A search that waits for less than an earlier turn has kept: at rate zero it is left, at another it is refused."""
    state = {"best": 1.0}

    def search(_item: Any) -> None:
        ticket = runtime.ticket(0, search)
        while runtime.turn(ticket):
            if state["best"] >= 1.0:
                break

    loop = Loop(function="", line=7, nested=False, while_loop=True, last=9)
    runtime = Runtime([], [loop], lambda _: False)
    runtime.driving = True
    experiment = Experiment(runtime, Capture(loop, 0, search, (None,)))
    experiment.run(None)
    state["best"] = 0.0
    experiment.run(None, rate=0.0)
    with pytest.raises(SubmissionError, match="line 7 does not end"):
        experiment.run(None)
