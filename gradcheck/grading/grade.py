"""Grade a class: from folders and an assignment to a gradebook, and where everybody stands."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gradcheck.errors import GradingError
from gradcheck.grading.assignment import Assignment, read_assignment
from gradcheck.grading.assignment.changes import Change, changes_between
from gradcheck.grading.batch.executors import Crew, cluster, given, local_pool
from gradcheck.grading.batch.finding import find_submissions
from gradcheck.grading.batch.notes import no_notes_left
from gradcheck.grading.batch.parcels import Parcel, packed
from gradcheck.grading.course import ClassRun, Progress, Terms, grade_class
from gradcheck.grading.gradebook import Gradebook
from gradcheck.grading.gradebook.gradebook import TOTAL
from gradcheck.grading.people.overrides import Decision, read_overrides
from gradcheck.grading.people.owners import owners
from gradcheck.grading.people.pseudonyms import new_secret, pseudonyms
from gradcheck.grading.people.roster import Roster, read_roster
from gradcheck.grading.people.standing import Attempts, Standing, standings, without_effect
from gradcheck.grading.people.times import read_times
from gradcheck.grading.sending import Orders, run_errands
from gradcheck.language import current, using
from gradcheck.records import RENDERERS

__all__ = ["GradedClass", "People", "grade"]

GRADEBOOK = "gradebook.sqlite"
# What the assignment said by which the whole class was graded last.
SAID = "assignment"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What is known of a class's people.

    Attributes
    ----------
    roster, times, overrides : path or None
        CSV tables: who is in the class, when each submission was handed in, what a person has decided.
    attempts : {'latest', 'best'}
        Which of a student's attempts counts.
    anonymous : bool
        Whether students are shown by pseudonyms.
    """

    roster: str | Path | None = None
    times: str | Path | None = None
    overrides: str | Path | None = None
    attempts: str = "latest"
    anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedClass:
    """A class that was graded; what was measured is read from its gradebook, however large it is.

    Attributes
    ----------
    assignment : Assignment
    folder : Path
        That holds the gradebook.
    run : ClassRun
        What this run has done.
    standings : tuple of Standing
        In the roster's order.
    roster : Roster or None
    pseudonyms : mapping of str to str
        By student; empty where the class is not anonymous.
    language : str
        That its sheets are written in: the assignment's, else the one that was spoken.
    changes : tuple of Change
        In what the assignment differs from the one by which the class was graded before.
    strays : tuple of str
        Submissions that a table of times or overrides names, and that are not in the class.
    diagnosed : bool
        Whether bugs were looked for.
    warnings : tuple of str
        Of a table of overrides what can be meant for nobody.
    """

    assignment: Assignment
    folder: Path
    run: ClassRun
    standings: tuple[Standing, ...]
    roster: Roster | None = None
    pseudonyms: Mapping[str, str] = dataclasses.field(default_factory=dict)
    language: str = dataclasses.field(default_factory=current)
    changes: tuple[Change, ...] = ()
    strays: tuple[str, ...] = ()
    diagnosed: bool = True
    warnings: tuple[str, ...] = ()

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every submission with its record in JSON form, in the order of keys."""
        with Gradebook(self.folder / GRADEBOOK) as book:
            yield from book.records()

    def record(self, submission: str) -> dict[str, Any]:
        """The record of one.

        Raises
        ------
        KeyError
            If there is none of that key.
        """
        with Gradebook(self.folder / GRADEBOOK) as book:
            found = book.current(submission)
        if found is None:
            raise KeyError(submission)
        return found

    def _repr_html_(self) -> str:
        return RENDERERS["html"](self)


@no_notes_left()
def grade(
    paths: Sequence[str | Path] | str | Path,
    assignment: str | Path,
    out: str | Path,
    *,
    people: People | None = None,
    single: bool = False,
    diagnose: bool = True,
    seed: int | None = None,
    workers: int | str | Executor | None = None,
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> GradedClass:
    """Grade submissions; what was graded before, and has not changed, is not run again.

    Parameters
    ----------
    paths : path or sequence of paths
        A Python file or notebook is a submission; each entry of a folder, or of a zip archive, is one.
    assignment : path
        TOML file.
    out : path
        Folder of the results; made where it is not there.
    people : People, optional
        Who is in the class, and what is known of them.
    single : bool
        Whether each path is one submission, also a folder.
    diagnose : bool
        Whether bugs are named.
    seed : int, optional
        Of the hidden points; by default the assignment's, or one that is drawn once and kept in the gradebook.
    workers : int, str or concurrent.futures.Executor, optional
        How many processes of this machine (by default one for each processor); the address of a Dask scheduler; or an
        executor, which must be able to start processes.
    progress : callable, optional
        ``progress(what, done, total)``.
    now : callable
        The time, with its zone.

    Returns
    -------
    GradedClass

    Raises
    ------
    AssignmentError
        If the assignment is wrong.
    GradingError
        If nothing was handed in, a table is wrong, or the gradebook cannot be written.
    """
    people = people or People()
    folder = Path(out)
    found = read_assignment(assignment)
    language = found.language or current()
    roster = None if people.roster is None else read_roster(Path(people.roster))
    decisions = [] if people.overrides is None else read_overrides(Path(people.overrides))
    times = {} if people.times is None else read_times(Path(people.times))
    attempts = _attempts(people.attempts)
    crew = _crew(workers)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(f"{folder} cannot be made ({error.strerror}): choose another folder.") from None
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gradcheck-")))
        book = stack.enter_context(Gradebook(folder / GRADEBOOK))
        given_paths = [paths] if isinstance(paths, (str, Path)) else paths
        with using(language):
            works = find_submissions([Path(path) for path in given_paths], scratch, single=single)
        drawn = _seed(found, seed, book)
        parcel = _parcel(found) if crew.far else None
        orders = Orders(assignment=Path(assignment), seed=drawn, parcel=parcel, language=language)
        terms = Terms(assignment=found.digest, of=found.points, seed=drawn, diagnose=diagnose, language=language)
        run = grade_class(works, terms, book, crew, functools.partial(run_errands, orders), now=now, progress=progress)
        changes = _changes(found, book)
        _decide(decisions, book, now())
        grades = {key: _short(record["grade"]) for key, record in book.records()}
        with using(language):
            standing = standings(
                grades,
                owners(grades, roster),
                roster=roster,
                times=times,
                overrides=book.overrides(),
                late=found.late,
                attempts=attempts,
                of=found.points,
            )
        held = {*grades, *(f"student:{one.student}" for one in standing)}
        strays = dict.fromkeys(key for key in (*times, *(item.key for item in decisions)) if key not in held)
        names = pseudonyms([one.student for one in standing], _secret(book)) if people.anonymous else {}
    return GradedClass(
        assignment=found, folder=folder, run=run, standings=tuple(standing), roster=roster, pseudonyms=names,
        language=language, changes=changes, strays=tuple(strays), diagnosed=diagnose,
        warnings=_warnings(decisions, found, language),
    )  # fmt: skip


def _attempts(name: str) -> Attempts:
    try:
        return Attempts(name)
    except ValueError:
        known = " or ".join(repr(attempts.value) for attempts in Attempts)
        raise GradingError(f"attempts={name!r}: expected {known}.") from None


def _crew(workers: int | str | Executor | None) -> Crew:
    if isinstance(workers, str):
        return cluster(workers)
    return given(workers) if isinstance(workers, Executor) else local_pool(workers)


def _seed(assignment: Assignment, seed: int | None, book: Gradebook) -> int:
    """The one that is asked for, else the assignment's, else one drawn once for the class."""
    if seed is not None:
        return seed
    if assignment.hidden.seed is not None:
        return assignment.hidden.seed
    kept = book.setting("seed")
    if kept is None:
        kept = str(secrets.randbelow(2**32))
        book.keep("seed", kept)
    return int(kept)


def _changes(assignment: Assignment, book: Gradebook) -> tuple[Change, ...]:
    """In what it differs from the one before; from now on, once all of the class is graded by it, it is that one."""
    before, now = book.setting(SAID), json.dumps(dict(assignment.said))
    if before == now:
        return ()
    book.keep(SAID, now)
    return () if before is None else changes_between(json.loads(before), assignment.said)


def _secret(book: Gradebook) -> str:
    kept = book.setting("secret")
    if kept is None:
        kept = new_secret()
        book.keep("secret", kept)
    return kept


def _parcel(assignment: Assignment) -> Parcel:
    """The assignment with the files that it refers to."""
    assert assignment.path is not None
    referred = (assignment.reference.file, assignment.data.file, assignment.interface.adapter)
    path = assignment.path.resolve()
    return packed(path, [path, *(file.resolve() for file in referred if file is not None)], path.parent)


def _decide(decisions: Sequence[Decision], book: Gradebook, now: datetime) -> None:
    for decision in decisions:
        if decision.override is None:
            book.withdraw(decision.key, decision.item)
        else:
            book.override(decision.override, now)


def _warnings(decisions: Sequence[Decision], assignment: Assignment, language: str) -> tuple[str, ...]:
    """A slip in an item's name would be seen on one sheet alone."""
    known = {TOTAL, *(item.path for item in assignment.leaves)}
    named = dict.fromkeys(decision.item for decision in decisions if decision.override is not None)
    with using(language):
        return tuple(without_effect(item) for item in named if item not in known)


def _short(grade: Mapping[str, Any]) -> dict[str, Any]:
    """What of a grade a class list needs: a class of thousands is held in memory so."""
    marks = [_short_mark(mark) for mark in grade["marks"]]
    return {"state": grade["state"], "points": grade["points"], "of": grade["of"], "marks": marks}


def _short_mark(mark: Mapping[str, Any]) -> dict[str, Any]:
    short = {name: mark[name] for name in ("item", "points", "of", "outcome")}
    behind = mark.get("behind")
    return short if behind is None else {**short, "gates": mark["gates"], "behind": _short_mark(behind)}
