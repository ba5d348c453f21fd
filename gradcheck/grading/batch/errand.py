"""What a worker is sent for: one submission, and what to find out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.grading.batch.parcels import Parcel
from gradcheck.grading.batch.work import Work

__all__ = ["Errand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One submission to be graded.

    Attributes
    ----------
    work : Work
    diagnose : bool
        Whether what is wrong is to be named.
    known : mapping or None
        The diagnosis (JSON form of a ``Diagnosis``) of another submission whose gradient is wrong in the same way.
    parcel : Parcel or None
        Its files, for a worker that does not see this machine's.
    """

    work: Work
    diagnose: bool = False
    known: Mapping[str, Any] | None = None
    parcel: Parcel | None = None

    @property
    def key(self) -> str:
        """The submission's key."""
        return self.work.key
