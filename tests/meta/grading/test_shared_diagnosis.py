"""Submissions whose gradients are wrong in the same way have the same marks, whoever was diagnosed."""

from __future__ import annotations

from collections.abc import Callable

from graded_programs import FUNCTIONS, SHORT, STEPS, spoilt

from gradcheck.grading.records import GradeRecord

Grade = Callable[..., GradeRecord]
DESCENT = '\n[[rubric]]\nid = "descent"\npoints = 1\nchecks = "property"\nproperty = "descent"\n'
CLIMBS = spoilt(FUNCTIONS, "dZ2 = (A2 - Y) / len(X)", "dZ2 = (Y - A2) / len(X)")
# A loop, in which no adjoint can be put.
LOOP = (
    FUNCTIONS.partition("def backward(")[0]
    + """def backward(X, Y, params, cache):
    values, found = [X, *cache], {}
    error = (values[2] - Y) / -len(X)
    for layer in (2, 1):
        found[f"dW{layer}"] = values[layer - 1].T @ error
        found[f"db{layer}"] = error.sum(axis=0, keepdims=True)
        error = error @ params[f"W{layer}"].T * (1 - values[layer - 1] ** 2)
    return found


def update("""
    + FUNCTIONS.partition("def update(")[2]
)


def test_a_shared_diagnosis_gives_the_same_marks(grade: Grade) -> None:
    """Also of what cannot be looked at in the second text itself."""
    first = grade(CLIMBS, SHORT + STEPS + DESCENT, diagnose=True)
    assert [bug.bug for bug in first.report.diagnoses] == ["sign-flip"]  # type: ignore[union-attr]
    alone = grade(LOOP, SHORT + STEPS + DESCENT)
    assert alone.fingerprint == first.fingerprint
    shared = grade(LOOP, SHORT + STEPS + DESCENT, diagnose=True, known=first.to_dict())
    assert [mark.points for mark in shared.marks] == [mark.points for mark in first.marks]
    assert (alone.points or 0.0) < (shared.points or 0.0)
