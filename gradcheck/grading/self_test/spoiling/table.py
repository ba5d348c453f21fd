"""Every bug of the catalogue with what plants it."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.grading.self_test.draft import Draft
from gradcheck.grading.self_test.spoiling.blocks import BLOCKS
from gradcheck.grading.self_test.spoiling.output import OUTPUT
from gradcheck.grading.self_test.spoiling.recursion import RECURSION
from gradcheck.grading.self_test.spoiling.scale import SCALE
from gradcheck.grading.self_test.spoiling.spoilt import NotHere, Spoiler, Spoilt
from gradcheck.grading.self_test.spoiling.state import ELSEWHERE, STATE

__all__ = ["SPOILERS", "Spoilt", "spoilt"]

SPOILERS: Mapping[str, Spoiler] = {**SCALE, **OUTPUT, **RECURSION, **BLOCKS, **STATE, **ELSEWHERE}
"""By the catalogue's id."""


def spoilt(bug: str, draft: Draft) -> list[Spoilt] | str:
    """Wrong drafts, one for each place; or why the bug has no place in this network.

    Parameters
    ----------
    bug : str
        Of the catalogue.
    draft : Draft
        A right one.
    """
    try:
        return SPOILERS[bug](draft)
    except NotHere as answer:
        return str(answer)
