"""Executors that a class is graded with: processes of this machine, a Dask cluster, or one that somebody has."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass

from gradcheck.errors import GradingError
from gradcheck.grading.batch.running import OpenExecutor

__all__ = ["Crew", "cluster", "given", "local_pool"]

# Ctrl-C in a terminal reaches every process of it; the one that was called ends the others.
LEFT_TO_CALLER = (signal.SIGINT, signal.SIG_IGN)
# How often a cluster may grade a submission anew whose worker was lost.
RETRIES = 3
# Submissions of one task where workers are other machines: their answers take milliseconds to travel.
FAR_SIZE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who grades.

    Attributes
    ----------
    open : callable
        A context manager around an executor.
    workers : int
        Tasks that run at once.
    size : int
        Submissions of one task.
    far : bool
        Whether workers may be machines that do not see this one's files: contents are sent then.
    """

    open: OpenExecutor
    workers: int
    size: int = 1
    far: bool = False


def local_pool(jobs: int | None = None) -> Crew:
    """Processes of this machine.

    Parameters
    ----------
    jobs : int, optional
        How many; by default as many as there are processors that this process may use.

    Raises
    ------
    GradingError
        If `jobs` is less than 1.
    """
    if jobs is not None and jobs < 1:
        raise GradingError(f"jobs={jobs}: expected at least 1.")
    workers = jobs or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))

    @contextlib.contextmanager
    def opened() -> Iterator[Executor]:
        # Not forked: threads and locks of the process that calls would be in an unknown state.
        spawning = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, mp_context=spawning, initializer=signal.signal, initargs=LEFT_TO_CALLER)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)

    return Crew(open=opened, workers=workers)


def given(executor: Executor, workers: int | None = None) -> Crew:
    """An executor that somebody has opened, and will close.

    Parameters
    ----------
    executor : concurrent.futures.Executor
    workers : int, optional
        Tasks that it runs at once; by default what it says of itself, or the processors of this machine.
    """
    known = workers or getattr(executor, "_max_workers", None) or os.cpu_count() or 1
    return Crew(open=lambda: contextlib.nullcontext(executor), workers=int(known))


def cluster(address: str) -> Crew:
    """A Dask cluster.

    Parameters
    ----------
    address : str
        Of its scheduler, such as ``tcp://10.0.0.5:8786``; or the path of a scheduler file (``.json``).

    Raises
    ------
    GradingError
        If ``distributed`` is not installed, or nobody answers at that address.
    """
    try:
        import distributed
    except ImportError:
        raise GradingError("a Dask cluster needs the extra `dask`: pip install 'gradcheck[dask]'.") from None
    try:
        client = (
            distributed.Client(scheduler_file=address) if address.endswith(".json") else distributed.Client(address)
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise GradingError(f"no Dask scheduler answers at {address} ({error}): is it running?") from None

    @contextlib.contextmanager
    def opened() -> Iterator[Executor]:
        with client, client.get_executor(retries=RETRIES, pure=False) as executor:
            yield executor

    return Crew(open=opened, workers=max(1, sum(client.nthreads().values())), size=FAR_SIZE, far=True)
