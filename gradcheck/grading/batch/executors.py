"""Executors that a class is graded with: processes of this machine, a Dask cluster, or one that somebody has."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from gradcheck.errors import GradingError
from gradcheck.grading.batch.running import OpenExecutor, Watch, nobody_watches

__all__ = ["Crew", "cluster", "given", "local_pool"]

# Submissions of one task where workers are other machines: their answers take milliseconds to travel.
FAR_SIZE = 8
# Seconds in which a cluster has a worker again, however slowly it starts.
WORKERS_START = 60
# Objects that a worker makes more than it drops before it looks for those that hold each other: the few of one
# submission are not worth ten looks.
ALLOCATED = 20_000
# Tells Python 3.11 and later, where it is set, to leave the present folder out of its search.
SAFE_PATH = "PYTHONSAFEPATH"
NO_CLUSTER = "What was graded before is kept; the same command goes on from there."


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
    killed : tuple of exception types
        What else than a broken executor says that a worker was killed.
    watch : callable
        Raises once nobody will answer any more.
    """

    open: OpenExecutor
    workers: int
    size: int = 1
    far: bool = False
    killed: tuple[type[Exception], ...] = ()
    watch: Watch = nobody_watches


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

    return Crew(open=functools.partial(_opened_pool, workers), workers=workers)


@contextlib.contextmanager
def _safe_path() -> Iterator[None]:
    """Interpreters that are started within look for modules where the caller does, never in the present folder.

    There may lie what was handed in: Python would take a ``pickle.py`` of somebody's for its own, and run it with all
    rights of whoever grades.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


class _Spawning(SpawnContext):
    """Starts interpreters, and knows which. Not forked: locks of the process that calls would be in any state."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *arguments: Any, **keywords: Any) -> SpawnProcess:  # type: ignore[override] # noqa: N802 - theirs
        process = SpawnProcess(*arguments, **keywords)
        self.started.append(process)
        return process


@contextlib.contextmanager
def _opened_pool(workers: int) -> Iterator[Executor]:
    spawning = _Spawning()
    # All that a worker writes is in here, and goes with it, also where that was killed.
    with _safe_path(), tempfile.TemporaryDirectory(prefix="gradcheck-", ignore_cleanup_errors=True) as scratch:
        pool = ProcessPoolExecutor(workers, mp_context=spawning, initializer=_begin, initargs=(scratch,))
        try:
            yield pool
        except BaseException:  # nobody waits for an answer: not for a submission that takes its time either
            for process in spawning.started:
                process.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(scratch: str) -> None:
    """In a worker: Ctrl-C in a terminal reaches every process of it, and the one that was called ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = scratch
    threading.Thread(target=_end_with_caller, args=(scratch,), daemon=True).start()
    importlib.import_module("gradcheck.grading.worker")  # what every errand needs
    gc.freeze()  # modules stay: looked through again and again, they take a tenth of a worker's time
    gc.set_threshold(ALLOCATED)


def _end_with_caller(scratch: str) -> None:
    """A worker holds both ends of its queue, and would wait in it for ever for a caller that was killed."""
    caller = multiprocessing.parent_process()
    assert caller is not None
    caller.join()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)  # with its end of their control channel, the children end


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
        If ``distributed`` is not installed, nobody answers at that address, or it has no worker.
    """
    try:
        import distributed
    except ImportError:
        raise GradingError("a Dask cluster needs the extra `dask`: pip install 'gradcheck[dask]'.") from None
    watcher = _Watcher(address)

    @contextlib.contextmanager
    def opened() -> Iterator[Executor]:
        with _client(address) as client:
            watcher.begin(client)
            # Not closed by itself: that waits for tasks, and those of killed workers may never say that they ended.
            yield client.get_executor(pure=False)

    with _client(address) as client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_START)
        except TimeoutError:
            raise GradingError(f"the Dask scheduler at {address} has no worker: start one.") from None
        workers = sum(client.nthreads().values())
    killed = (distributed.scheduler.KilledWorker,)
    return Crew(open=opened, workers=max(1, workers), size=FAR_SIZE, far=True, killed=killed, watch=watcher)


class _Watcher:
    """Whether a cluster may still answer."""

    def __init__(self, address: str) -> None:
        self._address = address

    def begin(self, client: Any) -> None:
        """Look at this connection from now on."""
        self._client, self._seen = client, time.monotonic()

    def __call__(self) -> None:
        if self._client.status not in {"running", "connecting"}:  # it has tried to connect again, and given up
            raise GradingError(f"the Dask scheduler at {self._address} does not answer any more. {NO_CLUSTER}")
        if self._client.scheduler_info(n_workers=-1)["workers"]:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > WORKERS_START:
            raise GradingError(f"the Dask scheduler at {self._address} has no worker any more. {NO_CLUSTER}")


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    import distributed

    # What it logs of a scheduler that is gone is said once, by us.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = (
            distributed.Client(scheduler_file=address, set_as_default=False)
            if address.endswith(".json")
            else distributed.Client(address, set_as_default=False)
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise GradingError(f"no Dask scheduler answers at {address} ({error}): is it running?") from None
    try:
        yield client
    finally:
        client.close()
