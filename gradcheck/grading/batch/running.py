"""Spreading a class over the workers of any executor: few tasks under way at a time, and none lost with a worker."""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from typing import Any

from gradcheck.errors import GradingError
from gradcheck.grading.batch.errand import Errand

__all__ = ["Answer", "OpenExecutor", "RunErrands", "Watch", "graded"]

# An errand and its record in JSON form; or the fault of ours over which there is none.
Answer = tuple[Errand, dict[str, Any] | Exception]
Task = tuple[Errand, ...]
# What a worker runs: picklable, and it raises for faults of ours only.
RunErrands = Callable[[Task], list[dict[str, Any]]]
# Makes an executor; another one when its processes were killed.
OpenExecutor = Callable[[], contextlib.AbstractContextManager[Executor]]
# Raises a GradingError when nobody will answer any more.
Watch = Callable[[], None]
Killed = tuple[type[Exception], ...]

# Tasks under way for each worker: one that it works on, and one that waits.
AHEAD = 2
# A worker that is killed while it grades one submission alone may have been killed for another reason, once.
MAX_DEATHS = 2
# Seconds between two looks at whether anybody is there to answer.
LOOK = 1.0
# Executors that break one after the other before they do anything: then no other will do better.
MAX_STILLBORN = 3


def nobody_watches() -> None:
    """Processes of this machine: when they end, their executor says so."""


def graded(
    errands: Iterable[Errand],
    run: RunErrands,
    open_executor: OpenExecutor,
    *,
    workers: int,
    size: int = 1,
    killed: Killed = (),
    watch: Watch = nobody_watches,
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
    killed : tuple of exception types
        By which an executor that goes on with other workers says that those of a task were killed, each time.
    watch : callable
        Raises once nobody will answer; called about once a second.

    Yields
    ------
    tuple
        A submission, and its record or the exception over which there is none.

    Raises
    ------
    GradingError
        If no executor lives long enough for an answer, or somebody has closed it.
    """
    tasks = _batched(errands, size)
    suspects: deque[Errand] = deque()
    deaths: Counter[str] = Counter()
    stillborn = 0
    while True:
        with open_executor() as executor:
            crew = _Running(executor, run, killed, watch)
            if not crew.lives():
                stillborn += 1
                if stillborn == MAX_STILLBORN:
                    raise GradingError(
                        f"the workers ended {MAX_STILLBORN} times before they did anything: look at their memory "
                        "limit and output. What was graded before is kept; the same command goes on from there."
                    )
                continue
            stillborn = 0
            lost = yield from crew.suspected(suspects, deaths)
            if lost is None:
                lost = yield from crew.waiting(tasks, workers * AHEAD)
        if lost is None:
            return
        suspects.extend(itertools.chain.from_iterable(lost))


class _Running:
    """What one executor does until a worker of it is lost."""

    def __init__(self, executor: Executor, run: RunErrands, killed: Killed, watch: Watch) -> None:
        self._executor, self._run, self._killed, self._watch = executor, run, killed, watch
        self._lost_with: Killed = (BrokenExecutor, *killed)

    def lives(self) -> bool:
        """Whether it answers at all."""
        try:
            self._only(self._submit(bool))
        except self._lost_with:
            return False
        return True

    def suspected(self, suspects: deque[Errand], deaths: Counter[str]) -> Generator[Answer, None, list[Task] | None]:
        """Those that were under way when a worker was killed, one by one; not None once it is broken again."""
        while suspects:
            errand = suspects.popleft()
            try:
                yield errand, self._only(self._submit(self._run, (errand,)))[0]
            except self._killed as error:
                yield errand, error
            except BrokenExecutor as error:
                deaths[errand.key] += 1
                if deaths[errand.key] < MAX_DEATHS:
                    return [(errand,)]
                yield errand, error
                return []
            except GradingError:
                raise
            except Exception as error:  # noqa: BLE001 (a fault of ours: recorded, graded again next time)
                yield errand, error
        return None

    def waiting(self, tasks: Iterator[Task], window: int) -> Generator[Answer, None, list[Task] | None]:
        """All that waits; the tasks that were lost with a worker."""
        pending: dict[Future[list[dict[str, Any]]], Task] = {}
        lost: list[Task] = []
        while True:
            # Nothing new once a worker is lost: what is under way ends, or is lost as well.
            for task in () if lost else itertools.islice(tasks, window - len(pending)):
                try:
                    pending[self._submit(self._run, task)] = task
                except self._lost_with:
                    lost.append(task)
                    break
            if not pending:
                return lost or None
            for future in self._done(pending):
                yield from self._answers(future, pending.pop(future), lost)

    def _answers(self, future: Future[list[dict[str, Any]]], task: Task, lost: list[Task]) -> Iterator[Answer]:
        try:
            records = self._result(future)
        except self._lost_with:
            lost.append(task)
        except GradingError:
            raise
        except Exception as error:  # noqa: BLE001 (as above)
            yield from ((errand, error) for errand in task)
        else:
            yield from zip(task, records, strict=True)

    def _submit(self, what: Callable[..., Any], *arguments: Any) -> Future[Any]:
        try:
            return self._executor.submit(what, *arguments)
        except self._lost_with:
            raise
        except RuntimeError as error:  # what every executor raises that was shut down
            raise _closed() from error

    def _only(self, future: Future[Any]) -> Any:
        self._done([future])
        return self._result(future)

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except CancelledError as error:
            raise _closed() from error

    def _done(self, futures: Iterable[Future[Any]]) -> set[Future[Any]]:
        """Those that are done, one at least."""
        while not (done := wait(futures, timeout=LOOK, return_when=FIRST_COMPLETED).done):
            self._watch()
        return done


def _closed() -> GradingError:
    return GradingError(
        "the executor was closed while the class was graded. What was graded before is kept; the same command goes on "
        "from there."
    )


def _batched(errands: Iterable[Errand], size: int) -> Iterator[Task]:
    """``itertools.batched`` of Python 3.12."""
    iterator = iter(errands)
    while task := tuple(itertools.islice(iterator, size)):
        yield task
