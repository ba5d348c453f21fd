"""Everything that is written after a class was graded, one student after the other, however large the class is."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from gradcheck._version import __version__
from gradcheck.gate import Failure
from gradcheck.grading.grade import GRADEBOOK, GradedClass
from gradcheck.grading.gradebook import Gradebook
from gradcheck.grading.people.standing import Standing
from gradcheck.grading.records import Audience
from gradcheck.language import current, using
from gradcheck.language.messages import FOLDER as TRANSLATIONS
from gradcheck.reports.grading.anonymity import Veil, under_own_name
from gradcheck.reports.grading.class_junit import CLASS_JUNIT_END, class_junit_start, pupil_to_junit
from gradcheck.reports.grading.class_sarif import class_to_sarif, failures_in
from gradcheck.reports.grading.classroom50 import to_classroom50
from gradcheck.reports.grading.files import ResultFiles, whole_file
from gradcheck.reports.grading.gradescope import to_gradescope
from gradcheck.reports.grading.html_sheet import sheet_to_html
from gradcheck.reports.grading.json_sheet import as_json, record_to_json, sheet_to_json
from gradcheck.reports.grading.markdown_sheet import sheet_to_markdown
from gradcheck.reports.grading.naming import file_name
from gradcheck.reports.grading.page import ClassPage
from gradcheck.reports.grading.platforms import CanvasColumns, MoodleColumns, is_canvas, is_moodle
from gradcheck.reports.grading.prairielearn import to_prairielearn
from gradcheck.reports.grading.pupil import Pupil, pupil_of
from gradcheck.reports.grading.seen import Sheet
from gradcheck.reports.grading.tables import Table, cell, grade_headings, grade_row

__all__ = ["Formats", "write_class"]

FOLDERS = {Audience.NOW: "sheets", Audience.AFTER_DUE: "sheets-after-due", Audience.STAFF: "staff"}
SHEETS: Mapping[str, Callable[[Sheet], str]] = {
    "json": sheet_to_json,
    "md": sheet_to_markdown,
    "html": sheet_to_html,
}
IDENTITIES = "staff/identities.csv"
PAGE = "report/index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """What is written beside records, sheets and tables.

    Attributes
    ----------
    gradescope, prairielearn, classroom50 : bool
        Results for these platforms, in folders of these names: a file, or for several students a folder each.
    junit, sarif : Path or None
        Files for the whole class.
    environment : mapping of str to str
        Where the runner of Classroom 50 says whose submission it is.
    now : callable
        The time, with its zone.
    """

    gradescope: bool = False
    prairielearn: bool = False
    classroom50: bool = False
    junit: Path | None = None
    sarif: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def write_class(graded: GradedClass, *, formats: Formats | None = None) -> None:
    """Write records, tables and sheets below the folder of a class.

    Files that would be as they are keep their time; those of an earlier run that belong to nobody any more go.

    Parameters
    ----------
    graded : GradedClass
    formats : Formats, optional

    Raises
    ------
    GradingError
        If a file cannot be written.
    """
    with using(graded.language), Gradebook(graded.folder / GRADEBOOK) as book, ResultFiles(graded.folder) as files:
        _Writing(graded, formats or Formats(), book, files).write()


@functools.cache
def _renderers(language: str) -> str:
    """A hash of this folder and of the translations: another version of either makes other sheets."""
    found = hashlib.sha256(f"{__version__} {language}".encode())
    for catalogue in sorted((TRANSLATIONS / language).rglob("*.mo")):
        found.update(catalogue.read_bytes())
    for folder in ("", "templates"):
        for file in sorted(resources.files(__package__).joinpath(folder).iterdir(), key=lambda file: file.name):
            if file.is_file():
                found.update(file.read_bytes())
    return found.hexdigest()


def _silent(_pupil: Pupil) -> None:
    """Nothing of this kind is written."""


class _Writing:
    def __init__(self, graded: GradedClass, formats: Formats, book: Gradebook, files: ResultFiles) -> None:
        self._graded, self._formats, self._book, self._files = graded, formats, book, files
        self._veil = Veil(graded.standings, graded.roster, graded.pseudonyms) if graded.pseudonyms else None
        self._items = [leaf.path for leaf in graded.assignment.leaves]
        self._owners: dict[str, list[Standing]] = {}
        for standing in graded.standings:
            for key in standing.attempts:
                self._owners.setdefault(key, []).append(standing)

    def write(self) -> None:
        with contextlib.ExitStack() as stack:
            ways = (self._grades, self._identities, self._canvas, self._moodle, self._junit, self._page)
            writers = [self._sheets, self._results, *(stack.enter_context(way()) for way in ways)]
            for standing in self._graded.standings:
                pupil = self._pupil(standing)
                for write in writers:
                    write(pupil)
        failures = self._records()
        if self._formats.sarif is not None:
            with whole_file(self._formats.sarif) as write_sarif:
                write_sarif(class_to_sarif(failures))

    # --- records --------------------------------------------------------------------------------------------------

    def _records(self) -> list[Failure]:
        """A file a submission; what SARIF needs of them, where it is asked for."""
        failures: list[Failure] = []
        for key, record in self._book.records():
            shown = self._shown(key, record)
            name = file_name(key) if self._veil is None else self._pseudonym_of(key)
            stamp = self._stamp("record", name, shown)
            if not self._files.kept(stamp):
                self._files.write(f"records/{name}.json", record_to_json(shown), stamp=stamp)
            if self._formats.sarif is not None:
                failures += failures_in(shown)
        return failures

    def _shown(self, key: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """A record as its owner may see it: under its own name, since copies share one; or without any."""
        if self._veil is not None:
            return self._veil.over(record, key, self._owners[key])
        return under_own_name(record, key)

    def _pseudonym_of(self, key: str) -> str:
        """The name of an attempt's file: the owner's, with its number where there are several."""
        owner = self._owners[key][0]
        number = owner.attempts.index(key) + 1
        name = file_name(self._graded.pseudonyms[owner.student].lower())
        return name if len(owner.attempts) == 1 else f"{name}-attempt-{number}"

    # --- students -------------------------------------------------------------------------------------------------

    def _pupil(self, standing: Standing) -> Pupil:
        key = standing.submission
        record = None if key is None else self._book.current(key)
        shown = self._shown(key, record) if key is not None and record is not None else None
        if self._veil is not None:
            standing = self._veil.over_standing(standing)
        return pupil_of(standing, shown, self._graded.assignment, self._graded.pseudonyms.get(standing.student))

    def _sheets(self, pupil: Pupil) -> None:
        stamp = self._stamp("sheets", pupil.name, pupil.standing, pupil.record)
        if self._files.kept(stamp):
            return
        for audience, folder in FOLDERS.items():
            for suffix, render in SHEETS.items():
                self._files.write(f"{folder}/{pupil.name}.{suffix}", render(pupil.sheets[audience]), stamp=stamp)

    def _stamp(self, *made_of: object) -> str:
        """A hash of what files are made of: also the assignment's levels, and the code that renders."""
        parts = (_renderers(current()), self._graded.assignment.title, self._graded.assignment.show, *made_of)
        return hashlib.sha256("\0".join(map(repr, parts)).encode("utf-8", "backslashreplace")).hexdigest()[:32]

    def _results(self, pupil: Pupil) -> None:
        """Files for platforms."""
        formats, place = self._formats, "" if len(self._graded.standings) == 1 else f"{pupil.name}/"
        if formats.gradescope:
            self._files.write(f"gradescope/{place}results.json", as_json(to_gradescope(pupil)))
        if formats.prairielearn:
            self._files.write(f"prairielearn/{place}results.json", as_json(to_prairielearn(pupil)))
        if formats.classroom50:
            result = to_classroom50(pupil, formats.environment, formats.now())
            self._files.write(f"classroom50/{place}result.json", as_json(result))

    # --- tables ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _table(self, name: str) -> Iterator[Table]:
        with self._files.stream(name) as stream:
            yield Table(stream)

    @contextlib.contextmanager
    def _grades(self) -> Iterator[Callable[[Pupil], None]]:
        with self._table("grades.csv") as table:
            table.row(grade_headings(self._items))
            names = self._graded.pseudonyms

            def write(pupil: Pupil) -> None:
                name = names.get(pupil.standing.student)
                table.row(grade_row(pupil.standing, pupil.record, self._items, name))

            yield write

    @contextlib.contextmanager
    def _identities(self) -> Iterator[Callable[[Pupil], None]]:
        """Who is who, where nothing else says it."""
        names = self._graded.pseudonyms
        if not names:
            yield _silent
            return
        with self._table(IDENTITIES) as table:
            table.row(["pseudonym", "student", "name", "group", "submission"])

            def write(pupil: Pupil) -> None:
                one = pupil.standing
                cells = (one.student, one.name, one.group or "", one.submission or "")
                table.row([names[one.student], *map(cell, cells)])

            yield write

    @contextlib.contextmanager
    def _canvas(self) -> Iterator[Callable[[Pupil], None]]:
        roster = self._graded.roster
        if roster is None or not is_canvas(roster) or self._veil is not None:
            yield _silent
            return
        columns = CanvasColumns(roster, self._graded.assignment.title, self._graded.assignment.points)
        with self._table("canvas.csv") as table:
            table.row(columns.headings())
            table.row(columns.possible())

            def write(pupil: Pupil) -> None:
                row = columns.row(pupil.standing.student, pupil.standing.points)
                if row is not None:
                    table.row(row)

            yield write

    @contextlib.contextmanager
    def _moodle(self) -> Iterator[Callable[[Pupil], None]]:
        roster = self._graded.roster
        if roster is None or not is_moodle(roster) or self._veil is not None:
            yield _silent
            return
        columns = MoodleColumns(roster, self._graded.assignment.points)
        with self._table("moodle.csv") as table:
            table.row(columns.headings())

            def write(pupil: Pupil) -> None:
                row = columns.row(pupil.standing.student, pupil.sheets[Audience.NOW])
                if row is not None:
                    table.row(row)

            yield write

    @contextlib.contextmanager
    def _junit(self) -> Iterator[Callable[[Pupil], None]]:
        if self._formats.junit is None:
            yield _silent
            return
        with whole_file(self._formats.junit) as write:
            write(class_junit_start(self._graded.assignment.title))

            def write_pupil(pupil: Pupil) -> None:
                write(pupil_to_junit(pupil))

            yield write_pupil
            write(CLASS_JUNIT_END)

    # --- the class as a whole -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _page(self) -> Iterator[Callable[[Pupil], None]]:
        graded = self._graded
        students, anonymous = len(graded.standings), self._veil is not None
        page = ClassPage(graded.assignment, students=students, anonymous=anonymous, diagnosed=graded.diagnosed)
        yield page.add
        self._files.write(PAGE, page.html())
