"""What an assignment file may say of each kind of rubric item: its name, its options, and the calls that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Kind", "Option", "Refers"]

Refers = Literal["parameter", "activation", "layer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One key of a table: of the file's own tables, or of the items of a kind.

    Attributes
    ----------
    name : str
    schema : mapping
        What it may hold, as a JSON Schema (2020-12): ``{"type": "number", "exclusiveMinimum": 0}``.
    meaning : str
        For the documentation and for messages, with its unit.
    default : object
        What it is where the file does not say; None where there is no value then.
    required : bool
        Whether the file must say.
    refers : {'parameter', 'activation', 'layer'} or None
        Where its text, or every text in its list, must be a parameter or an activation of the assignment's network; or
        its number, from 1, one of the interface's ``layers``.
    """

    name: str
    schema: Mapping[str, Any]
    meaning: str
    default: Any = None
    required: bool = False
    refers: Refers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of rubric item, as far as the file is concerned; what it measures is in ``gradcheck.grading.items``.

    Attributes
    ----------
    name : str
        As in ``checks = "name"``.
    summary : str
        What it looks at, for the documentation, in one sentence.
    options : tuple of Option
    needs : tuple of tuple of str
        The calls without which it cannot be measured where an interface is declared: of each inner tuple one. Words of
        ``CALL_NAMES``, and ``activations``, ``derivatives``, ``layers``.
    undeclared : bool
        Whether it can be measured of a submission that is recognised by itself, or driven by an adapter.
    """

    name: str
    summary: str
    options: tuple[Option, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    undeclared: bool = True
