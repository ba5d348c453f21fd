"""The exceptions: one root, and what else each one is."""

from __future__ import annotations

import pytest

from gradcheck import GradcheckError, GradientMismatchError, InvalidArgumentError, SubmissionError, errors
from gradcheck.records import CheckReport, Evaluations, Verdict


def _report() -> CheckReport:
    return CheckReport(
        verdict=Verdict.FAIL, reason="wrong", blocks=(), evaluations=Evaluations(loss=0, gradient=0), power={}
    )


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_the_root(name: str) -> None:
    """``except GradcheckError`` catches all that is raised on purpose, and nothing else."""
    assert issubclass(getattr(errors, name), GradcheckError)
    assert not issubclass(ValueError, GradcheckError)


def test_a_bad_argument_is_a_value_error() -> None:
    """So that callers who know NumPy catch it."""
    assert issubclass(InvalidArgumentError, ValueError)


def test_a_mismatch_is_an_assertion_error_with_its_report() -> None:
    """Test runners show it as a failed assertion, and its report is at hand."""
    report = _report()
    error = GradientMismatchError("FAIL: wrong", report)
    assert isinstance(error, AssertionError)
    assert error.report is report
    assert str(error) == "FAIL: wrong"


def test_a_submission_error_is_no_assertion() -> None:
    """A file that cannot be loaded is not a wrong gradient."""
    assert not issubclass(SubmissionError, AssertionError)
