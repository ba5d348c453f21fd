"""What an assignment says by keys, and in what two of them differ."""

from pathlib import Path

from gradcheck.grading.assignment.changes import Change, changes_between, said
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.assignment.ready import READY, ready_assignment


def test_items_are_known_by_their_ids() -> None:
    """Also within groups; a list of numbers is one value, a date is written out."""
    document = {
        "title": "XOR",
        "rubric": [{"id": "g", "items": [{"id": "W1", "points": 1.5}]}, {"points": 2}],
        "data": {"X": [[0, 1], [1, 0]]},
    }
    assert said(document, {}) == {
        "title": '"XOR"', "rubric.g.W1.points": "1.5", "rubric.2.points": "2", "data.X": "[[0, 1], [1, 0]]",
    }  # fmt: skip


def test_a_file_that_is_referred_to_is_told_by_its_content() -> None:
    """Shortened: nobody reads all of a digest."""
    before, after = said({}, {"solution.py": b"a"}), said({}, {"solution.py": b"b"})
    (change,) = changes_between(before, after)
    assert change.key == "file solution.py"
    assert change.before != change.after
    assert len(str(change.before)) < 25


def test_keys_that_come_and_go() -> None:
    """Those that are gone come last; a long value is cut."""
    found = changes_between({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "x" * 200, "d": "4"})
    assert [change.key for change in found] == ["c", "d", "a"]
    assert found[1:] == (Change(key="d", before=None, after="4"), Change(key="a", before="1", after=None))
    assert str(found[0].after).endswith("...")


def test_an_item_that_is_moved_is_no_change() -> None:
    """Order is not what marks are made of."""
    items = [{"id": "a", "points": 1}, {"id": "b", "points": 2}]
    assert changes_between(said({"rubric": items}, {}), said({"rubric": items[::-1]}, {})) == ()


def test_every_ready_assignment_says_its_rubric() -> None:
    """Each item's points by its path."""
    for name in READY:
        assignment = parse_assignment(ready_assignment(name).text.encode(), Path(f"{name}.toml"))
        for leaf in assignment.leaves:
            assert float(assignment.said[f"rubric.{leaf.path.replace('/', '.')}.points"]) == leaf.points
