"""Which bugs a constant factor may stand for, where it is; how a report writes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.catalogue.bug import Extent
from gradcheck.diagnosis.search.factors import Explanation, Factors, Vector
from gradcheck.diagnosis.search.paths import FactorUse
from gradcheck.language import tr

__all__ = ["LOCAL", "alternatives", "first_known", "in_words"]

# Bugs whose constants are for one scope only.
EVERYWHERE_ONLY, BELOW_ONLY, BIAS_ONLY = (
    frozenset(bug.id for bug in CATALOGUE.values() if bug.extent is extent)
    for extent in (Extent.ALL, Extent.BELOW, Extent.BIAS)
)
LOCAL = "local-constant"
PLAIN_NUMBERS = frozenset(bug.id for bug in CATALOGUE.values() if bug.plain_number)
# A derivative written with a constant too many multiplies all that comes after it.
FORMULA = "wrong-derivative-formula"


def alternatives(
    use: FactorUse, explanations: Sequence[Explanation], last: int, *, several: bool
) -> list[tuple[str, ...]]:
    """Bugs that a factor may stand for where it is, the likeliest first."""
    excluded: frozenset[str] = BELOW_ONLY | BIAS_ONLY
    if use.block:
        excluded = BELOW_ONLY | (frozenset() if use.kind == "bias" else BIAS_ONLY)
    elif use.layer < last or several:
        excluded = EVERYWHERE_ONLY | BIAS_ONLY
    names = [each.bugs for each in explanations if not excluded & set(each.bugs)]
    of_bias = [bugs for bugs in names if BIAS_ONLY & set(bugs)]
    if use.kind == "bias" and of_bias:
        return list(dict.fromkeys(of_bias))
    if not use.block and names and len(names[0]) == 1:
        names.append((FORMULA,))
    if names and use.block:
        plain = len(names[0]) > 1 or (not several and bool(PLAIN_NUMBERS & set(names[0])))
        names.insert(0 if plain else len(names), (LOCAL,))
    return list(dict.fromkeys(names))


def in_words(use: FactorUse, factors: Factors) -> str:
    """Its value in the first configuration, with the formula that gives it, if there is one."""
    explanations = factors.explain(use.factor)
    value = f"{first_known(use.factor):.6g}"
    return tr("{value} ({formula})", value=value, formula=explanations[0].formula) if explanations else value


def first_known(factor: Vector) -> float:
    """Its first entry that could be told; NaN where none could."""
    return next((value for value in factor if not math.isnan(value)), math.nan)
