"""An assignment file read, with all that is wrong in it at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradcheck.grading.assignment.changes import said
from gradcheck.grading.assignment.files import Files
from gradcheck.grading.assignment.interfaces import read_interface
from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.lines import line_of_keys
from gradcheck.grading.assignment.measurable import check_measurable
from gradcheck.grading.assignment.networks import read_network
from gradcheck.grading.assignment.problems import AssignmentError, Problem, Problems
from gradcheck.grading.assignment.records import Assignment, Hidden, Integrity, Item, Marking
from gradcheck.grading.assignment.roles import check_roles
from gradcheck.grading.assignment.rubrics import ROUNDING, read_rubric
from gradcheck.grading.assignment.settings import read_data, read_late, read_limits, read_reference, read_show
from gradcheck.grading.assignment.tables import Tables, read_tables
from gradcheck.grading.assignment.validation import check_numbers

__all__ = ["parse_assignment", "read_assignment"]

LARGEST = 2**20  # bytes: beyond it is no file that somebody has written
DEEPEST = 40  # levels: a rubric of groups in groups has a few
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def read_assignment(path: str | Path, *, kinds: Mapping[str, Kind] | None = None) -> Assignment:
    """Read an assignment file.

    Parameters
    ----------
    path : path
        A TOML file, UTF-8.
    kinds : mapping of str to Kind, optional
        Of rubric items, by their names; those of ``gradcheck.grading.items`` if not given.

    Raises
    ------
    AssignmentError
        If it cannot be read, or says something that cannot be: all that is wrong, each with line, key and cure.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _broken(str(path), f"it cannot be read: {reason}", "Give the path of an assignment file") from None
    return parse_assignment(content, path, kinds=kinds)


def parse_assignment(content: bytes, path: Path, *, kinds: Mapping[str, Kind] | None = None) -> Assignment:
    """Read the content of an assignment file.

    Parameters
    ----------
    content : bytes
    path : Path
        Where it stands; the files that it refers to are looked for beside it.
    kinds : mapping of str to Kind, optional
        As in `read_assignment`.

    Raises
    ------
    AssignmentError
        As from `read_assignment`.
    """
    document, text = _document(content, path)
    problems = Problems(lines=line_of_keys(text))
    files = Files(folder=path.resolve().parent, text=content)
    check_numbers(document, (), problems)
    assignment = None if problems.found else _assignment(document, files, path, _kinds(kinds), problems)
    if problems.found or assignment is None:
        raise AssignmentError(str(path), problems.sorted())
    return assignment


def _kinds(kinds: Mapping[str, Kind] | None) -> Mapping[str, Kind]:
    if kinds is not None:
        return kinds
    from gradcheck.grading.items import KINDS  # the items know the assignment, not the reverse

    return KINDS


def _broken(name: str, found: str, cure: str, line: int | None = None) -> AssignmentError:
    return AssignmentError(name, [Problem(line=line, key="", found=found, cure=cure)])


def _document(content: bytes, path: Path) -> tuple[dict[str, Any], str]:
    """The file as TOML, and as text."""
    if len(content) > LARGEST:
        raise _broken(str(path), "it is too large for an assignment file", f"Write at most {LARGEST >> 20} MiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _broken(str(path), "it is not UTF-8", "Save it as UTF-8", line) from None
    too_deep = _broken(str(path), "it is nested too deeply", f"Write at most {DEEPEST} levels")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise too_deep from None
    except ValueError as error:
        match = PLACE.search(str(error))
        line = int(match[1]) if match and match[1] else text.count("\n") + 1
        found = f"it is not TOML: {PLACE.sub('', str(error))}"
        raise _broken(str(path), found, 'Keys are written as name = value, texts in "quotes"', line) from None
    if not _is_shallow(document):
        raise too_deep
    return document, text


def _is_shallow(document: Mapping[str, Any]) -> bool:
    """Whether all of it can be walked through, a call a level."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return not level


def _assignment(
    document: dict[str, Any], files: Files, path: Path, kinds: Mapping[str, Kind], problems: Problems
) -> Assignment | None:
    tables = read_tables(document, problems)
    network = read_network(tables["network"], problems)
    adapter = tables["interface"].get("adapter")
    found = files.find(adapter, ("interface", "adapter"), problems) if adapter is not None else None
    content = document.get("interface")
    interface = read_interface(content, tables, network, found, problems) if isinstance(content, Mapping) else None
    if interface is not None and network is not None:
        check_roles(interface, network, problems)
    rubric = _rubric(document, tables, kinds, network, problems)
    if interface is not None and not (problems.under("interface") or problems.under("rubric")):
        check_measurable(rubric, kinds, interface, problems)
    reference = read_reference(tables["reference"], files, problems)
    data = read_data(tables["data"], network, files, problems)
    limits, late = read_limits(tables["limits"], problems), read_late(tables["late"], problems)
    show = read_show(tables["show"], problems)
    if problems.found or network is None or interface is None:
        return None
    return Assignment(
        title=tables[""]["title"],
        network=network,
        interface=interface,
        rubric=rubric,
        reference=reference,
        data=data,
        hidden=Hidden(**tables["hidden"]),
        marking=Marking(**tables["marking"]),
        limits=limits,
        show=show,
        late=late,
        conventions=frozenset(tables["conventions"]["allowed"]),
        integrity=Integrity(forbid=tuple(tables["integrity"]["forbid"])),
        language=tables[""].get("language"),
        path=path,
        digest=files.digest,
        said=said(document, files.contents),
    )


def _rubric(
    document: Mapping[str, Any],
    tables: Tables,
    kinds: Mapping[str, Kind],
    network: Any,
    problems: Problems,
) -> tuple[Item, ...]:
    content = document.get("rubric")
    if not isinstance(content, list) or not content:
        problems.add(
            ("rubric",) if content is not None else (),
            "there is no rubric",
            'Write [[rubric]] with id = "forward", points = 4 and checks = "forward"',
        )
        return ()
    rubric = read_rubric(content, kinds, network, problems)
    if not problems.under("rubric"):
        total, points = sum(item.points for item in rubric), tables[""].get("points")
        if total <= 0:
            problems.add(("rubric",), "nothing can be earned", "Give some item points")
        elif points is not None and abs(points - total) > ROUNDING * max(points, total):
            problems.add(
                ("points",),
                f"{points:g} is not the sum of the rubric, {total:g}",
                f"Write {total:g}, or change the items",
            )
    return rubric
