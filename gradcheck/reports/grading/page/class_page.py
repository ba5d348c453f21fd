"""The class page, written while students pass by one after the other: a file that needs nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.wording import fill
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.records import Outcome
from gradcheck.language import using
from gradcheck.reports.grading.page import palette
from gradcheck.reports.grading.page.figures import histogram
from gradcheck.reports.grading.page.row import UNNAMED, Cell, Row, one_line, row_of
from gradcheck.reports.grading.page.tally import ENOUGH_TO_CALL, ENOUGH_TO_CORRELATE, Tally, distribution
from gradcheck.reports.grading.pupil import Pupil
from gradcheck.reports.grading.words import as_points
from gradcheck.reports.naming import bug_title

__all__ = ["BugLine", "ClassPage"]

# The page is for staff, and in English throughout, whatever the sheets are in.
LANGUAGE = "en"
SCRIPTS = ("view.js", "figures.js", "students.js", "heat.js", "start.js")
NOT_NAMED = "a wrong gradient in which no bug could be named"
NOT_SOUGHT = "a wrong gradient; by which bug was not looked for"
# Beyond these the page without a script has no table of items: a file of many megabytes opens on no phone.
STATIC_ITEMS = 500
SENTENCE = re.compile(r"(?:^|[.!?] )[a-z]")
STATES = {
    "graded": "graded",
    "ungradable": "could not be run",
    "missing": "nothing handed in",
    "internal": "the tool failed",
}
LETTERS = {
    Outcome.EARNED: "e",
    Outcome.PARTLY: "p",
    Outcome.LOST: "l",
    Outcome.CARRIED: "c",
    Outcome.BLOCKED: "b",
    Outcome.UNVERIFIED: "u",
    Outcome.UNGRADABLE: "g",
}
# Shares from which on a cell of the heat map is one shade lighter.
LEVELS = (1e-9, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class BugLine:
    """A bug, and how many have it: `share` of those with a mark, in per cent."""

    id: str
    title: str
    what: str
    students: int
    share: float


class ClassPage:
    """A page that is written student by student; of each it keeps a few hundred letters.

    Parameters
    ----------
    assignment : Assignment
    students : int
        How many there will be.
    anonymous : bool
        Whether students are shown by pseudonyms. They are then put in the order of these, since the roster's own order
        tells names.
    diagnosed : bool
        Whether bugs were looked for; where they were not, a gradient without a name is no more than wrong.
    """

    def __init__(
        self, assignment: Assignment, *, students: int, anonymous: bool = False, diagnosed: bool = True
    ) -> None:
        self._assignment, self._anonymous, self._diagnosed = assignment, anonymous, diagnosed
        self._items = assignment.leaves
        self._paths = [item.path for item in self._items]
        self._tally = Tally(self._items)
        self._written: list[_Written] = []
        self._with_items = students <= STATIC_ITEMS
        # Everything of the template but what depends on a student: built once a page.
        self._rows: Any = _environment().get_template("rows.html.jinja").module

    def add(self, pupil: Pupil) -> None:
        """Add a student.

        Parameters
        ----------
        pupil : Pupil
            Whose record names nobody, if the class is anonymous.
        """
        row = row_of(pupil, self._paths, anonymous=self._anonymous)
        alike = self._tally.add(row, pupil.standing.submission or "")
        self._written.append(
            _Written(
                name=row.name,
                data=json.dumps(_data(row, alike), ensure_ascii=False, separators=(",", ":")),
                student=self._rows.student(row, "; ".join(map(self._title, row.bugs))),
                items=self._rows.items(row) if self._with_items else "",
            )
        )

    def html(self) -> str:
        """The page as text."""
        tally = self._tally
        if self._anonymous:
            self._written.sort(key=lambda one: one.name)
        marks = distribution(tally.marks, tally.most or self._assignment.points)
        picture = None if marks is None else histogram(marks)
        script = _script()
        style = _style()
        return _environment().get_template("page.html.jinja").render(
            title=one_line(self._assignment.title),
            of=self._assignment.points,
            anonymous=self._anonymous,
            tally=tally,
            states=[(state, words, tally.states[state]) for state, words in STATES.items() if tally.states[state]],
            marks=marks,
            histogram=picture,
            bugs=self._bug_lines(),
            diagnosed=self._diagnosed,
            alike=tally.alike,
            items=tally.items(),
            enough=ENOUGH_TO_CORRELATE,
            enough_to_call=ENOUGH_TO_CALL,
            bug_words=self._title,
            students=[Markup(one.student) for one in self._written],  # noqa: S704 - the template has escaped it
            item_rows=[Markup(one.items) for one in self._written] if self._with_items else [],  # noqa: S704 - the same
            data=_escaped(self._data()),
            script=Markup(script),  # noqa: S704 - the package's own file
            script_hash=_digest(script),
            style=Markup(style),  # noqa: S704 - the same
            style_hash=_digest(style),
        )  # fmt: skip

    def _data(self) -> str:
        """What the script shows, as JSON."""
        shared = [one.number for one in self._tally.alike]
        head = {
            "of": round(self._tally.most or self._assignment.points, 6),
            "states": STATES,
            "items": [
                {"path": one_line(item.path), "title": one_line(item.title), "of": item.points} for item in self._items
            ],
            "bugs": {line.id: line.title for line in self._bug_lines()},
            "alike": {str(number): place for place, number in enumerate(shared, start=1)},
            "groups": sorted(self._tally.groups),
        }
        students = ",\n".join(one.data for one in self._written)
        return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "students": [\n{students}\n]}}'

    def _bug_lines(self) -> list[BugLine]:
        """The most frequent first; last those whose gradient is wrong in a way that was not named."""
        tally = self._tally
        ordered = sorted(tally.bugs.items(), key=lambda counted: (counted[0] == UNNAMED, -counted[1], counted[0]))
        return [
            BugLine(
                id=bug,
                title=self._title(bug),
                what=_what(bug),
                students=students,
                share=100.0 * students / max(1, tally.states["graded"]),
            )
            for bug, students in ordered
        ]

    def _title(self, bug: str) -> str:
        if bug == UNNAMED:
            return NOT_NAMED if self._diagnosed else NOT_SOUGHT
        with using(LANGUAGE):
            return bug_title(bug)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A student as JSON, and as rows of the tables that are shown without a script."""

    name: str
    data: str
    student: str
    items: str


def _what(bug: str) -> str:
    with using(LANGUAGE):
        return fill(CATALOGUE[bug].what, {}) if bug in CATALOGUE else ""


def _data(row: Row, alike: int | None) -> dict[str, Any]:
    """A student for the script; what is empty is left out, since a class may have ten thousand."""
    found = {
        "name": row.name,
        "file": row.file,
        "key": row.submission,
        "group": row.group,
        "state": row.state,
        "points": None if row.points is None else round(row.points, 6),
        "bugs": row.bugs,
        "late": row.late_days,
        "off": round(row.late_points, 6),
        "hand": row.by_hand,
        "found": row.findings,
        "told": row.told,
        "others": row.others,
        "alike": alike,
        "items": [None if cell is None else round(cell.points, 6) for cell in row.cells] if any(row.cells) else (),
        "how": "".join(map(_code, row.cells)) if any(row.cells) else "",
        "loss": () if row.loss is None else (row.loss.points, f"{row.loss.first:.3g}", f"{row.loss.last:.3g}"),
        "zero": None if row.gradient is None else row.gradient.zero_at,
        "gradient": ()
        if row.gradient is None
        else [
            (entry.name, entry.claimed_at, entry.true_at, f"{entry.claimed:.3g}", f"{entry.true:.3g}")
            for entry in row.gradient.rows
        ],
    }  # fmt: skip
    return {key: value for key, value in found.items() if value is not None and value not in ("", (), 0)} | {
        "points": found["points"]
    }


def _code(cell: Cell | None) -> str:
    """How an item's points came about, as a letter, and how many they are, from none (0) to all (4)."""
    if cell is None:
        return "--"
    share = cell.points / cell.of if cell.of else 1.0
    level = 4 if share >= 1.0 else sum(share >= border for border in LEVELS)
    return f"{'h' if cell.by_hand else LETTERS[cell.outcome]}{level}"


def _escaped(text: str) -> Markup:
    """JSON that ends no element and begins none, whatever it holds."""
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML would read


def _digest(text: str) -> str:
    """As a Content-Security-Policy names a script or style that may be used."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(names: Sequence[str]) -> str:
    folder = files("gradcheck.reports.grading.page")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


@functools.cache
def _script() -> str:
    return f'(() => {{\n"use strict";\n{_read([f"scripts/{name}" for name in SCRIPTS])}}})();'


@functools.cache
def _style() -> str:
    dark = palette.as_css("dark")
    return "\n".join(
        (
            f":root {{ color-scheme: light; {palette.as_css('light')} }}",
            "@media (prefers-color-scheme: dark) {",
            f":root:not([data-scheme=light]) {{ color-scheme: dark; {dark} }} }}",
            f":root[data-scheme=dark] {{ color-scheme: dark; {dark} }}",
            _read(["templates/page.css"]),
            f"@media print {{ :root:root:root {{ color-scheme: light; {palette.as_css('light')} }} }}",
        )
    )


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gradcheck.reports.grading.page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(points=as_points, states=STATES.__getitem__, capital=_capital, code=_code)
    return environment


def _capital(text: str) -> str:
    """Every sentence: a name that is not known here may stand at the beginning of any."""
    return SENTENCE.sub(lambda found: found[0].upper(), text)
