"""What an item has measured, before it is turned into a mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck.grading.records import Message, Outcome
from gradcheck.language import mark, tr

__all__ = ["RIGHT", "Measured", "failed"]

RIGHT = mark("Right at every hidden point.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of one item.

    Attributes
    ----------
    share : float
        Of the item's points, 0 to 1: which part of what was looked at is right.
    message : Message
        The one best thing to tell.
    evidence : tuple of str
        Everything that was measured.
    outcome : Outcome or None
        Where it is no matter of being right: ``UNVERIFIED``, ``UNGRADABLE``.
    factor : bool
        Whether what is wrong is a constant factor alone.
    conventions : frozenset of str
        Of ``CONVENTIONS``: what must be allowed for it to be right.
    blocks : tuple of str
        The blocks whose gradient is wrong here.
    line : int or None
    broken : bool
        Whether nothing came that could be compared, such as an exception: no formula is right or wrong then.
    curves : mapping of str to tuple of float
        Figures for the sheet.
    """

    share: float
    message: Message = field(default_factory=lambda: Message(symptom=tr(RIGHT)))
    evidence: tuple[str, ...] = ()
    outcome: Outcome | None = None
    factor: bool = False
    conventions: frozenset[str] = frozenset()
    blocks: tuple[str, ...] = ()
    line: int | None = None
    broken: bool = False
    curves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def failed(symptom: str, *evidence: str, share: float = 0.0, **more: object) -> Measured:
    """Wrong, with what was seen."""
    place, line = more.pop("place", None), more.pop("line", None)
    name, fix = more.pop("name", None), more.pop("fix", None)
    message = Message(
        symptom=symptom,
        place=None if place is None else str(place),
        name=None if name is None else str(name),
        fix=None if fix is None else str(fix),
    )
    return Measured(
        share=share, message=message, evidence=evidence, line=line if isinstance(line, int) else None,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
