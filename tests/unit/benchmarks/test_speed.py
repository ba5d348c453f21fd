"""The small network whose check is timed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed.network import plain_subject
from gradcheck import Problem, check


@pytest.mark.parametrize(("right", "verdict"), [(True, "PASS"), (False, "FAIL")])
def test_the_small_network_is_right_and_wrong(*, right: bool, verdict: str) -> None:
    """In both of its forms, which are the same."""
    subject = plain_subject(right=right)
    report = check(Problem(*subject.parts))
    assert report.verdict.name == verdict
    assert check(Problem(subject.loss, subject.gradient, subject.theta)).verdict.name == verdict
    flat = np.concatenate([part.ravel() for part in subject.parts.gradient(subject.parts.params).values()])
    np.testing.assert_allclose(subject.gradient(subject.theta), flat)
