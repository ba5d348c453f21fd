"""Whose submission it is, told by file and folder names; nobody is guessed."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.grading.batch.finding import ARCHIVES, RENAMED
from gradcheck.grading.people.roster import SUFFIXES, Roster, Student
from gradcheck.language import tr

__all__ = ["Owner", "owners"]

# Canvas, "Download Submissions": name, LATE where it was, its numbers of the user and the file, the file's own name.
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+)_\d+_(?P<file>[^/]+)")
# Moodle, "Download all submissions": full name, its number of the participant, and the kind of submission.
MOODLE = re.compile(r"(?P<name>[^/]+)_(?P<user>\d+)_assignsubmission_[a-z]+_?[^/]*(?:/.*)?")
# An attempt's number at the end of a name.
ATTEMPT = re.compile(
    r"[-_ ]?(?:\((?P<plain>\d{1,3})\)|(?:attempt|try|v|versuch)[-_ ]?(?P<named>\d{1,3}))$", re.IGNORECASE
)
# What makes a pattern of a name.
WILD = frozenset("*?[")


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
    register = None if roster is None else _Register(roster.students)
    return {key: _owner(key, register) for key in keys}


def _owner(key: str, register: _Register | None) -> Owner:
    known = CANVAS.fullmatch(key) or MOODLE.fullmatch(key)
    late = bool(known and known.groupdict().get("late"))
    label, attempt = _parts(known["name"] if known else key)
    if known and known.groupdict().get("file"):
        attempt = _canvas_attempt(known["file"])
    if register is None:
        name = f"{label} ({known['user']})" if known else label
        return Owner(students=(name,), label=name, attempt=attempt, late=late)
    found = register.named(key, label, known["user"] if known else None)
    ids = tuple(dict.fromkeys(student.id for student in found))
    groups = {student.group for student in found}
    group = next(iter(groups)) if len(groups) == 1 else None
    if group is not None:
        ids = register.members[group]
    problem = None
    if not ids:
        problem = tr("nobody in the roster has that name: add the file or folder name to the column 'files'.")
    elif len(ids) > 1 and group is None:
        names = tr(" or ").join(ids)
        problem = tr("it may be {names}: add the file or folder name to the column 'files' of one.", names=names)
        ids = ()
    return Owner(students=ids, label=label, attempt=attempt, late=late, problem=problem)


class _Register:
    """Students by every name under which each is known.

    Parameters
    ----------
    students : sequence of Student
    """

    def __init__(self, students: Sequence[Student]) -> None:
        self.members: dict[str, tuple[str, ...]] = {}
        self._patterns: list[tuple[str, Student]] = []
        self._files, self._numbers, self._ids, self._groups, self._names = (
            defaultdict[Any, list[Student]](list) for _ in range(5)
        )
        for student in students:
            for pattern in map(_composed, student.files):
                if WILD & set(pattern):
                    self._patterns.append((pattern, student))
                else:
                    self._files[pattern].append(student)
            for number in _numbers(student):
                self._numbers[number].append(student)
            for name in {_plain(text) for text in (student.id, student.email, student.email.partition("@")[0])}:
                self._ids[name].append(student)
            for form in _forms(student.name):
                self._names[form].append(student)
            if student.group is not None:
                self.members[student.group] = (*self.members.get(student.group, ()), student.id)
                self._groups[_plain(student.group)].append(student)

    def named(self, key: str, label: str, number: str | None) -> list[Student]:
        """By what says most: the roster's own patterns, the platform's number, the id, the group, the name."""
        first = key.partition("/")[0]
        texts = dict.fromkeys(map(_composed, (key, first, _parts(first)[0])))
        by_file = [student for text in texts for student in self._files.get(text, ())]
        by_file += [s for pattern, s in self._patterns if any(fnmatch.fnmatchcase(text, pattern) for text in texts)]
        plain = _plain(label)
        ways = (by_file, self._numbers.get(number), self._ids.get(plain) if plain else None, self._groups.get(plain))
        found = next((students for students in ways if students), None)
        if found is None:
            found = self._names.get(_words(label)) or self._names.get(plain) or []
        return found


def _numbers(student: Student) -> set[str]:
    """Numbers under which a platform may know somebody: Canvas's ``ID``, Moodle's ``Participant 123``."""
    return {found for cell in (student.id, *student.cells.values()) for found in _whole_numbers(cell)}


def _whole_numbers(cell: str) -> list[str]:
    found = re.fullmatch(r"(?:participant\s+)?(\d+)", cell.strip(), re.IGNORECASE)
    return [found[1]] if found else []


def _composed(text: str) -> str:
    """A name as people type it: macOS and some archives keep letters and their accents apart."""
    return unicodedata.normalize("NFC", text)


def _plain(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if sign.isalnum()).casefold()


def _words(name: str) -> tuple[str, ...]:
    """The words of a name, in any order."""
    return tuple(sorted(filter(None, map(_plain, re.split(r"[\s,._-]+", name)))))


def _forms(name: str) -> set[Any]:
    """How a name may be written: its words in any order, or as one: ``Lovelace, Ada`` as ``adalovelace``."""
    words = [plain for word in re.split(r"[\s,._-]+", name) if (plain := _plain(word))]
    if not words:
        return set()
    turned = ([*words[1:], words[0]], [words[-1], *words[:-1]])
    return {_words(name), *("".join(order) for order in (words, *turned))}


def _parts(name: str) -> tuple[str, int | None]:
    """A name without suffix and number of attempt, and that number."""
    stem = name.rstrip("/")
    for suffix in (*RENAMED, *ARCHIVES, *SUFFIXES):
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
