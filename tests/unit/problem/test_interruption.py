"""Signals that arrive at any moment: everything is put back all the same."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from gradcheck import Problem, check, ref
from gradcheck.problem.state import ATTEMPTS, to_the_end

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers"),
    pytest.mark.skipif(
        threading.current_thread() is not threading.main_thread(), reason="signals go to the main thread"
    ),
]


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.skipif(
    sys.gettrace() is not None or "coverage" in sys.modules, reason="an interrupt inside a tracer's own lock blocks it"
)
@pytest.mark.slow  # a signal may also strike a callback of the interpreter, and upset the tests that share the process
@pytest.mark.parametrize("how", ["live", "update"])
def test_interrupts_at_random_times_leave_no_trace(make_net: Any, how: str) -> None:
    """Hundreds of checks, each interrupted somewhere: in the loss, in a step, while state is put back."""
    rng = np.random.default_rng(11)
    net = make_net((3, 4, 2))
    held = {"scale": 1.0}
    arrays = [*net.W, *net.b, net.X, net.y]
    before, attributes = [a.tobytes() for a in arrays], dict(vars(net))
    params = {**net.params(), "scale": ref(held, "scale")}

    def gradient() -> Any:
        return {k: held["scale"] * g for k, g in net.gradient().items()} | {"scale": net.loss()}

    def step(rate: float) -> None:
        loss = net.loss()
        for p, g in zip([*net.W, *net.b], [*net.grads()[0], *net.grads()[1]], strict=True):
            p[...] -= rate * held["scale"] * g
        held["scale"] = held["scale"] - rate * loss

    def loss() -> Any:
        return held["scale"] * net.loss()

    def problem() -> Problem:
        return Problem.live(loss, gradient, params) if how == "live" else Problem.from_update(loss, step, params)

    start = time.perf_counter()
    assert check(problem()).verdict.name == "PASS"
    usual = time.perf_counter() - start
    previous = signal.signal(signal.SIGALRM, _interrupt)
    interrupted = 0
    try:
        for _ in range(150):
            try:
                signal.setitimer(signal.ITIMER_REAL, float(rng.uniform(1e-5, usual)))
                check(problem())
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                interrupted += 1
            assert [a.tobytes() for a in arrays] == before
            assert held == {"scale": 1.0}
            assert {k: v for k, v in vars(net).items() if k != "a"} == {k: v for k, v in attributes.items() if k != "a"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)
    assert interrupted > 30


def test_an_interrupted_restoration_is_finished_first() -> None:
    """Then what interrupted it is raised."""
    done: list[int] = []

    def restore() -> None:
        done.append(len(done))
        if len(done) < ATTEMPTS:
            raise KeyboardInterrupt(str(len(done)))

    with pytest.raises(KeyboardInterrupt, match=str(ATTEMPTS - 1)):
        to_the_end(restore)
    assert len(done) == ATTEMPTS


def test_a_restoration_that_cannot_succeed_is_not_tried_for_ever() -> None:
    """The error is the caller's."""
    done: list[int] = []

    def restore() -> None:
        done.append(1)
        raise LookupError

    with pytest.raises(LookupError):
        to_the_end(restore)
    assert len(done) == ATTEMPTS


def test_a_setter_that_is_interrupted_is_called_again() -> None:
    """Putting live parameters back goes through the user's properties."""

    class Net:
        def __init__(self) -> None:
            self._w, self.calls = 0.5, 0

        @property
        def w(self) -> float:
            return self._w

        @w.setter
        def w(self, value: float) -> None:
            self.calls += 1
            if self.calls == 3:  # the first is a trial, the second sets
                raise KeyboardInterrupt
            self._w = value

    net = Net()
    driver = Problem.live(lambda: net.w**2, lambda: [2 * net.w], {"w": ref(net, "w")}).driver
    with pytest.raises(KeyboardInterrupt):
        driver.loss([np.array(3.0)])
    assert net.w == 0.5
