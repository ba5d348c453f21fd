"""Records of a grade: what a reader of each level is told, and the sums."""

import dataclasses

import pytest

from gradcheck.grading.records import GradeRecord, Hint, Mark, Message, Outcome, State

MESSAGE = Message(symptom="W1 is wrong", place="line 3", name=None, fix="- a\n+ b")


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (Hint.SYMPTOM, ("W1 is wrong",)),
        (Hint.PLACE, ("W1 is wrong", "line 3")),
        (Hint.NAME, ("W1 is wrong", "line 3")),
        (Hint.FIX, ("W1 is wrong", "line 3", "- a\n+ b")),
    ],
)
def test_a_level_tells_itself_and_those_below(level: Hint, told: tuple[str, ...]) -> None:
    """What there is nothing to say of is left out, and nothing above the level is given away."""
    assert MESSAGE.up_to(level) == told


def _record(state: State, *marks: Mark) -> GradeRecord:
    return GradeRecord(
        submission="a/b.py",
        digest="0" * 64,
        assignment="1" * 64,
        version="0",
        seed=3,
        state=state,
        reason="",
        marks=marks,
    )


def _mark(points: float) -> Mark:
    return Mark(item="forward", title="Forward", points=points, of=2.0, outcome=Outcome.PARTLY, message=MESSAGE)


def test_points_are_summed_only_where_there_is_a_mark() -> None:
    """Ungradable is not zero."""
    graded = _record(State.GRADED, _mark(1.5), _mark(0.0))
    assert (graded.points, graded.of) == (1.5, 4.0)
    assert _record(State.UNGRADABLE).points is None


def test_the_json_form_holds_every_field() -> None:
    """A field that is added is written, too."""
    record = _record(State.GRADED, _mark(1.0))
    written = record.to_dict()["grade"]
    fields = {field.name for field in dataclasses.fields(GradeRecord)} - {"report"}
    assert fields <= written.keys()
    assert {field.name for field in dataclasses.fields(Mark)} == written["marks"][0].keys()
    assert written["marks"][0]["outcome"] == "partly"
