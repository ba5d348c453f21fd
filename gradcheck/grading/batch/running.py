"""Spreading a class over the workers of any executor: few tasks under way at a time, and none lost with a worker."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Any

from gradcheck.errors import GradingError
from gradcheck.grading.batch.errand import Errand

__all__ = ["Answer", "OpenExecutor", "RunErrands", "graded"]

# An errand and its record in JSON form; or the fault of ours over which there is none.
Answer = tuple[Errand, dict[str, Any] | Exception]
Task = tuple[Errand, ...]
# What a worker runs: picklable, and it raises for faults of ours only.
RunErrands = Callable[[Task], list[dict[str, Any]]]
# Makes an executor; another one when its processes were killed.
OpenExecutor = Callable[[], contextlib.AbstractContextManager[Executor]]

# Tasks under way for each worker: one that it works on, and one that waits.
AHEAD = 2
# A worker that is killed while it grades one submission alone may have been killed for another reason, once.
MAX_DEATHS = 2
# Executors that break one after the other before they do anything: then no other will do better.
MAX_STILLBORN = 3


def graded(
    errands: Iterable[Errand], run: RunErrands, open_executor: OpenExecutor, *, workers: int, size: int = 1
) -> Iterator[Answer]:
    """Grade a class; answers come in the order in which workers are done.

    Parameters
    ----------
    errands : iterable of Errand
        Read on as workers take them: it may be long.
    run : callable
        ``run(errands)`` returns a record for each.
    open_executor : callable
        A context manager around a ``concurrent.futures.Executor``. When that breaks, because a worker process was
        killed, another is asked for, and what was under way is graded once more, one by one: a submission over which
        the worker ends even then is answered with the error.
    workers : int
        How many tasks run at once.
    size : int
        Submissions of one task: one loses least when all is killed, more cost less where workers are far away.

    Yields
    ------
    tuple
        A submission, and its record or the exception over which there is none.

    Raises
    ------
    GradingError
        If no executor lives long enough for an answer.
    """
    tasks = _batched(errands, size)
    suspects: deque[Errand] = deque()
    deaths: Counter[str] = Counter()
    stillborn = 0
    while True:
        with open_executor() as executor:
            if not _lives(executor):
                stillborn += 1
                if stillborn == MAX_STILLBORN:
                    raise GradingError(
                        f"the workers ended {MAX_STILLBORN} times before they did anything: look at their memory "
                        "limit and output. What was graded before is kept; the same command goes on from there."
                    )
                continue
            stillborn = 0
            lost = yield from _suspected(executor, run, suspects, deaths)
            if lost is None:
                lost = yield from _waiting(executor, run, tasks, workers * AHEAD)
        if lost is None:
            return
        suspects.extend(itertools.chain.from_iterable(lost))


def _lives(executor: Executor) -> bool:
    """Whether it answers at all."""
    try:
        executor.submit(bool).result()
    except BrokenExecutor:
        return False
    return True


def _suspected(
    executor: Executor, run: RunErrands, suspects: deque[Errand], deaths: Counter[str]
) -> Generator[Answer, None, list[Task] | None]:
    """Those that were under way when a worker was killed, one by one; not None once the executor is broken again."""
    while suspects:
        errand = suspects.popleft()
        try:
            yield errand, executor.submit(run, (errand,)).result()[0]
        except BrokenExecutor as error:
            deaths[errand.key] += 1
            if deaths[errand.key] < MAX_DEATHS:
                return [(errand,)]
            yield errand, error
            return []
        except Exception as error:  # noqa: BLE001 (a fault of ours or of the cluster's: recorded, graded again next time)
            yield errand, error
    return None


def _waiting(
    executor: Executor, run: RunErrands, tasks: Iterator[Task], window: int
) -> Generator[Answer, None, list[Task] | None]:
    """All that waits; the tasks that were lost where the executor breaks."""
    pending: dict[Future[list[dict[str, Any]]], Task] = {}
    lost: list[Task] = []
    while not lost:
        for task in itertools.islice(tasks, window - len(pending)):
            try:
                pending[executor.submit(run, task)] = task
            except BrokenExecutor:
                lost.append(task)
                break
        if not pending:
            break
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            yield from _answers(future, pending.pop(future), lost)
    for future, task in pending.items():  # the executor is broken: nothing of this runs any more
        yield from _answers(future, task, lost)
    return lost or None


def _answers(future: Future[list[dict[str, Any]]], task: Task, lost: list[Task]) -> Iterator[Answer]:
    try:
        records = future.result()
    except BrokenExecutor:
        lost.append(task)
    except Exception as error:  # noqa: BLE001 (as above)
        yield from ((errand, error) for errand in task)
    else:
        yield from zip(task, records, strict=True)


def _batched(errands: Iterable[Errand], size: int) -> Iterator[Task]:
    """``itertools.batched`` of Python 3.12."""
    iterator = iter(errands)
    while task := tuple(itertools.islice(iterator, size)):
        yield task
