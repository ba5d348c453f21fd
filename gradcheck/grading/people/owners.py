"""Whose submission it is, told by file and folder names; nobody is guessed."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradcheck.grading.people.roster import Roster, Student

__all__ = ["Owner", "owners"]

# Canvas, "Download Submissions": name, LATE where it was, its numbers of the user and the file, the file's own name.
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+)_\d+_(?P<file>[^/]+)")
# Moodle, "Download all submissions": full name, its number of the participant, and the kind of submission.
MOODLE = re.compile(r"(?P<name>[^/]+)_(?P<user>\d+)_assignsubmission_[a-z]+_?(?:/.*)?")
# An attempt's number at the end of a name.
ATTEMPT = re.compile(
    r"[-_ ]?(?:\((?P<plain>\d{1,3})\)|(?:attempt|try|v|versuch)[-_ ]?(?P<named>\d{1,3}))$", re.IGNORECASE
)
SUFFIXES = (".py", ".ipynb", ".zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What a submission's name says.

    Attributes
    ----------
    students : tuple of str
        Ids of those whose it is: one, a group, or nobody that the roster knows.
    label : str
        What to call it by where nobody is known: the name without suffix and number of attempt.
    attempt : int or None
        Its number, where the name has one.
    late : bool
        Whether the platform has marked it as late.
    problem : str or None
        Why nobody, or not one alone, was found.
    """

    students: tuple[str, ...]
    label: str
    attempt: int | None = None
    late: bool = False
    problem: str | None = None


def owners(keys: Iterable[str], roster: Roster | None) -> dict[str, Owner]:
    """Whose each submission is.

    Parameters
    ----------
    keys : iterable of str
        Of the submissions: paths below their folder.
    roster : Roster or None
        Without one each name is a student of its own.
    """
    members: dict[str, tuple[str, ...]] = {}
    for student in roster.students if roster else ():
        if student.group is not None:
            members[student.group] = (*members.get(student.group, ()), student.id)
    return {key: _owner(key, roster, members) for key in keys}


def _owner(key: str, roster: Roster | None, members: Mapping[str, tuple[str, ...]]) -> Owner:
    known = CANVAS.fullmatch(key) or MOODLE.fullmatch(key)
    late = bool(known and known.groupdict().get("late"))
    label, attempt = _parts(known["name"] if known else key)
    if known and known.groupdict().get("file"):
        attempt = _canvas_attempt(known["file"])
    if roster is None:
        name = f"{label} ({known['user']})" if known else label
        return Owner(students=(name,), label=name, attempt=attempt, late=late)
    found = _students(key, label, known["user"] if known else None, roster, members)
    ids = tuple(dict.fromkeys(student.id for student in found))
    groups = {student.group for student in found}
    group = next(iter(groups)) if len(groups) == 1 else None
    if group is not None:
        ids = members[group]
    problem = None
    if not ids:
        problem = "nobody in the roster has that name: add the file or folder name to the column 'files'."
    elif len(ids) > 1 and group is None:
        problem = f"it may be {' or '.join(ids)}: add the file or folder name to the column 'files' of one."
        ids = ()
    return Owner(students=ids, label=label, attempt=attempt, late=late, problem=problem)


def _students(
    key: str, label: str, number: str | None, roster: Roster, members: Mapping[str, tuple[str, ...]]
) -> list[Student]:
    """By what says most: the roster's own patterns, the platform's number, the id, the name."""
    students = roster.students
    by_pattern = [s for s in students if any(_matches(key, pattern) for pattern in s.files)]
    if by_pattern:
        return by_pattern
    if number is not None:
        by_number = [s for s in students if number in _numbers(s)]
        if by_number:
            return by_number
    by_id = [s for s in students if _plain(label) in {_plain(s.id), _plain(s.email), _plain(s.email.partition("@")[0])}]
    if by_id and _plain(label):
        return by_id
    in_group = [s for s in students if s.group is not None and _plain(s.group) == _plain(label)]
    if in_group and members:
        return in_group
    return [s for s in students if _plain(s.name) and _same_name(label, s.name)]


def _matches(key: str, pattern: str) -> bool:
    first = key.partition("/")[0]
    return any(fnmatch.fnmatchcase(text, pattern) for text in (key, first, _parts(first)[0]))


def _numbers(student: Student) -> set[str]:
    """Numbers under which a platform may know somebody: Canvas's ``ID``, Moodle's ``Participant 123``."""
    return {found for cell in (student.id, *student.cells.values()) for found in _whole_numbers(cell)}


def _whole_numbers(cell: str) -> list[str]:
    found = re.fullmatch(r"(?:participant\s+)?(\d+)", cell.strip(), re.IGNORECASE)
    return [found[1]] if found else []


def _plain(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if sign.isalnum()).casefold()


def _same_name(label: str, name: str) -> bool:
    """Whether the words of two names are the same, in any order: ``Lovelace, Ada`` and ``adalovelace``."""
    words = [_plain(word) for word in re.split(r"[\s,._-]+", name) if _plain(word)]
    told = _plain(label)
    if sorted(_plain(word) for word in re.split(r"[\s,._-]+", label) if _plain(word)) == sorted(words):
        return True
    return told in {"".join(words), "".join([*words[1:], words[0]]), "".join([words[-1], *words[:-1]])}


def _parts(name: str) -> tuple[str, int | None]:
    """A name without suffix and number of attempt, and that number."""
    stem = name.rstrip("/")
    for suffix in SUFFIXES:
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
    found = ATTEMPT.search(stem)
    if found is None or not stem[: found.start()]:
        return stem, None
    return stem[: found.start()], int(found["plain"] or found["named"])


def _canvas_attempt(file: str) -> int | None:
    """Canvas writes ``net-1.py`` for what was handed in again."""
    found = re.search(r"-(\d{1,3})(?:\.[A-Za-z]+)?$", file)
    return int(found[1]) + 1 if found else 1
