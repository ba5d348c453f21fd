"""Several updates of one parameter in a step are told from one update of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck.submissions.running.looking import Capture
from gradcheck.submissions.running.runtime import Runtime
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.places import Place
from gradcheck.submissions.steps.repeated_updates import updates_again
from gradcheck.submissions.text.sites import Loop

LOOPS = [Loop(function="", line=line, nested=line == 1, while_loop=False, last=9) for line in (1, 2)]
WEIGHTS = [np.ones(2), np.ones(2)]


@pytest.mark.parametrize(
    ("order", "nested", "several"),
    [((0, 1), True, False), ((0, 1, 0), True, True), ((0, 1, 0), False, False), ((), True, False)],
)
def test_a_loop_inside_a_step(*, order: tuple[int, ...], nested: bool, several: bool) -> None:
    """Over layers each is changed once; over samples one is changed again, and all is put back."""
    runtime = Runtime([], LOOPS, lambda _: False)
    runtime.driving = True

    def step(_item: Any) -> None:
        for layer in runtime.loop(1, order, step):
            WEIGHTS[layer] -= 0.1 * WEIGHTS[layer]

    def getter(index: int) -> Callable[[], Any]:
        return lambda: WEIGHTS[index]

    experiment = Experiment(runtime, Capture(LOOPS[0 if nested else 1], 0, step, (None,)))
    experiment.places = {str(i): Place("WEIGHTS", getter(i), lambda _: None, (("item", i),), None) for i in (0, 1)}
    assert updates_again(experiment) is several
    assert np.all(np.array(WEIGHTS) == 1.0)
