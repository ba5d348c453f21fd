"""What comes of spoiling a draft: wrong drafts with their places, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradcheck.grading.self_test.draft import Draft

__all__ = ["NotHere", "Spoiler", "Spoilt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """A draft with one bug in one place.

    Attributes
    ----------
    where : str
        What is wrong and where, as part of a sentence.
    draft : Draft
    """

    where: str
    draft: Draft


class NotHere(Exception):  # noqa: N818 (no error: an answer)
    """The network has no place for the bug; the message says why, in a sentence's words."""


Spoiler = Callable[[Draft], list[Spoilt]]
"""All places of a bug in a right draft, of which there is at least one; raises `NotHere` where there is none."""
