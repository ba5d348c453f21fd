"""What a worker process does: reads the assignment once, and grades what it is sent for."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.grading.assignment import Assignment, read_assignment
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.finding import files_of
from gradcheck.grading.batch.parcels import Parcel, opened
from gradcheck.grading.batch.work import Work, digest_of
from gradcheck.grading.records import GradeRecord, State
from gradcheck.language import tr, using

__all__ = ["Orders", "run_errands"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What all errands of a run have in common.

    Attributes
    ----------
    assignment : Path
    seed : int
        Of the hidden points.
    parcel : Parcel or None
        The assignment and the files that it refers to, for a worker that does not see this machine's.
    language : str
        That records are written in, whatever the worker's own is.
    """

    assignment: Path
    seed: int
    parcel: Parcel | None = None
    language: str = "en"


def run_errands(orders: Orders, errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    """Grade each; a record in JSON form for each.

    Parameters
    ----------
    orders : Orders
    errands : tuple of Errand
    """
    with _ONE_AT_A_TIME, using(orders.language):
        assignment = _assignment(_Frozen(orders))
        return [_run(errand, assignment, orders.seed) for errand in errands]


def _run(errand: Errand, assignment: Assignment, seed: int) -> dict[str, Any]:
    from gradcheck.grading.worker import grade_work

    with _here(errand) as work:
        record = grade_work(work, assignment, seed=seed, diagnose=errand.diagnose, known=errand.known)
        if not _is_as_it_was(work):
            record = _moved(record)
    return record.to_dict()


def _is_as_it_was(work: Work) -> bool:
    """Whether its files are those that its digest was made of: a record is kept by what was handed in."""
    if work.fault is not None:
        return True
    try:
        return digest_of(work.path, files_of(work.path)) == work.digest
    except OSError:
        return False


def _moved(record: GradeRecord) -> GradeRecord:
    """Nobody's mark: the next run looks again."""
    return GradeRecord(
        submission=record.submission, digest=record.digest, assignment=record.assignment, version=record.version,
        seed=record.seed, state=State.INTERNAL, reason=tr("it was changed or removed while the class was graded"),
        cure=tr("Run the same command again."),
    )  # fmt: skip


class _Frozen:
    """Orders as a key: what they hold is compared by content."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        parcel = orders.parcel
        self._key = (orders.assignment, None if parcel is None else tuple(sorted(parcel.files.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


# Automatic differentiation keeps the traces that are under way in one place of the process, and what is known of an
# assignment is one as well: threads of one process take turns.
_ONE_AT_A_TIME = threading.Lock()
# An unpacked assignment stays until its worker ends: its reference is run again and again.
_KEPT = contextlib.ExitStack()


@functools.lru_cache(maxsize=2)
def _assignment(frozen: _Frozen) -> Assignment:
    parcel = frozen.orders.parcel
    path = frozen.orders.assignment if parcel is None else _KEPT.enter_context(opened(parcel))
    return read_assignment(path)


@contextlib.contextmanager
def _here(errand: Errand) -> Iterator[Work]:
    """The work with its files on this machine."""
    if errand.parcel is None:
        yield errand.work
        return
    with opened(errand.parcel) as path:
        yield dataclasses.replace(errand.work, path=path)
