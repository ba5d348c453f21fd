"""What every test shares: one BLAS thread a process, Hypothesis profiles, read-only arrays, the root of the tree."""

# ruff: noqa: E402 - the environment is set before NumPy is imported
from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # `translation` and `networks`, which tests of all kinds share

# Several workers, each with a pool of BLAS threads, run slower than one thread each.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")  # no test opens a window
os.environ["GRADCHECK_LANG"] = "en"  # what is said is compared, whoever's machine this is

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, settings

# A session that is started in the background ignores Ctrl-C, and so would the commands that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# dev: quick, and new examples each time. ci: the same examples each time, and a blob to repeat a failure with.
# nightly: many. A numerical check has no use for Hypothesis's deadline: the first call of a routine is the slow one.
settings.register_profile("dev", max_examples=30, deadline=None)
settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the tree that the tests belong to (of the checkout, not of the installed package)."""
    return ROOT


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, new for each test."""
    return np.random.default_rng(0)


@pytest.fixture
def read_only() -> Callable[[npt.ArrayLike], npt.NDArray[Any]]:
    """Copy an array and lock the copy, so that code which changes its input raises."""

    def lock(values: npt.ArrayLike) -> npt.NDArray[Any]:
        array = np.array(values)
        array.flags.writeable = False
        return array

    return lock
