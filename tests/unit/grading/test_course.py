"""The course of a class: what is run, what is kept, what is shared, and what a killed run leaves."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.executors import given
from gradcheck.grading.batch.work import Work
from gradcheck.grading.course import ClassRun, Terms, grade_class
from gradcheck.grading.gradebook import Gradebook

NOW = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
TERMS = Terms(assignment="a" * 64, of=10.0, seed=3, diagnose=True)


def _work(key: str, content: str = "", **more: Any) -> Work:
    return Work(key=key, path=Path(key), digest=content or f"content of {key}", **more)


class _Worker:
    """Marks by what a key says: ``wrong-K`` has a wrong gradient of kind K, ``fault`` is a fault of ours."""

    def __init__(self) -> None:
        self.sent: list[Errand] = []

    def __call__(self, errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
        self.sent += errands
        return [self._record(errand) for errand in errands]

    def _record(self, errand: Errand) -> dict[str, Any]:
        if errand.key.startswith("fault"):
            raise RuntimeError("ours")
        kind = errand.key.split("-")[1] if errand.key.startswith("wrong") else None
        named = errand.diagnose and kind != "unnamed" and ("mute" not in errand.key or errand.known is not None)
        points = 10.0 if kind is None else 4.0 if named else 2.0
        grade = {
            "state": "graded",
            "points": points,
            "of": 10.0,
            "fingerprint": kind,
            "marks": [],
            "submission": errand.key,
        }
        diagnoses = [{"bug": f"bug {kind}"}] if kind and named else []
        return {"schema": "gradcheck/diagnosis@1", "diagnoses": diagnoses, "grade": grade}


@pytest.fixture
def worker() -> _Worker:
    """Remembers what it was sent for."""
    return _Worker()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Gradebook]:
    """A new one."""
    with Gradebook(tmp_path / "gradebook.sqlite") as opened:
        yield opened


def _grade(works: list[Work], book: Gradebook, worker: _Worker, terms: Terms = TERMS, **more: Any) -> ClassRun:
    with ThreadPoolExecutor(1) as pool:
        return grade_class(works, terms, book, given(pool), worker, now=lambda: NOW, **more)


def _points(book: Gradebook) -> dict[str, float | None]:
    return {key: record["grade"]["points"] for key, record in book.records()}


def test_one_diagnosis_serves_all_who_share_a_bug(book: Gradebook, worker: _Worker) -> None:
    """The first of a kind is diagnosed; the others are marked with what was found."""
    works = [_work(key) for key in ("right", "wrong-x-1", "wrong-x-2", "wrong-y-1", "wrong-x-3")]
    _grade(works, book, worker)
    diagnosed = [errand.key for errand in worker.sent if errand.diagnose and errand.known is None]
    shared = {errand.key: errand.known for errand in worker.sent if errand.known is not None}
    assert sorted(diagnosed) == ["wrong-x-1", "wrong-y-1"]
    assert sorted(shared) == ["wrong-x-2", "wrong-x-3"]
    assert all(known is not None and known["diagnoses"] == [{"bug": "bug x"}] for known in shared.values())
    assert _points(book) == {"right": 10.0, **dict.fromkeys(["wrong-x-1", "wrong-x-2", "wrong-x-3", "wrong-y-1"], 4.0)}


def test_a_later_submission_shares_an_earlier_diagnosis(book: Gradebook, worker: _Worker) -> None:
    """Handed in the day after, it costs no diagnosis of its own."""
    _grade([_work("wrong-x-1")], book, worker)
    worker.sent.clear()
    _grade([_work("wrong-x-1"), _work("wrong-x-2")], book, worker)
    assert [(errand.key, errand.diagnose, errand.known is not None) for errand in worker.sent] == [
        ("wrong-x-2", False, False),
        ("wrong-x-2", True, True),
    ]


def test_where_nothing_could_be_named_each_is_diagnosed(book: Gradebook, worker: _Worker) -> None:
    """A kind without a name is no reason to look at its first alone."""
    _grade([_work("wrong-unnamed-1"), _work("wrong-unnamed-2")], book, worker)
    assert [errand.key for errand in worker.sent if errand.diagnose] == ["wrong-unnamed-1", "wrong-unnamed-2"]
    assert all(errand.known is None for errand in worker.sent)


def test_one_that_could_not_be_named_shares_a_later_diagnosis(book: Gradebook, worker: _Worker) -> None:
    """The same mistake has the same mark, whoever comes first; and nobody's mark has moved for it."""
    run = _grade([_work(key) for key in ("wrong-x-mute", "wrong-x-2", "wrong-y-mute")], book, worker)
    assert _points(book) == {"wrong-x-mute": 4.0, "wrong-x-2": 4.0, "wrong-y-mute": 2.0}
    assert run.moves == ()


def test_copies_are_run_once(book: Gradebook, worker: _Worker) -> None:
    """And everybody who handed it in has the record."""
    run = _grade([_work("a", "same"), _work("b", "same"), _work("c")], book, worker)
    assert [errand.key for errand in worker.sent] == ["a", "c"]
    assert (run.submissions, run.run, run.kept) == (3, 2, 0)
    assert list(_points(book)) == ["a", "b", "c"]


def test_what_cannot_be_run_was_not_there_before(book: Gradebook, worker: _Worker) -> None:
    """The first run keeps nothing, and runs what can be run."""
    works = [_work("right"), _work("broken", fault="a link", cure="hand in the file")]
    run = _grade(works, book, worker)
    assert (run.submissions, run.run, run.kept) == (2, 1, 0)


def test_a_second_run_does_nothing(book: Gradebook, worker: _Worker) -> None:
    """Unchanged work is not looked at."""
    works = [_work("right"), _work("wrong-x-1"), _work("broken", fault="a link", cure="hand in the file")]
    _grade(works, book, worker)
    worker.sent.clear()
    run = _grade(works, book, worker)
    assert worker.sent == []
    assert (run.kept, run.run, run.moves) == (3, 0, ())


@pytest.mark.parametrize(
    "terms",
    [
        Terms(assignment="b" * 64, of=10.0, seed=3, diagnose=True),
        Terms(assignment="a" * 64, of=10.0, seed=4, diagnose=True),
    ],
    ids=["assignment", "seed"],
)
def test_whatever_changes_is_graded_again(terms: Terms, book: Gradebook, worker: _Worker) -> None:
    """All of it."""
    works = [_work("right"), _work("wrong-x-1")]
    _grade(works, book, worker)
    worker.sent.clear()
    _grade(works, book, worker, terms)
    assert {errand.key for errand in worker.sent} == {"right", "wrong-x-1"}


def test_whose_mark_moved_is_told(book: Gradebook, worker: _Worker) -> None:
    """Without naming bugs the marks are those that were found on the way, and are not measured again."""
    works = [_work("right"), _work("wrong-x-1")]
    _grade(works, book, worker)
    worker.sent.clear()
    run = _grade(works, book, worker, Terms(assignment="a" * 64, of=10.0, seed=3, diagnose=False))
    assert worker.sent == []
    assert [(move.key, move.before, move.after, move.why) for move in run.moves] == [("wrong-x-1", 4.0, 2.0, ("mode",))]


def test_a_changed_submission_alone_is_run(book: Gradebook, worker: _Worker) -> None:
    """The others are as they were."""
    _grade([_work("right", "one"), _work("other")], book, worker)
    worker.sent.clear()
    run = _grade([_work("right", "two")], book, worker)
    assert [errand.key for errand in worker.sent] == ["right"]
    assert run.gone == ("other",)
    assert list(_points(book)) == ["right"]


def test_who_comes_back_is_in_the_class_again(book: Gradebook, worker: _Worker) -> None:
    """Nothing is run for it, and no mark has moved."""
    both = [_work("ada"), _work("bo")]
    _grade(both, book, worker)
    _grade(both[:1], book, worker)
    worker.sent.clear()
    run = _grade(both, book, worker)
    assert (worker.sent, run.moves, run.kept) == ([], (), 2)
    assert list(_points(book)) == ["ada", "bo"]


def test_what_cannot_be_run_is_recorded_without_a_worker(book: Gradebook, worker: _Worker) -> None:
    """Ungradable, with its cure, and in the form of a diagnosis."""
    _grade([_work("broken", fault="it is a link", cure="Hand in the file.")], book, worker)
    ((_, record),) = book.records()
    assert worker.sent == []
    assert (record["schema"], record["verdict"]) == ("gradcheck/diagnosis@1", "invalid")
    assert (record["grade"]["state"], record["grade"]["points"]) == ("ungradable", None)
    assert record["grade"]["cure"] == "Hand in the file."


def test_a_fault_of_ours_is_told_and_tried_again(book: Gradebook, worker: _Worker) -> None:
    """It costs nobody a mark."""
    run = _grade([_work("fault-1"), _work("right")], book, worker)
    assert run.faults == {"fault-1": "RuntimeError: ours"}
    assert _points(book) == {"fault-1": None, "right": 10.0}
    worker.sent.clear()
    _grade([_work("fault-1"), _work("right")], book, worker)
    assert [errand.key for errand in worker.sent] == ["fault-1"]


def test_a_run_that_is_stopped_goes_on(book: Gradebook) -> None:
    """Nothing that was marked is marked again, and what was left is."""

    class Stopped(_Worker):
        def _record(self, errand: Errand) -> dict[str, Any]:
            if errand.diagnose:
                raise KeyboardInterrupt
            return super()._record(errand)

    works = [_work(key) for key in ("right", "wrong-x-1", "wrong-x-2")]
    with pytest.raises(KeyboardInterrupt):
        _grade(works, book, Stopped())
    worker = _Worker()
    run = _grade(works, book, worker)
    assert all(errand.diagnose for errand in worker.sent)
    assert {errand.key for errand in worker.sent} == {"wrong-x-1", "wrong-x-2"}
    assert run.moves == ()
    assert len(_points(book)) == 3


def test_progress_is_told(book: Gradebook, worker: _Worker) -> None:
    """What is being done, and how much of it."""
    told: list[tuple[str, int, int]] = []
    _grade([_work("right"), _work("wrong-x-1")], book, worker, progress=lambda *step: told.append(step))
    assert told[:3] == [("marking", 0, 2), ("marking", 1, 2), ("marking", 2, 2)]
    assert ("diagnosing", 1, 1) in told
