"""What HIPS autograd's own suite checks numerically: every rule is right, and is found right."""

from __future__ import annotations

import warnings

import pytest
from peer_tables.autograd_arrays import CASES as ARRAYS
from peer_tables.autograd_special import CASES as SPECIAL
from peer_tables.case import Case

from gradcheck.integrations.autograd import check_function

CASES = [*ARRAYS, *SPECIAL]


def test_there_are_several_hundred() -> None:
    """No part of the tables is lost, and no case is there twice."""
    assert len({case.name for case in CASES}) == len(CASES) > 400


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rule_is_right(case: Case) -> None:
    """No false alarm; where the derivative is zero everywhere the report says that there is nothing to compare."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some rules of autograd use names that newer NumPy has deprecated
        report = check_function(case.function, case.inputs, products=("vjp", "jvp") if case.forward else ("vjp",))
    assert report.verdict.name == ("INVALID" if case.constant else "PASS"), report.reason
