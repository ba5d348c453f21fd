"""Whatever stands in an assignment file: it is an assignment, or all that is wrong with it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gradcheck.grading.assignment import Assignment, AssignmentError, Problem
from gradcheck.grading.assignment.item_keys import GROUP_KEYS, ITEM_KEYS
from gradcheck.grading.assignment.keys import TABLES
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.assignment.ready import READY, ready_assignment
from gradcheck.grading.items import KINDS

TEXTS = [ready_assignment(name).text for name in READY]

scalars = st.one_of(
    st.integers(-3, 300).map(str),
    st.integers().map(str),
    st.sampled_from(
        [
            "0.5", "-1.5", "nan", "-inf", "1e400", "true", "false", "2026-10-01", "12:00:00", "2026-10-01T00:00:00",
            "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", '""', '"W1"', '"1 h"', '"512 MB"', '"99 weeks"',
            '"999999999 weeks"', '"0 B"', '"."', '".."', '"/"', '"\\u0000"', '"forward(X) -> output"', '"self.f(X, Y)"',
            '"f(*X) -> (a, (b, _))"', '"params[0].x"', '"loads"', '"gradient"', '"functions"', '"class"', '"rows"',
            '"f(-1 ** 2, k=[[1]], **X)"', '"f("', '"gradients/W1"', '"softmax"', '"bce"',
        ]
    ),
    st.text(max_size=8).map(lambda text: json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=True)),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: f"[{', '.join(parts)}]"),
        st.dictionaries(st.sampled_from(["W1", "l2", "form", "id", "x"]), inner, max_size=3).map(
            lambda parts: "{ " + ", ".join(f"{name} = {value}" for name, value in parts.items()) + " }"
        ),
    ),
    max_leaves=6,
)
names = st.sampled_from(sorted({key.name for table in TABLES for key in table.keys} | {"rubric", "x"}))
lines = st.one_of(
    st.builds("{} = {}".format, names, values),
    st.sampled_from([f"[{table.name}]" for table in TABLES if table.name]),
    st.sampled_from(["[[rubric]]", "[[rubric.items]]", "[[rubric.items.items]]", "[rubric]", "[[network]]", "[x]", ""]),
    st.builds("{} = {}".format, st.sampled_from([key.name for key in (*ITEM_KEYS, *GROUP_KEYS)]), values),
    st.builds('checks = "{}"'.format, st.sampled_from(list(KINDS))),
)


def _read(content: bytes, folder: Path) -> None:
    """Read it; every problem must say something."""
    problems: tuple[Problem, ...] = ()
    try:
        found: Assignment | None = parse_assignment(content, folder / "assignment.toml")
    except AssignmentError as error:
        found, problems = None, error.problems
    assert (found is None) == bool(problems)
    for problem in problems:
        assert problem.line is None or 1 <= problem.line <= content.count(b"\n") + 1
        assert problem.found
        assert problem.cure


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without any file beside the assignment."""
    return tmp_path_factory.mktemp("course")


@given(st.lists(lines, max_size=25))
def test_lines_at_random(folder: Path, written: list[str]) -> None:
    """Known keys and tables in any order, with any values."""
    _read("\n".join(written).encode(), folder)


@given(st.sampled_from(TEXTS), st.data())
def test_a_ready_one_spoiled(folder: Path, text: str, data: st.DataObject) -> None:
    """Lines of a valid file taken out, doubled, moved, and given other values."""
    rows = text.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(rows) - 1))
        match data.draw(st.sampled_from(["out", "twice", "moved", "value", "line"])):
            case "out" if len(rows) > 1:
                del rows[place]
            case "twice":
                rows.insert(place, rows[place])
            case "moved":
                rows.insert(data.draw(st.integers(0, len(rows) - 1)), rows.pop(place))
            case "value" if "=" in rows[place]:
                rows[place] = rows[place].partition("=")[0] + "= " + data.draw(values)
            case _:
                rows.insert(place, data.draw(lines))
    _read("\n".join(rows).encode(), folder)


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))))
@example(b"a = " + b"[" * 3000 + b"]" * 3000)
@example(b"a" + b".a" * 3000 + b" = 1")
@example(b"a = " + b"9" * 5000)
@example(b"rubric = " + b"[{items = " * 150 + b"[]" + b"}]" * 150)
def test_any_bytes(folder: Path, content: bytes) -> None:
    """No TOML at all, and TOML that is hard to read."""
    _read(content, folder)
