"""On what terms a file is run: what it may read, and how far it must be shut in."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.submissions.isolation.confinement import Level
from gradcheck.submissions.isolation.places import Reach

__all__ = ["Terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a file is run.

    Attributes
    ----------
    reach : Reach or None
        What it may read besides Python and its libraries; None for itself and what lies beside it.
    require : Level or None
        Nothing of it is run where this machine gives less.
    """

    reach: Reach | None = None
    require: Level | None = None
