"""Right code has no bug in its gradient: many styles of network, and the reference networks that are right."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import gradcheck
from gradcheck import Problem, Verdict
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.records import Diagnosis
from reference_impls import Variant, catalogue

_TESTS = str(Path(__file__).resolve().parents[2])
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from networks.cases import RightCase, fast_cases  # noqa: E402 - the folder is put on the path above

RIGHT = [variant for variant in catalogue().variants if variant.expected_verdict == "pass"]
# One of so many, in every run.
EVERY = 6


def _of_a_gradient(found: Diagnosis) -> list[str]:
    """Bugs that make a gradient wrong; trouble elsewhere, which some of these networks are made to have, is none."""
    return [bug.bug for bug in found.diagnoses if CATALOGUE[bug.bug].gradient_wrong]


@pytest.mark.parametrize("case", fast_cases()[::EVERY], ids=lambda case: case.id)
def test_right_networks_have_no_bug(case: RightCase) -> None:
    """Of every style that the checker is judged by: no verdict FAIL, and no bug of a gradient by name."""
    found = gradcheck.diagnose(Problem(*case.make()))
    assert found.verdict is not Verdict.FAIL
    assert _of_a_gradient(found) == []


@pytest.mark.parametrize("variant", RIGHT[::3], ids=lambda variant: variant.id)
def test_right_references_have_no_bug(variant: Variant) -> None:
    """Published or corrected, what is right is not diagnosed."""
    made = variant.build()
    found = gradcheck.diagnose(Problem(made.loss, made.gradient, made.params))
    assert found.verdict is Verdict.PASS
    assert _of_a_gradient(found) == []
