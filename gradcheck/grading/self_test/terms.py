"""Formulas of a network as terms over canonical arrays (samples in rows): programs are written from these.

Terms are built by position, as formulas are written. A `Name` is a role: ``X``, ``Y``, ``W1``, ``Z1``, ``dA1``, ``m``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

__all__ = [
    "Activated",
    "Apply",
    "Minus",
    "Name",
    "Number",
    "Outer",
    "Over",
    "Plus",
    "Product",
    "Slope",
    "Sum",
    "Term",
    "Times",
    "Turned",
    "changed",
    "scaled",
]


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a role."""

    role: str


@dataclass(frozen=True, slots=True)
class Number:
    """A constant (dimensionless)."""

    value: float


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two terms beside each other."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Product(_Pair):
    """The matrix product."""


@dataclass(frozen=True, slots=True)
class Outer:
    """The sum over samples of ``inputs_i`` times ``delta_j``: ``inputs^T delta``."""

    inputs: Term
    delta: Term


@dataclass(frozen=True, slots=True)
class Turned:
    """The transpose."""

    inner: Term


@dataclass(frozen=True, slots=True)
class Times(_Pair):
    """Entry by entry."""


@dataclass(frozen=True, slots=True)
class Over(_Pair):
    """Entry by entry."""


@dataclass(frozen=True, slots=True)
class Plus(_Pair):
    """Entry by entry."""


@dataclass(frozen=True, slots=True)
class Minus(_Pair):
    """Entry by entry."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Over the samples (in the shape of a bias), over the units (a column), or over everything (a number)."""

    inner: Term
    over: Literal["samples", "units", "all"] = "samples"
    mean: bool = False


@dataclass(frozen=True, slots=True)
class Activated:
    """An activation, by its name in an assignment."""

    name: str
    inner: Term


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivative of an activation, from the pre-activation or from the activation; None for what is at hand."""

    name: str
    before: Term | None
    after: Term | None


@dataclass(frozen=True, slots=True)
class Apply:
    """A text with ``{}`` for each argument: ``np.exp({})``; or the name of a helper."""

    text: str
    arguments: tuple[Term, ...]


Term = Name | Number | Product | Outer | Turned | Times | Over | Plus | Minus | Sum | Activated | Slope | Apply


def scaled(number: float, term: Term) -> Term:
    """A term times a constant, which is not written where it is 1."""
    return term if number == 1.0 else Times(Number(number), term)


def changed(term: Term, change: Callable[[Term], Term | None]) -> Term:
    """The same with every innermost-first term for which there is another one put in its place.

    Parameters
    ----------
    term : Term
    change : callable
        ``change(term)`` gives what stands in its place; None for nothing else.
    """
    inner: dict[str, Any] = {}
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, Term):
            inner[field.name] = changed(value, change)
        elif isinstance(value, tuple):
            inner[field.name] = tuple(changed(each, change) for each in value)
    rebuilt: Term = replace(term, **inner) if inner else term
    other = change(rebuilt)
    return rebuilt if other is None else other
