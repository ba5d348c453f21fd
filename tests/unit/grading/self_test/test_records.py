"""What follows from trials: fates, rates, and whether an assignment passes."""

from __future__ import annotations

import pytest

from gradcheck.grading.self_test.records import BugResult, Fate, Loss, Program, SelfTest, Trial

LOSS = Loss(item="gradient", points=1.0, symptom="wrong")


def _trial(bug: str | None, *, lost: bool = False, differs: bool = True, beyond: str | None = None) -> Trial:
    program = Program(key="a.py", bug=bug, where="somewhere", text="", beyond=beyond)
    return Trial(program=program, state="graded", points=0.0, of=1.0, lost=(LOSS,) if lost else (),
                 differs=("the loss",) if differs else ())  # fmt: skip


KILLED, UNSEEN = _trial("crash", lost=True), _trial("crash")
EQUIVALENT, BEYOND = _trial("crash", differs=False), _trial("crash", differs=False, beyond="never looked at")


@pytest.mark.parametrize(
    ("trials", "fate"),
    [
        ((KILLED, KILLED), Fate.KILLED),
        ((KILLED, UNSEEN), Fate.PARTLY),
        ((UNSEEN, EQUIVALENT), Fate.UNSEEN),
        ((KILLED, EQUIVALENT), Fate.KILLED),
        ((EQUIVALENT,), Fate.EQUIVALENT),
        ((BEYOND,), Fate.BEYOND),
        ((), Fate.UNWRITTEN),
    ],
)
def test_the_fate_of_a_bug(trials: tuple[Trial, ...], fate: Fate) -> None:
    """What is equivalent counts neither way."""
    assert BugResult(bug="crash", trials=trials).fate is fate


def _result(right: tuple[Trial, ...], *trials: Trial) -> SelfTest:
    bugs = (BugResult(bug="crash", trials=trials),)
    return SelfTest(title="", assignment="0" * 64, seed=0, diagnosed=False, right=right, bugs=bugs)


def test_what_passes() -> None:
    """Right programs earn everything, and nothing that can be told is unseen; without right ones nothing is known."""
    right = _trial(None, differs=False)
    assert _result((right,), KILLED, EQUIVALENT, BEYOND).passed
    assert not _result((right,), KILLED, UNSEEN).passed
    assert not _result((right, _trial(None, lost=True)), KILLED).passed
    assert not _result((), KILLED).passed


def test_rates_count_what_can_be_told() -> None:
    """Equivalent programs, and those that no item looks at, are in no rate."""
    rates = _result((_trial(None, lost=True), _trial(None)), KILLED, UNSEEN, EQUIVALENT, BEYOND).rates()
    assert rates == {"right": 2, "right_failed": 1, "bugs": 1, "bugs_killed": 0, "wrong": 2, "wrong_killed": 1}


def test_what_cannot_be_run_costs() -> None:
    """A state of its own, which nobody takes for a pass."""
    program = Program(key="a.py", bug="crash", where="", text="")
    assert Trial(program=program, state="ungradable", reason="it raises").fate is Fate.KILLED
