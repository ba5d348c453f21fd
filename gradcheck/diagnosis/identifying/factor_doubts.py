"""Factors that a cure puts where no constant belongs, or takes back elsewhere: they cure, and name nothing surely."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcheck.diagnosis.catalogue.fit import FACTORS, adds_division, drops_division
from gradcheck.diagnosis.catalogue.learner_names import is_gradient_name
from gradcheck.diagnosis.edit import Edit, EditKind
from gradcheck.diagnosis.identifying.narrowing import narrowed

__all__ = ["DOUBTED", "is_doubtful"]

# No surer is the name of such a factor: a copy, or another formula, may be what is missing.
DOUBTED = 0.75
VARIABLE = re.compile(r"[A-Za-z_][\w.]*(?:\[[^\]]*\])*")


def is_doubtful(edit: Edit, others: Sequence[Edit]) -> bool:
    """Whether an edit's constant is put on a value kept for later, or taken back by another edit of the same cure.

    Parameters
    ----------
    edit : Edit
    others : sequence of Edit
        The rest of the cure.
    """
    if edit.kind not in FACTORS:
        return False
    return _on_kept_value(edit) or any(_takes_back(other, edit) for other in others)


def _on_kept_value(edit: Edit) -> bool:
    """``cache.append((2 * h, z))`` of ``cache.append((h, z))``: multiplied, a value is also a copy."""
    part = narrowed(edit).before.strip()
    returned = edit.before.lstrip().startswith("return")
    bare = VARIABLE.fullmatch(part) is not None
    return edit.kind is EditKind.SCALE and bare and not returned and not is_gradient_name(part)


def _takes_back(other: Edit, edit: Edit) -> bool:
    if other.kind not in FACTORS or _constant(other) != _constant(edit):
        return False
    ways = [(adds_division(each), drops_division(each)) for each in (other, edit)]
    return ways[0] == ways[1][::-1] and ways[0][0] != ways[0][1]


def _constant(edit: Edit) -> str:
    return "2" if edit.detail in ("0.5", "2.0") else edit.detail
