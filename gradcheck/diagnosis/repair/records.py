"""What a repair hands out."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.diagnosis.edit import Edit

__all__ = ["Partial", "Repair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """The best that edits achieve where none cures.

    Attributes
    ----------
    edits : tuple of Edit
    blocks : tuple of int
        The blocks, by place, that are right with them.
    text : str
        With all of them.
    without : tuple of str
        For each edit, the text with all the others.
    """

    edits: tuple[Edit, ...]
    blocks: tuple[int, ...]
    text: str = field(default="", repr=False)
    without: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was found.

    Attributes
    ----------
    edits : tuple of Edit
        A smallest set that cures, output layer first; empty when there is none, or nothing is wrong.
    text : str
        The whole text with all of them.
    patch : str
        Unified diff of that against the original; empty without edits.
    verified : bool
        Whether the whole check passes with it.
    decays : bool
        Whether the check was passed without the decay of an update, which the text keeps, with its sign turned round:
        a loss without a penalty does not judge it.
    patches : tuple of str
        Unified diff of each edit alone, against the original.
    alternatives : tuple of tuple of Edit
        For each edit, others that cure as well in its place.
    without : tuple of str
        For each edit, the text with all the others: that bug alone.
    trials : int
    partial : Partial or None
    reasons : tuple of str
        What speaks for the result, or why there is none.
    """

    edits: tuple[Edit, ...] = ()
    text: str = ""
    patch: str = ""
    verified: bool = False
    decays: bool = False
    patches: tuple[str, ...] = ()
    alternatives: tuple[tuple[Edit, ...], ...] = ()
    without: tuple[str, ...] = field(default=(), repr=False)
    trials: int = 0
    partial: Partial | None = None
    reasons: tuple[str, ...] = ()
