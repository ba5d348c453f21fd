"""A class over executors: all answered, few under way, killed workers survived, broken executors told."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import GradingError
from gradcheck.grading.batch.errand import Errand
from gradcheck.grading.batch.executors import given, local_pool
from gradcheck.grading.batch.running import graded
from gradcheck.grading.batch.work import Work


def _errands(count: int, path: Path = Path()) -> list[Errand]:
    return [Errand(work=Work(key=f"s{number}", path=path, digest=str(number))) for number in range(count)]


def _named(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    return [{"key": errand.key} for errand in errands]


def _killing(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    """One submission ends its worker each time, and another the first time only."""
    for errand in errands:
        mark = errand.work.path / f"{errand.key}.killed"
        if errand.key == "s3" or (errand.key == "s11" and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
    return _named(errands)


def _failing(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    if any(errand.key == "s3" for errand in errands):
        raise RuntimeError("ours")
    return _named(errands)


def _keys(answers: list[tuple[Errand, Any]]) -> list[str]:
    return sorted(errand.key for errand, _ in answers)


@pytest.mark.parametrize("size", [1, 4])
def test_every_submission_is_answered_once(size: int) -> None:
    """By its own record, in any order."""
    errands = _errands(30)
    with ThreadPoolExecutor(3) as pool:
        crew = given(pool)
        answers = list(graded(iter(errands), _named, crew.open, workers=crew.workers, size=size))
    assert crew.workers == 3
    assert _keys(answers) == sorted(errand.key for errand in errands)
    assert all(isinstance(record, dict) and record["key"] == errand.key for errand, record in answers)


def test_few_are_under_way() -> None:
    """However many there are: a class of thousands takes no more memory than one of ten."""
    taken = 0

    def many() -> Iterator[Errand]:
        nonlocal taken
        for errand in _errands(1000):
            taken += 1
            yield errand

    with ThreadPoolExecutor(2) as pool:
        for number, _ in enumerate(graded(many(), _named, given(pool).open, workers=2), start=1):
            assert taken - number <= 4


@pytest.mark.parametrize("size", [1, 4])
def test_killed_workers(size: int, tmp_path: Path) -> None:
    """Who was beside a killer is graded; the killer alone is answered with the error."""
    crew = local_pool(2)
    errands = _errands(16, tmp_path)
    answers = list(graded(iter(errands), _killing, crew.open, workers=2, size=size))
    assert _keys(answers) == sorted(errand.key for errand in errands)
    failed = [errand.key for errand, record in answers if isinstance(record, Exception)]
    assert failed == ["s3"]


def test_an_error_of_ours_costs_its_task_alone() -> None:
    """And goes on."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(graded(_errands(10), _failing, given(pool).open, workers=2))
    assert [errand.key for errand, record in answers if isinstance(record, RuntimeError)] == ["s3"]
    assert len(answers) == 10


class _Broken(Executor):
    """Accepts tasks, and ends over each."""

    def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("gone"))
        return future


def test_executors_that_never_answer_end_the_run() -> None:
    """With a message, and not after as many tries as there are submissions."""
    opened = 0

    @contextlib.contextmanager
    def make() -> Iterator[Executor]:
        nonlocal opened
        opened += 1
        yield _Broken()

    answers = []
    with pytest.raises(GradingError, match="workers ended"):
        answers.extend(graded(_errands(1000), _named, make, workers=2))
    assert opened < 10


def test_threads_run_at_once() -> None:
    """As many as there are workers: two that wait for each other both end."""
    barrier = threading.Barrier(2, timeout=10)

    def together(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
        barrier.wait()
        return _named(errands)

    with ThreadPoolExecutor(2) as pool:
        assert len(list(graded(_errands(4), together, given(pool).open, workers=2))) == 4


def test_a_pool_of_nobody_is_refused() -> None:
    """Jobs are counted from one."""
    with pytest.raises(GradingError, match="jobs=0"):
        local_pool(0)


class _KilledError(Exception):
    """What a cluster raises for a task whose workers were killed, while it goes on with others."""


def _killing_elsewhere(errands: tuple[Errand, ...]) -> list[dict[str, Any]]:
    if any(errand.key == "s3" for errand in errands):
        raise _KilledError
    return _named(errands)


def test_who_is_beside_a_killer_on_a_cluster_is_graded() -> None:
    """Its task is done once more, one by one; the killer alone is answered with the error."""
    with ThreadPoolExecutor(2) as pool:
        crew = given(pool)
        answers = list(
            graded(_errands(20), _killing_elsewhere, crew.open, workers=2, size=8, killed=(_KilledError,))
        )  # fmt: skip
    assert _keys(answers) == sorted(errand.key for errand in _errands(20))
    assert [errand.key for errand, record in answers if isinstance(record, Exception)] == ["s3"]


def test_an_executor_that_is_closed_under_way_ends_the_run() -> None:
    """Nobody is answered with a fault that is not theirs."""
    pool = ThreadPoolExecutor(1)
    answers = graded(_errands(100), _named, given(pool).open, workers=1)
    assert isinstance(next(answers)[1], dict)
    pool.shutdown(cancel_futures=True)
    with pytest.raises(GradingError, match="closed"):
        assert all(isinstance(record, dict) for _, record in answers)


def test_who_waits_looks_whether_anybody_is_there() -> None:
    """A scheduler that is gone answers nothing, not even that it is gone."""

    class Silent(Executor):
        def submit(self, *_args: Any, **_kwargs: Any) -> Future[Any]:
            return Future()

    def watch() -> None:
        raise GradingError("gone")

    with pytest.raises(GradingError, match="gone"):
        list(graded(_errands(3), _named, given(Silent()).open, workers=1, watch=watch))
