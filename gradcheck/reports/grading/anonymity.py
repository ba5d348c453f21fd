"""Records of an anonymous class without names: of students, and of files, which students call by their own."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from gradcheck.grading.people.roster import EMAILS, GROUPS, IDENTIFYING, NAMES, Roster
from gradcheck.grading.people.standing import Standing

__all__ = ["Veil", "under_own_name"]

# Not of a name: what separates words in English and in Chinese.
FILE = re.compile(r"""[^\s/\\"'`()<>|:;,，。：；、（）“”‘’]+\.(?:py|ipynb|zip)(?![a-z0-9_])""", re.IGNORECASE)
PLAIN = "submission"
# A line with one word is a name of the code, a verdict, an id: in these no student is looked for.
TEXT = re.compile(r"\s")
# Characters of languages that are written without blanks: a name begins and ends anywhere among them.
UNSPACED = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# Shorter ones are letters and digits of any text.
LEAST = 3
COLUMNS = frozenset({*IDENTIFYING, *NAMES, *EMAILS, *GROUPS})


class Veil:
    """Takes names out of records.

    Files are known by all names of the class, since a diagnosis may be shared; a student by the own ones. What students
    call themselves inside their code is not looked for, unless it is one of these.

    Parameters
    ----------
    standings : sequence of Standing
    roster : Roster or None
    pseudonyms : mapping of str to str
        By student.
    """

    def __init__(self, standings: Sequence[Standing], roster: Roster | None, pseudonyms: Mapping[str, str]) -> None:
        self._pseudonyms = pseudonyms
        self._students = {student.id: student for student in (roster.students if roster else ())}
        self._files = {part.casefold() for standing in standings for key in standing.attempts for part in _parts(key)}
        self._standings = standings

    def over(self, record: Mapping[str, Any], key: str, owners: Iterable[Standing]) -> dict[str, Any]:
        """A record under the pseudonym of its first owner.

        Parameters
        ----------
        record : mapping
            In JSON form.
        key : str
            Of the submission.
        owners : iterable of Standing
            Whose it is.
        """
        owned = list(owners)
        pseudonym = self._pseudonyms[owned[0].student]
        parts = _parts(key) | _parts(str(record.get("file") or ""))
        people = {name for owner in owned for name in self._names(owner)} | {
            re.sub(r"\.\w+$", "", part) for part in parts
        }
        hidden = [(_any(parts), PLAIN, False), (_any(people), pseudonym, True)]
        found: dict[str, Any] = _mapped(record, lambda text: self._text(text, hidden))
        grade = {**found["grade"], "submission": pseudonym}
        return {**found, "file": None if found.get("file") is None else pseudonym, "grade": grade}

    def over_standing(self, standing: Standing) -> Standing:
        """Where somebody stands, with the names of everybody taken out of what staff have written about it.

        Parameters
        ----------
        standing : Standing
        """
        overrides = tuple(
            dataclasses.replace(override, reason=self._told(override.reason)) for override in standing.overrides
        )
        return dataclasses.replace(standing, overrides=overrides, notes=tuple(map(self._told, standing.notes)))

    def _told(self, text: str) -> str:
        """A text of staff: they know everybody, and call them by parts of their names."""
        whole, pattern, parts, pattern_of_parts = self._everybody
        text = pattern.sub(lambda found: whole[found[0].casefold()], text)
        return pattern_of_parts.sub(lambda found: parts[found[0]], text)

    @functools.cached_property
    def _everybody(self) -> tuple[Mapping[str, str], re.Pattern[str], Mapping[str, str], re.Pattern[str]]:
        """Pseudonyms by names, ids and files in whatever case, and by words of names as they are written."""
        whole: dict[str, str] = {}
        parts: dict[str, str] = {}
        for standing in self._standings:
            pseudonym = self._pseudonyms[standing.student]
            for key in standing.attempts:
                stems = {re.sub(r"\.\w+$", "", part) for part in _parts(key)}
                whole |= dict.fromkeys(map(str.casefold, _parts(key) | stems), pseudonym)
            for name in self._names(standing):
                whole[name.casefold()] = pseudonym
                parts |= {word: pseudonym for word in re.split(r"[\s,._@-]+", name) if _is_name(word)}
        whole = {name: pseudonym for name, pseudonym in whole.items() if _is_told_apart(name)}
        return whole, _any(whole), parts, _any(parts, re.NOFLAG)

    def _names(self, standing: Standing) -> set[str]:
        own = {standing.student.removeprefix("? "), standing.name, standing.group or ""}
        student = self._students.get(standing.student)
        if student is not None:
            own |= {student.email, *(text for head, text in student.cells.items() if head.lower() in COLUMNS)}
        return own - {""}

    def _text(self, text: str, hidden: Sequence[tuple[re.Pattern[str], str, bool]]) -> str:
        for pattern, instead, only_in_text in hidden:
            if not only_in_text or TEXT.search(text):
                text = pattern.sub(instead, text)
        return FILE.sub(lambda found: self._file(found[0]), text)

    def _file(self, name: str) -> str:
        return f"{PLAIN}{PurePosixPath(name).suffix}" if name.casefold() in self._files else name


def under_own_name(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A record that names the submission whose it is: equal files share one, and nobody is told of the other's name.

    Parameters
    ----------
    record : mapping
        In JSON form.
    key : str
        Of the submission.
    """
    told = str(record.get("file") or "")
    if told in {"", key} or told == PurePosixPath(key).name:
        return record
    pattern = _any([told])
    found: dict[str, Any] = _mapped(record, lambda text: pattern.sub(lambda _: key, text))
    return found


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A value of JSON with all its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, change) for item in value]
    return value


def _parts(key: str) -> set[str]:
    """A key, and the names of the folders and the file in it."""
    return {part for part in (key, *key.split("/")) if part}


def _is_name(word: str) -> bool:
    """Whether a part of a name may be told apart from other words: by its first letter, if that may be a capital."""
    return len(word) > 1 and word[0].isalpha() and not word[0].islower()


def _is_told_apart(name: str) -> bool:
    """Whether a name or an id is no word or number of any text."""
    return len(name) >= LEAST or bool(UNSPACED.search(name)) or not (name.isalpha() or name.isdigit())


def _any(names: Iterable[str], flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Any of some names, the longest first, where they are no part of a longer word; without any, nothing."""
    longest = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(_bounded, longest)) or r"(?!)", flags)


def _bounded(name: str) -> str:
    """A name as a word of its own, which Chinese ones need not be."""
    before = "" if UNSPACED.match(name[0]) else r"(?<![^\W\u2e80-\u9fff])"
    after = "" if UNSPACED.match(name[-1]) else r"(?![^\W\u2e80-\u9fff])"
    return f"{before}{re.escape(name)}{after}"
