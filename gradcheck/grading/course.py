"""The course of grading a class: what is known is kept, the rest is run, one diagnosis serves all who share a bug."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gradcheck._version import __version__
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.executors import Crew
from gradcheck.grading.batch.finding import files_of
from gradcheck.grading.batch.parcels import packed
from gradcheck.grading.batch.running import RunErrands, graded
from gradcheck.grading.batch.work import Work
from gradcheck.grading.gradebook.gradebook import Gradebook, Key, Move
from gradcheck.grading.records import GradeRecord, State
from gradcheck.language import tr, using

__all__ = ["ClassRun", "Progress", "Terms", "grade_class"]

# (what is being done, how much of it is done, of how much)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What every submission of a run has in common.

    Attributes
    ----------
    assignment : str
        SHA-256 of the assignment with all that it refers to.
    of : float
        Its points.
    seed : int
        Of the hidden points.
    diagnose : bool
        Whether what is wrong is to be named.
    language : str
        Of all that is said: records in another one are made anew, so that a class is spoken to in one.
    """

    assignment: str
    of: float
    seed: int
    diagnose: bool
    language: str = "en"

    def key(self, work: Work, *, diagnosed: bool) -> Key:
        """What a submission's record depends on."""
        spoken = "" if self.language == "en" else f" language={self.language}"
        mode = f"{'diagnosed' if diagnosed else 'marked'} seed={self.seed}{spoken}"
        return Key(digest=work.digest, assignment=self.assignment, version=__version__, mode=mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRun:
    """What a run has done.

    Attributes
    ----------
    submissions : int
        In the class.
    kept : int
        Whose record was there already.
    run : int
        Submissions that were run; copies of one file count once.
    moves : tuple of Move
        Marks that are other than before.
    gone : tuple of str
        Submissions that were there before.
    faults : mapping of str to str
        Submissions over which gradcheck failed, with the message; they are run again the next time.
    """

    submissions: int
    kept: int
    run: int
    moves: tuple[Move, ...] = ()
    gone: tuple[str, ...] = ()
    faults: Mapping[str, str] = dataclasses.field(default_factory=dict)


def grade_class(
    works: Sequence[Work],
    terms: Terms,
    book: Gradebook,
    crew: Crew,
    run: RunErrands,
    *,
    now: Callable[[], datetime],
    progress: Progress | None = None,
) -> ClassRun:
    """Grade what is not graded yet.

    Parameters
    ----------
    works : sequence of Work
        The class.
    terms : Terms
    book : Gradebook
        Records are in it as they come.
    crew : Crew
    run : callable
        What a worker does: ``run(errands)`` returns a record for each, in JSON form.
    now : callable
        The time, with its zone.
    progress : callable, optional

    Raises
    ------
    GradingError
        If the gradebook cannot be written, or no worker lives.
    """
    return _Course(works, terms, book, crew, run, now, progress or _silent).run_all()


def _silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class _Course:
    def __init__(
        self,
        works: Sequence[Work],
        terms: Terms,
        book: Gradebook,
        crew: Crew,
        run: RunErrands,
        now: Callable[[], datetime],
        progress: Progress,
    ) -> None:
        self._works, self._terms, self._book, self._crew = works, terms, book, crew
        self._run_errands, self._now, self._progress = run, now, progress
        self._moves: list[Move] = []
        self._faults: dict[str, str] = {}
        self._owners: dict[str, list[Work]] = defaultdict(list)  # by content
        self._ran: set[str] = set()

    def run_all(self) -> ClassRun:
        gone = self._book.present(work.key for work in self._works)
        kept = 0
        for work in self._works:
            if self._is_kept(work):
                kept += 1
            elif not self._is_unrunnable(work):
                self._owners[work.digest].append(work)
        firsts = [works[0] for works in self._owners.values()]
        if self._terms.diagnose:
            self._diagnose(firsts, self._mark(firsts))
        else:
            for work, record in self._answers("marking", [Errand(work=work) for work in firsts]):
                self._put(work, record)
        return ClassRun(
            submissions=len(self._works),
            kept=kept,
            run=len(self._ran),
            moves=tuple(self._moves),
            gone=tuple(gone),
            faults=self._faults,
        )

    def _is_kept(self, work: Work) -> bool:
        """Whether its final record is there, its own or that of a copy."""
        key = self._terms.key(work, diagnosed=self._terms.diagnose)
        if self._book.holds(work.key, key):
            return True
        record = self._book.record(key)
        if record is not None:
            self._moves += self._book.put(work.key, key, record, self._now())
        return record is not None

    def _is_unrunnable(self, work: Work) -> bool:
        """Whether there is nothing to run, which is recorded at once."""
        if work.fault is None:
            return False
        key = self._terms.key(work, diagnosed=self._terms.diagnose)
        record = unrun(work, self._terms, State.UNGRADABLE, work.fault, work.cure)
        self._moves += self._book.put(work.key, key, record, self._now())
        return True

    def _mark(self, works: Iterable[Work]) -> dict[str, str | None]:
        """Run each without naming what is wrong; fingerprints of wrong gradients, by content."""
        fingerprints: dict[str, str | None] = {}
        waiting: list[Errand] = []
        for work in works:
            stashed = self._book.record(self._terms.key(work, diagnosed=False))
            if stashed is None:
                waiting.append(Errand(work=work))
            else:
                fingerprints[work.digest] = self._marked(work, stashed)
        for work, record in self._answers("marking", waiting):
            if record["grade"]["state"] != State.INTERNAL.name.lower():
                self._book.stash(self._terms.key(work, diagnosed=False), record, self._now())
            fingerprints[work.digest] = self._marked(work, record)
        return fingerprints

    def _marked(self, work: Work, record: Mapping[str, Any]) -> str | None:
        """The fingerprint of what is wrong; where there is nothing to name, the record is the last word."""
        fingerprint = record["grade"]["fingerprint"]
        if fingerprint is None:
            self._put(work, record)
        return None if fingerprint is None else str(fingerprint)

    def _diagnose(self, works: Iterable[Work], fingerprints: Mapping[str, str | None]) -> None:
        """Name what is wrong with the first of each kind; the others of that kind share it.

        Where the first one's text cannot be understood, another's of its kind may be: that one's serves it then, so
        that the same mistake has the same mark. Its own record waits for that.
        """
        groups = _by_fingerprint(works, fingerprints)
        known = {name: self._book.diagnosis(name, self._terms.assignment, self._terms.language) for name in groups}
        waiting: list[tuple[str, Work, Mapping[str, Any]]] = []

        def keep(work: Work, record: Mapping[str, Any]) -> None:
            name = str(fingerprints[work.digest])
            if record.get("diagnoses"):
                known[name] = known[name] or dict(record)
            elif known[name] is None and len(groups[name]) > 1:
                waiting.append((name, work, record))
                return
            self._put(work, record)

        firsts = [Errand(work=works[0], diagnose=True) for name, works in groups.items() if known[name] is None]
        for work, record in self._answers("diagnosing", firsts):
            keep(work, record)
        done = {errand.key for errand in firsts}
        rest = [
            Errand(work=work, diagnose=True, known=known[name])
            for name, works in groups.items()
            for work in works
            if work.key not in done
        ]
        for work, record in self._answers("sharing diagnoses", rest):
            keep(work, record)
        for name, work, record in waiting:
            if known[name] is None:
                self._put(work, record)
        late = [Errand(work=work, diagnose=True, known=known[name]) for name, work, _ in waiting if known[name]]
        for work, record in self._answers("sharing diagnoses", late):
            self._put(work, record)

    def _put(self, work: Work, record: Mapping[str, Any]) -> None:
        """Keep it for everybody who handed in this content."""
        key = self._terms.key(work, diagnosed=self._terms.diagnose)
        for owner in self._owners[work.digest]:
            self._moves += self._book.put(owner.key, key, record, self._now())

    def _answers(self, what: str, errands: Sequence[Errand]) -> Iterator[tuple[Work, Mapping[str, Any]]]:
        """Records as they come; where there is none, one that says that the fault is ours."""
        self._progress(what, 0, len(errands))
        crew = self._crew
        sent = map(_with_files, errands) if crew.far else iter(errands)
        answers = graded(
            sent, self._run_errands, crew.open,
            workers=crew.workers, size=crew.size, killed=crew.killed, watch=crew.watch,
        )  # fmt: skip
        for done, (errand, answer) in zip(itertools.count(1), answers, strict=False):
            self._ran.add(errand.work.digest)
            record: Mapping[str, Any]
            if isinstance(answer, Exception):
                message = f"{type(answer).__name__}: {answer}".strip()
                with using(self._terms.language):
                    cure = tr("Run the same command again.")
                record = unrun(errand.work, self._terms, State.INTERNAL, message, cure)
            else:
                record = answer
            if record["grade"]["state"] == State.INTERNAL.name.lower():
                self._faults[errand.key] = str(record["grade"]["reason"])
            yield errand.work, record
            self._progress(what, done, len(errands))


def _by_fingerprint(works: Iterable[Work], fingerprints: Mapping[str, str | None]) -> dict[str, list[Work]]:
    groups: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        fingerprint = fingerprints.get(work.digest)
        if fingerprint is not None:
            groups[fingerprint].append(work)
    return groups


def _with_files(errand: Errand) -> Errand:
    """The same with its files, for a worker that does not see them; what cannot be read is left to it to tell."""
    path = errand.work.path
    with contextlib.suppress(OSError):
        folder = path if path.is_dir() else path.parent
        return dataclasses.replace(errand, parcel=packed(path, files_of(path), folder))
    return errand


def unrun(work: Work, terms: Terms, state: State, reason: str, cure: str | None) -> dict[str, Any]:
    """The record of a submission that was not run."""
    return GradeRecord(
        submission=work.key,
        digest=work.digest,
        assignment=terms.assignment,
        version=__version__,
        seed=terms.seed,
        state=state,
        reason=reason,
        cure=cure,
        language=terms.language,
    ).to_dict()
