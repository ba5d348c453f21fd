"""The bugs that hand-written back-propagation has, one entry each; a module a kind, each with its ``BUGS``."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from types import MappingProxyType

from gradcheck import language
from gradcheck.diagnosis.catalogue import (
    between_layers,
    bias,
    derivatives,
    elsewhere,
    output,
    regularisation,
    signs_and_twos,
    sizes,
    state,
    upstream,
    weight,
)
from gradcheck.diagnosis.catalogue.bug import Bug, Constant, Example, Family
from gradcheck.diagnosis.catalogue.conventions import CONVENTIONS, Convention

__all__ = ["CATALOGUE", "CONVENTIONS", "Bug", "Constant", "Convention", "Example", "Family", "bug"]

# In the catalogue's order.
_MODULES = (
    signs_and_twos,
    sizes,
    output,
    derivatives,
    upstream,
    weight,
    bias,
    regularisation,
    between_layers,
    state,
    elsewhere,
)


def _collected() -> Mapping[str, Bug]:
    """All entries by id, in the catalogue's order.

    Raises
    ------
    ValueError
        If two entries have one id.
    """
    entries: dict[str, Bug] = {}
    for entry in (entry for module in _MODULES for entry in module.BUGS):
        if entry.id in entries:
            raise ValueError(f"two bugs have the id {entry.id!r}")
        entries[entry.id] = entry
    return MappingProxyType(entries)


CATALOGUE: Mapping[str, Bug] = _collected()


def bug(identifier: str) -> Bug:
    """The entry of an id.

    Raises
    ------
    KeyError
        If there is none; the message names ids that are close.

    Examples
    --------
    >>> bug("sign-flip").title
    'a wrong sign in every block'
    """
    if identifier in CATALOGUE:
        return CATALOGUE[identifier]
    close = difflib.get_close_matches(identifier.lower(), CATALOGUE, n=3, cutoff=0.5)
    if not close:
        raise KeyError(language.tr("no bug has the id {id!r}; `gradcheck bugs list` names them all", id=identifier))
    meant = functools.reduce(lambda one, other: language.tr("{one} or {other}", one=one, other=other), map(repr, close))
    raise KeyError(language.tr("no bug has the id {id!r}; did you mean {ids}?", id=identifier, ids=meant))
