"""Constructed records, so that what is drawn does not depend on what the engine measures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcheck.records import (
    BlockReport,
    CheckReport,
    Entry,
    Evaluations,
    Finding,
    OrderTest,
    Pattern,
    Severity,
    Verdict,
)

# Lets the tests of this folder import the diagnoses constructed beside them; the checkout itself stays off the path.
_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)


def _wrong_block() -> BlockReport:
    return BlockReport(
        name="W1",
        shape=(2, 4),
        verdict=Verdict.FAIL,
        relative_error=0.5,
        error_bound=1e-10,
        cosine=0.7,
        worst=(
            Entry(index=(0, 3), analytic=0.125, numeric=0.25, error_bound=1e-11),
            Entry(index=(1, 3), analytic=-0.0625, numeric=-0.125, error_bound=1e-11),
        ),
        pattern=Pattern(kind="columns", indices=((3,),), message="column 3 of W1 (unit 3)"),
    )


@pytest.fixture
def failing() -> CheckReport:
    """A failure with everything in it: pattern, entries, findings, blind spots, an order test."""
    return CheckReport(
        verdict=Verdict.FAIL,
        reason="wrong: W1; right: b1 (along a random direction the claimed derivative is 1, the loss's own 2)",
        summary="wrong: W1; right: b1",
        blocks=(
            _wrong_block(),
            BlockReport(name="b1", shape=(4,), verdict=Verdict.PASS, relative_error=3e-9, error_bound=2e-10),
        ),
        evaluations=Evaluations(loss=16, gradient=3),
        power={"W1": 4e-4, "b1": 5e-5},
        findings=(
            Finding(id="loss-epsilon", severity=Severity.INFO, message="a small constant beside the logarithm"),
            Finding(id="input-mutated", severity=Severity.ERROR, message="backward writes into X"),
        ),
        blind_spots=("sum-instead-of-mean",),
        oracle="finite-difference+autodiff",
        seed=3,
        file="student.py",
        interface="params-dict",
        network="train",
        loss="mean squared error",
        order_test=OrderTest(
            steps=(1e-3, 1e-4),
            zeroth=(1e-3, 1e-4),
            first=(1e-3, 1e-4),
            rates=(1.0,),
            usable=(True, True),
            rate=1.0,
            verdict=Verdict.FAIL,
        ),
    )


@pytest.fixture
def passing() -> CheckReport:
    """A pass of one block, from no file."""
    return CheckReport(
        verdict=Verdict.PASS,
        reason=Verdict.PASS.value,
        blocks=(BlockReport(name="W", shape=(), verdict=Verdict.PASS, relative_error=0.0, error_bound=1e-10),),
        evaluations=Evaluations(loss=4, gradient=2),
        power={"W": 5e-5},
    )


@pytest.fixture
def unreadable() -> Callable[..., CheckReport]:
    """A report of a file from which nothing could be run, with any reason."""

    def build(reason: str = "broken.py cannot be read", **more: Any) -> CheckReport:
        return CheckReport(
            verdict=Verdict.INVALID,
            reason=reason,
            blocks=(),
            evaluations=Evaluations(loss=0, gradient=0),
            power={},
            **{"file": "broken.py", **more},
        )

    return build
