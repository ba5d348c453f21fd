"""How a class stands: quartiles by hand, difficulty and discrimination by their formulas, gradients alike."""

from typing import Any

import numpy as np
import pytest

from gradcheck.grading.assignment.records import Item
from gradcheck.grading.records import Outcome
from gradcheck.reports.grading.page.figures import histogram
from gradcheck.reports.grading.page.row import Cell, Row
from gradcheck.reports.grading.page.tally import ENOUGH_TO_CORRELATE, Tally, distribution

ITEMS = (
    Item(path="a", title="A", points=2.0, checks="forward"),
    Item(path="b", title="B", points=4.0, checks="loss"),
)


def row(name: str, *points: float, bug: str | None = None, **fields: Any) -> Row:
    """A graded student, with a bug where points were lost."""
    cells = tuple(
        Cell(points=got, of=item.points, outcome=Outcome.LOST, bug=bug if got < item.points else None)
        for got, item in zip(points, ITEMS, strict=False)
    )
    given: dict[str, Any] = {
        "name": name, "file": name, "submission": name, "group": "", "state": "graded",
        "points": sum(points), "of": 6.0,
        "bugs": (bug,) if bug else (), "late_days": 0, "late_points": 0.0, "by_hand": (), "findings": (), "told": (),
        "others": (),
        "cells": cells, "fingerprint": None, "loss": None, "gradient": None,
    }  # fmt: skip
    return Row(**{**given, **fields})


def tallied(*rows: Row) -> Tally:
    """A class in which each has a file of its own."""
    tally = Tally(ITEMS)
    for one in rows:
        tally.add(one, f"{one.name}.py")
    return tally


def test_quartiles_are_those_between_marks() -> None:
    """Type 7 of Hyndman and Fan, as numpy's default."""
    marks = [3.0, 7.0, 8.0, 15.0]
    found = distribution(marks, 20.0)
    assert found is not None
    assert found.quartiles == pytest.approx(np.quantile(marks, [0.25, 0.5, 0.75]))
    assert (found.low, found.high, found.mean) == (3.0, 15.0, 8.25)


@pytest.mark.parametrize(
    ("marks", "most", "place"),
    [([20.0], 20.0, 9), ([0.0], 20.0, 0), ([0.3], 1.0, 3), ([6.0], 20.0, 3), ([-1.0], 20.0, 0), ([25.0], 20.0, 9)],
    ids=["the most", "nothing", "an edge that rounds", "an edge", "less than nothing", "a bonus"],
)
def test_a_mark_counts_above_its_edge(marks: list[float], most: float, place: int) -> None:
    """0.3 of 1 is the fourth step, whatever 0.3 / 0.1 gives; the highest is in the last."""
    found = distribution(marks, most)
    assert found is not None
    assert [step for step, count in enumerate(found.counts) if count] == [place]


def test_nobody_has_a_mark() -> None:
    """Then there is no distribution."""
    assert distribution([], 20.0) is None


def test_every_mark_is_in_a_bar_of_the_drawing() -> None:
    """Counts add up; the tallest bar is the most frequent step; nothing leaves the drawing."""
    found = distribution([1.0, 19.0, 19.5, 20.0], 20.0)
    assert found is not None
    drawn = histogram(found)
    assert sum(bar.count for bar in drawn.bars) == 4
    assert max(drawn.bars, key=lambda bar: bar.height).count == 3
    assert all(bar.y >= 0 and bar.x >= 0 and bar.x + bar.width <= drawn.width for bar in drawn.bars)
    assert drawn.low <= drawn.lower <= drawn.median <= drawn.upper <= drawn.high


def test_difficulty_is_the_mean_share_and_losers_are_counted() -> None:
    """Over those with a mark; who could not be run counts for nothing."""
    figures = tallied(row("x", 2.0, 1.0), row("y", 0.0, 3.0), row("z", state="ungradable", points=None)).items()
    assert [one.difficulty for one in figures] == [0.5, 0.5]
    assert [(one.marked, one.lost) for one in figures] == [(2, 1), (2, 2)]


def test_discrimination_is_the_correlation_with_the_rest_of_the_mark(rng: np.random.Generator) -> None:
    """Of two items the rest of one is the other."""
    a, b = rng.uniform(0, 2, ENOUGH_TO_CORRELATE), rng.uniform(0, 4, ENOUGH_TO_CORRELATE)
    figures = tallied(*(row(str(place), *points) for place, points in enumerate(zip(a, b, strict=True)))).items()
    expected = np.corrcoef(a, b)[0, 1]
    assert [one.discrimination for one in figures] == pytest.approx([expected, expected])


def test_a_small_class_has_no_discrimination(rng: np.random.Generator) -> None:
    """One student fewer than it takes."""
    rows = [row(str(place), *rng.uniform(0, 2, 2)) for place in range(ENOUGH_TO_CORRELATE - 1)]
    assert [one.discrimination for one in tallied(*rows).items()] == [None, None]


def test_an_item_that_all_have_tells_nothing_apart() -> None:
    """A correlation with what does not vary is none; it is called easy."""
    rows = [row(str(place), 2.0, place % 5) for place in range(40)]
    easy, other = tallied(*rows).items()
    assert (easy.discrimination, other.discrimination) == (None, None)
    assert "easy" in easy.told
    assert not other.told


@pytest.mark.parametrize(
    ("earned", "told"), [(2.0, "easy"), (0.2, "hard"), (1.0, "")], ids=["easy", "hard", "in between"]
)
def test_items_are_called_easy_or_hard(earned: float, told: str) -> None:
    """By the borders, and only of enough students."""
    many = tallied(*(row(str(n), earned, 1.0) for n in range(10))).items()[0].told
    few = tallied(*(row(str(n), earned, 1.0) for n in range(9))).items()[0].told
    assert many.partition(":")[0] == told
    assert few == ""


def test_an_item_against_the_rest_is_said_to_tell_little() -> None:
    """The better at the rest, the worse here."""
    rows = [row(str(place), 2.0 * (place % 2), 4.0 - 4.0 * (place % 2)) for place in range(40)]
    assert [one.told.partition(":")[0] for one in tallied(*rows).items()] == ["says little"] * 2


def test_an_item_is_lost_mostly_for_one_bug() -> None:
    """More than half of the points, of three students or more."""
    lost = [row(str(place), 0.0, 4.0, bug="sign-flip") for place in range(3)]
    others = [row("o", 0.0, 4.0, bug="double-mean"), row("p", 1.0, 4.0)]
    found = tallied(*lost, *others).items()
    assert (found[0].bug, found[0].bug_share) == ("sign-flip", pytest.approx(6 / 9))
    assert found[1].bug is None


@pytest.mark.parametrize(("same", "others"), [(2, 0), (3, 3)], ids=["two students", "half of the points"])
def test_an_item_is_not_called_lost_for_a_bug_by_too_few(same: int, others: int) -> None:
    """Two may have sat together; a half is not most."""
    rows = [row(f"s{n}", 0.0, 4.0, bug="sign-flip") for n in range(same)]
    rows += [row(f"o{n}", 0.0, 4.0) for n in range(others)]
    assert tallied(*rows).items()[0].bug is None


def test_equal_gradients_are_groups_only_of_several_files() -> None:
    """Members of a group hand in one file: that is no second case."""
    tally = Tally(ITEMS)
    for name, file, fingerprint in (
        ("a", "1.py", "f"), ("b", "2.py", "f"), ("c", "3.py", "g"), ("d", "3.py", "g"), ("e", "4.py", None),
    ):  # fmt: skip
        number = tally.add(row(name, 1.0, 1.0, fingerprint=fingerprint, bug="sign-flip"), file)
        assert number == {"f": 1, "g": 2, None: None}[fingerprint]
    assert [(one.students, one.first, dict(one.bugs)) for one in tally.alike] == [
        (2, [("a", "a"), ("b", "b")], {"sign-flip": 2})
    ]


def test_states_bugs_and_flags_are_counted() -> None:
    """A bug once a student."""
    tally = tallied(
        row("a", 0.0, 0.0, bug="sign-flip", late_days=1), row("b", 2.0, 4.0, by_hand=("the sum",), findings=("x",)),
        row("c", state="missing", points=None, group="red"),
    )  # fmt: skip
    assert dict(tally.states) == {"graded": 2, "missing": 1}
    assert dict(tally.bugs) == {"sign-flip": 1}
    assert dict(tally.flags) == {"late": 1, "hand": 1, "finding": 1}
    assert dict(tally.groups) == {"red": 1}
    assert tally.marks == [0.0, 6.0]
