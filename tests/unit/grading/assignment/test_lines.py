"""On which line each key of a TOML file stands."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gradcheck.grading.assignment.lines import line_of_keys

TEXT = '''\
# A remark, then a blank line

title = "a # b [c]"
"quoted key" = 1
dotted.inner = 2
many = [
  1,  # [not a table]
  [2, 3],
]
text = """
[table]
key = 1
"""
inline = { a = 1, b = { c = [4] } }

[table]   # a remark
key = 1
[table.below]
key = 2

[[rows]]
id = "x"
  [[rows.items]]
  id = "y"
  [rows.items.extra]
  deep = 1
  [[rows.items]]
  id = "z"
[[rows]]
id = "w"
  [[rows.items]]
  id = "v"
'''


def _line(marker: str) -> int:
    return TEXT[: TEXT.index(marker)].count("\n") + 1


def test_every_form_of_statement() -> None:
    """Keys of all forms, in tables and arrays of tables, however nested."""
    lines = line_of_keys(TEXT)
    assert lines[("title",)] == 3
    assert lines[("quoted key",)] == 4
    assert lines[("dotted", "inner")] == 5
    assert lines[("many",)] == lines[("many", 1, 0)] == 6
    assert lines[("text",)] == 10
    assert lines[("inline", "b", "c", 0)] == 14
    assert lines[("table",)] == _line("[table]   #")
    assert lines[("table", "key")] == _line("[table]   #") + 1
    assert lines[("table", "below", "key")] == _line("key = 2")
    assert lines[("rows", 0)] == _line("[[rows]]")
    assert lines[("rows", 0, "items", 0, "id")] == _line('id = "y"')
    assert lines[("rows", 0, "items", 0, "extra", "deep")] == _line("deep = 1")
    assert lines[("rows", 0, "items", 1, "id")] == _line('id = "z"')
    assert lines[("rows", 1, "id")] == _line('id = "w"')
    assert lines[("rows", 1, "items", 0, "id")] == _line('id = "v"')


def test_no_key_is_left_out_and_none_is_invented() -> None:
    """The keys are those that the standard library finds."""
    assert set(line_of_keys(TEXT)) == set(_keys(tomllib.loads(TEXT)))


def _keys(value: Any, key: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [each for name, content in inner for each in _keys(content, (*key, name))]
    return ([key] if key else []) + below


NAMES = st.sampled_from(["a", "b", '"c d"', "e"])
VALUES = st.sampled_from(["1", '"x"', "[\n1,\n2]", '"""\n[t]\n"""', "{ p = 1 }", "'''\nk = 2\n'''", "2026-10-01"])
STATEMENTS = st.one_of(
    st.builds("{} = {}".format, NAMES, VALUES),
    st.builds("[{}]".format, NAMES),
    st.builds("[[{}]]".format, NAMES),
    st.builds("[{}.{}]".format, NAMES, NAMES),
    st.builds("[[{}.{}]]".format, NAMES, NAMES),
    st.sampled_from(["", "# = [", "   "]),
)


@given(st.lists(STATEMENTS, max_size=12))
def test_any_valid_file(statements: list[str]) -> None:
    """Whatever stands in the file, the keys are those that it has, each on a line on which a statement begins."""
    text = "\n".join(statements)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    starts, line = set(), 1
    for statement in statements:
        starts.add(line)
        line += statement.count("\n") + 1
    lines = line_of_keys(text)
    assert set(lines) == set(_keys(document))
    assert set(lines.values()) <= starts
