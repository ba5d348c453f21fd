"""What a variation of a problem means for the keywords of a family."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from gradcheck.diagnosis.programs.program import UnavailableError, Variation
from gradcheck.language import tr

__all__ = ["family_keywords", "family_sizes"]

# What a variation multiplies; the rest it replaces.
FACTORS = frozenset({"learning_rate", "input_scale", "regularisation"})
SIZES = ("batch", "outputs", "features", "hidden", "learning_rate", "regularisation")
# The value of a factor that the family does not state.
NEUTRAL = {"input_scale": 1.0}


def family_keywords(family: Callable[..., Any], keywords: Mapping[str, Any], variation: Variation) -> dict[str, Any]:
    """The keywords that build the problem otherwise.

    Parameters
    ----------
    family : callable
    keywords : mapping
        Those of the problem as it is.
    variation : Variation

    Raises
    ------
    UnavailableError
        If the family's signature does not name what differs, or a factor has nothing to multiply.

    Examples
    --------
    >>> def build(*, batch=7, learning_rate=0.1): ...
    >>> family_keywords(build, {}, Variation(rows=3, learning_rate=2.0))
    {'batch': 3, 'learning_rate': 0.2}
    """
    known = {**_defaults(family), **keywords}
    changed = dict(keywords)
    for name, value in variation.given().items():
        keyword = "batch" if name == "rows" else name
        if keyword not in _names(family):
            raise UnavailableError(tr("the family has no keyword {keyword}", keyword=keyword))
        if keyword not in FACTORS:
            changed[keyword] = value
            continue
        base = known.get(keyword, NEUTRAL.get(keyword))
        if not isinstance(base, (int, float)) or base == 0:
            told = tr("{keyword} is {value!r} here, so that no factor changes it", keyword=keyword, value=base)
            raise UnavailableError(told)
        changed[keyword] = base * value
    return changed


def family_sizes(family: Callable[..., Any], keywords: Mapping[str, Any]) -> dict[str, float]:
    """Sizes and rates that a family's defaults and the keywords say."""
    known = {**_defaults(family), **keywords}
    return {
        name: float(known[name])
        for name in SIZES
        if isinstance(known.get(name), (int, float)) and not isinstance(known[name], bool)
    }


def _names(family: Callable[..., Any]) -> frozenset[str]:
    """Keywords of a family; of ``**keywords`` all that a family may have."""
    parameters = inspect.signature(family).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return frozenset({*SIZES, "input_scale", "weight_scale", "dtype", "seed"})
    return frozenset(parameter.name for parameter in parameters)


def _defaults(family: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(family).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}
