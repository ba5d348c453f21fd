"""Factors that cure by chance of structure: which are doubted, and which are not."""

from __future__ import annotations

import pytest

from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.identifying.factor_doubts import is_doubtful


def factor(before: str, after: str, detail: str, kind: EditKind = EditKind.SCALE) -> Edit:
    """A cure that puts a constant on."""
    return Edit(kind=kind, role=Role.OTHER, line=3, before=before, after=after, text="", cost=1, detail=detail)


TWICE = factor("dz = d @ W.T", "dz = 2 * d @ W.T", "2")
HALF = factor("g = h.T @ dz", "g = h.T @ dz / 2", "0.5")
BATCH = factor("g = h.T @ dz", "g = h.T @ dz / m", "batch")
DROPPED = factor("dz = 2 * d @ W.T", "dz = d @ W.T", "2", EditKind.UNSCALE)


def test_a_constant_on_a_value_that_is_kept_is_doubted() -> None:
    """What is multiplied is also copied; a delta may well lack a constant, and so may what is returned."""
    assert is_doubtful(factor("kept.append((h, z))", "kept.append((2 * h, z))", "2"), [])
    assert not is_doubtful(factor("deltas.append(delta)", "deltas.append(2 * delta)", "2"), [])
    assert not is_doubtful(factor("return h", "return 2 * h", "2"), [])
    assert not is_doubtful(TWICE, [])


@pytest.mark.parametrize(
    ("one", "other", "doubted"),
    [(TWICE, HALF, True), (TWICE, DROPPED, True), (TWICE, BATCH, False), (HALF, DROPPED, False), (HALF, BATCH, False)],
)
def test_a_constant_that_another_edit_takes_back_is_doubted(one: Edit, other: Edit, doubted: bool) -> None:
    """Twice here and half there is one mistake seen from two places, or two that happen to be opposite."""
    assert is_doubtful(one, [other]) is doubted
    assert is_doubtful(other, [one]) is doubted


def test_only_factors_are_doubted() -> None:
    """Another kind of edit on such a line says what it says."""
    copy = factor("kept.append(h)", "kept.append(h.copy())", "", EditKind.KEEP_COPY)
    assert not is_doubtful(copy, [HALF])
