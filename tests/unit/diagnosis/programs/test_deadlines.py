"""Time limits: what runs too long is interrupted, each run by its own limit, and the signal is as it was afterwards."""

from __future__ import annotations

import signal
import time

import pytest

from gradcheck.diagnosis.programs.deadlines import TimeIsUpError, time_limited, time_limits

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers")


def test_what_takes_too_long_is_interrupted() -> None:
    """The message names the limit."""
    with pytest.raises(TimeIsUpError, match=r"0\.05 seconds"), time_limited(0.05):
        time.sleep(20.0)


def test_every_run_has_its_own_limit() -> None:
    """One that is over takes nothing from the next, and a later one is interrupted by its own."""
    with time_limits() as limited:
        with limited(20.0):
            assert 0.0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 20.0
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0
        with pytest.raises(TimeIsUpError, match=r"0\.04 seconds"), limited(0.04):
            time.sleep(20.0)
        with limited(20.0):
            pass


def test_the_handler_is_put_back() -> None:
    """Also where what ran was interrupted."""
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TimeIsUpError), time_limited(0.02):
        time.sleep(20.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_timer_of_others_is_left_alone() -> None:
    """Nothing is limited while it runs."""
    signal.setitimer(signal.ITIMER_REAL, 30.0)
    try:
        with time_limits() as limited, limited(0.001):
            time.sleep(0.02)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
