"""Where students stand: attempts, lateness, overrides, groups, and those who handed in nothing."""

import datetime as dt
from typing import Any

import pytest

from gradcheck.grading.assignment.records import Late
from gradcheck.grading.gradebook.gradebook import Override
from gradcheck.grading.people.owners import owners
from gradcheck.grading.people.pseudonyms import new_secret, pseudonyms
from gradcheck.grading.people.roster import Roster, Student
from gradcheck.grading.people.standing import Attempts, Standing, standings

DUE = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
LATE = Late(due=DUE, per_day=0.1, most=0.3)
ROSTER = Roster(students=(Student(id="bo"), Student(id="ada", name="Ada", group="g"), Student(id="cleo", group="g")))


def _grade(*points: float, state: str = "graded") -> dict[str, Any]:
    marks = [{"item": f"i{number}", "points": value} for number, value in enumerate(points)]
    return {"state": state, "points": sum(points) if state == "graded" else None, "of": 10.0, "marks": marks}


def _stand(grades: dict[str, dict[str, Any]], **changes: Any) -> dict[str, Standing]:
    options: dict[str, Any] = {
        "roster": None,
        "times": {},
        "overrides": (),
        "late": Late(),
        "attempts": Attempts.LATEST,
    }
    options |= changes
    found = standings(grades, owners(grades, options["roster"]), of=10.0, **options)
    return {standing.student: standing for standing in found}


def test_the_latest_or_the_best_counts() -> None:
    """By number where there is no time, by time where there is one; the other is still shown."""
    grades = {"ada v1.py": _grade(8.0), "ada v2.py": _grade(3.0)}
    assert _stand(grades)["ada"].points == 3.0
    best = _stand(grades, attempts=Attempts.BEST)["ada"]
    assert (best.points, best.submission, best.attempts) == (8.0, "ada v1.py", ("ada v1.py", "ada v2.py"))
    times = {"ada v1.py": DUE, "ada v2.py": DUE - dt.timedelta(days=1)}
    assert _stand(grades, times=times)["ada"].points == 8.0


def test_ungradable_is_not_zero() -> None:
    """It is no mark; another attempt may be, where the best counts."""
    grades = {"ada v1.py": _grade(0.0), "ada v2.py": _grade(state="ungradable")}
    latest = _stand(grades)["ada"]
    assert (latest.state, latest.points) == ("ungradable", None)
    assert _stand(grades, attempts=Attempts.BEST)["ada"].points == 0.0


def test_all_of_a_group_and_who_handed_in_nothing() -> None:
    """In the roster's order, then those whom it does not know, with the reason."""
    found = _stand({"ada.py": _grade(7.0), "who.py": _grade(5.0)}, roster=ROSTER)
    assert list(found) == ["bo", "ada", "cleo", "? who"]
    assert (found["bo"].state, found["bo"].points) == ("missing", None)
    assert found["ada"].points == found["cleo"].points == 7.0
    assert "roster" in found["? who"].notes[0]


@pytest.mark.parametrize(("hours", "points"), [(-1, 10.0), (0, 10.0), (1, 9.0), (24, 9.0), (25, 8.0), (2400, 7.0)])
def test_lateness(hours: float, points: float) -> None:
    """For each day begun, up to the most."""
    found = _stand({"ada.py": _grade(10.0)}, late=LATE, times={"ada.py": DUE + dt.timedelta(hours=hours)})
    assert found["ada"].points == pytest.approx(points)
    assert found["ada"].measured == 10.0


def test_late_without_a_time() -> None:
    """What is not known takes nothing off, and is said."""
    found = _stand({"ada_LATE_1_2_net.py": _grade(10.0)}, late=LATE)
    (standing,) = found.values()
    assert standing.points == 10.0
    assert "late" in standing.notes[0]


def test_the_best_is_judged_after_lateness() -> None:
    """A late attempt with more points may be worth less."""
    grades = {"ada v1.py": _grade(8.0), "ada v2.py": _grade(9.0)}
    times = {"ada v1.py": DUE, "ada v2.py": DUE + dt.timedelta(days=2, hours=1)}
    assert _stand(grades, times=times, late=LATE, attempts=Attempts.BEST)["ada"].submission == "ada v1.py"


def _decide(item: str, points: float, key: str = "ada.py") -> Override:
    return Override(key=key, item=item, points=points, reason="seen in person")


def test_overrides_of_an_item_and_of_the_sum() -> None:
    """An item's is under lateness as the others; the sum is the last word."""
    grades = {"ada.py": _grade(2.0, 5.0)}
    late = {"late": LATE, "times": {"ada.py": DUE + dt.timedelta(hours=1)}}
    assert _stand(grades, overrides=[_decide("i0", 4.0)], **late)["ada"].points == pytest.approx(8.1)
    final = _stand(grades, overrides=[_decide("i0", 4.0), _decide("", 10.0, "student:ada")], **late)["ada"]
    assert (final.points, final.late_points, final.measured) == (10.0, 0.0, 7.0)


def test_an_override_without_effect_is_told() -> None:
    """An item that is gone from the rubric is not forgotten silently."""
    found = _stand({"ada.py": _grade(2.0)}, overrides=[_decide("gone", 9.0)])["ada"]
    assert found.points == 2.0
    assert found.overrides == ()
    assert "gone" in found.notes[0]


def _gated(outcome: str, own: float = 3.0) -> dict[str, Any]:
    """Three items: the second waits for the first, the third for the second; what both have by themselves."""
    first = {"item": "first", "points": 1.0, "of": 2.0, "outcome": outcome}
    second, third = (
        {"item": name, "points": 0.0, "of": 3.0, "outcome": "blocked", "gates": [gate],
         "behind": {"item": name, "points": own, "of": 3.0, "outcome": "earned" if own == 3.0 else "partly"}}
        for name, gate in (("second", "first"), ("third", "second"))
    )  # fmt: skip
    return {"state": "graded", "points": 1.0, "of": 8.0, "marks": [first, second, third]}


@pytest.mark.parametrize(
    ("decided", "own", "points"),
    [((), 3.0, 1.0), ((("first", 2.0),), 3.0, 8.0), ((("first", 1.5),), 3.0, 1.5), ((("first", 2.0),), 1.0, 3.0),
     ((("first", 2.0), ("second", 3.0)), 1.0, 6.0), ((("second", 3.0),), 3.0, 7.0), ((("first", 0.0),), 3.0, 0.0)],
    ids=["nothing", "all-points-open-in-a-row", "fewer-open-nothing", "what-is-opened-may-be-wrong", "one-by-one",
         "in-the-middle", "none"],
)  # fmt: skip
def test_all_points_by_hand_open_what_waits_for_an_item(
    decided: tuple[tuple[str, float], ...], own: float, points: float
) -> None:
    """Then it has what it has earned by itself; fewer points by hand do not make the item right."""
    overrides = [_decide(item, value) for item, value in decided]
    assert _stand({"ada.py": _gated("partly", own)}, overrides=overrides)["ada"].points == points


def test_an_item_by_hand_closes_nothing() -> None:
    """What was looked at keeps its points."""
    grade = _gated("earned")
    grade["marks"][1:] = [mark["behind"] for mark in grade["marks"][1:]]
    found = _stand({"ada.py": {**grade, "points": 7.0}}, overrides=[_decide("first", 0.0)])["ada"]
    assert found.points == 6.0


def test_attempts_that_do_not_count_are_known() -> None:
    """With what they would have been worth, by hand too."""
    grades = {"ada v1.py": _grade(8.0), "ada v2.py": _grade(state="ungradable"), "ada v3.py": _grade(3.0)}
    found = _stand(grades, overrides=[_decide("i0", 9.0, "ada v1.py")])["ada"]
    assert [(one.number, one.submission, one.state, one.points) for one in found.others] == [
        (1, "ada v1.py", "graded", 9.0), (2, "ada v2.py", "ungradable", None)
    ]  # fmt: skip


def test_an_override_above_the_points_of_its_item_is_told() -> None:
    """It may be meant, and it may be a point that was forgotten: 25 for 2.5."""
    grade = _grade(2.0, 5.0)
    grade["marks"] = [{**mark, "of": 5.0} for mark in grade["marks"]]
    found = _stand({"ada.py": grade}, overrides=[_decide("i0", 25.0), _decide("i1", 5.0)])["ada"]
    assert found.points == 30.0
    assert [note for note in found.notes if "more points than there are" in note] == list(found.notes)
    assert "i0" in found.notes[0]


def test_overrides_give_a_mark_to_what_could_not_be_run() -> None:
    """Somebody has read it."""
    found = _stand({"ada.py": _grade(state="ungradable")}, overrides=[_decide("", 6.0)])["ada"]
    assert (found.points, found.measured, found.state) == (6.0, None, "ungradable")


def test_overrides_give_a_mark_to_who_handed_in_nothing() -> None:
    """The sum, such as that of an oral exam; of an item nothing was marked, which is told."""
    decided = [
        Override(key="student:bo", item="", points=5.0, reason="oral exam"),
        Override(key="student:bo", item="i0", points=1.0, reason="no such mark"),
    ]
    found = _stand({"ada.py": _grade(7.0)}, roster=ROSTER, overrides=decided)
    assert (found["bo"].state, found["bo"].points, found["bo"].overrides) == ("missing", 5.0, tuple(decided[:1]))
    assert found["bo"].notes == ("the override of 'i0' has no effect: there is no such mark",)
    assert found["cleo"].points == 7.0


def test_pseudonyms() -> None:
    """The same in every run of a class, other in another, all different."""
    names = [f"s{number}" for number in range(3000)]
    secret = new_secret()
    first = pseudonyms(names, secret)
    assert pseudonyms(reversed(names), secret) == first
    assert len(set(first.values())) == len(names)
    assert pseudonyms(names[:3], new_secret()) != {name: first[name] for name in names[:3]}
    assert not any(name in first[name] for name in names[100:])
