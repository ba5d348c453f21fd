"""The controller's side of a child: started, shut in, asked with a time limit, and killed with all that it started."""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gradcheck.language import current, mark, tr
from gradcheck.patience import stretched
from gradcheck.submissions.exchange.protocol import Array, Frame, ProtocolError, encode, read_frame
from gradcheck.submissions.isolation.confinement import Level, Orders, Reached
from gradcheck.submissions.isolation.limits import Limits, Usage, usage_of
from gradcheck.submissions.isolation.messages import Ending
from gradcheck.submissions.isolation.nursery import NurseryError, nursery
from gradcheck.submissions.isolation.places import Reach, reach_of
from gradcheck.submissions.isolation.processes import ForkedProcess, GoneError, LateError, Process, SpawnedProcess
from gradcheck.submissions.isolation.scratch import exceeds, remove

__all__ = ["Session", "SessionError", "Status"]

# Seconds allowed for the child to be there and to give up its rights.
STARTING = 60.0
# Seconds between two looks into the scratch folder while a child is waited for.
LOOK = 0.05
# Part of the memory limit that a killed child must have used for memory to be the reason.
MEMORY_SHARE = 0.5
# Seconds of processor time for each second that one request may take; and at least so many.
CPU_SHARE, LEAST_CPU = 6.0, 120.0


class Status(enum.Enum):
    """How a child ended; the value is what is said about it."""

    OK = mark("answered")
    ERROR = mark("its own code raised an error")
    EXIT = mark("it ended its own process")
    TIME = mark("it took longer than the time limit")
    MEMORY = mark("it ran out of memory")
    OUTPUT = mark("it wrote more output than the limit")
    SIGNAL = mark("it crashed")
    FORBIDDEN = mark("it did what is forbidden to it")
    INTERNAL = mark("gradcheck could not drive it")
    PROTOCOL = mark("it wrote into the channel that carries the answers")

    @property
    def words(self) -> str:
        """What is said about it, in the language that is spoken."""
        return tr(self.value)


class SessionError(Exception):
    """A child that can no longer answer; ``status`` says how it ended, ``printed`` is what of that it has printed."""

    def __init__(self, status: Status, detail: str, printed: str = "") -> None:
        super().__init__(detail)
        self.status, self.printed = status, printed


class Session:
    """A child process serving one submission.

    Parameters
    ----------
    time_limit : float
        Seconds that any one request may take.
    reach : Reach, optional
        What the submission may read besides Python and its libraries; by default the file that the first request
        opens, and what lies beside it.
    limits : Limits, optional
        By default those of ``Limits``, with a processor time that fits the time limit.
    without : frozenset of str
        Rights that are left to it on purpose (``confinement.RIGHTS``), to see what the others are worth.
    forked : bool
        False for an interpreter of its own, as on systems where nothing is forked.
    scipy : bool
        Whether the program imports SciPy, so that processes after this one had better find it loaded.

    Notes
    -----
    The child is forked from this process's zygote and gives up its rights before it reads anything of the
    submission's. It leads a session of its own, sees no environment but what NumPy needs, has one BLAS thread, reads
    its standard input from the null device and works in an empty temporary directory.
    """

    def __init__(
        self,
        *,
        time_limit: float,
        reach: Reach | None = None,
        limits: Limits | None = None,
        without: frozenset[str] = frozenset(),
        forked: bool = True,
        scipy: bool = False,
    ) -> None:
        self.time_limit = time_limit
        self.limits = limits or Limits(wall=time_limit, cpu=max(LEAST_CPU, CPU_SHARE * time_limit))
        self.failure: SessionError | None = None
        self.reached = Reached(level=Level.PROCESS)
        self._started = time.monotonic()
        self._looked = self._started
        self._busyness, self._busy_since = 1.0, -LOOK
        self._next_id = int.from_bytes(os.urandom(6), "big")
        self._lasted: float | None = None
        self._to_restore: list[int] = []
        self._process: Process
        self._folder = self._start(forked=forked, scipy=scipy)
        self._without = without
        self._confined = False
        if reach is None:
            return
        try:
            self._confine(reach)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def usage(self) -> Usage | None:
        """What it has used, once it has ended."""
        ending = self._process.ending(0.0)
        if ending is None or self._lasted is None:
            return None
        return usage_of(ending.cpu, ending.peak, self._lasted)

    @property
    def printed(self) -> str:
        """The end of what it has printed."""
        return self._process.output.decode("utf-8", "replace")

    def request(
        self,
        op: str,
        data: Mapping[str, Any] | None = None,
        arrays: Sequence[Array] = (),
        time_limit: float | None = None,
    ) -> Frame:
        """Ask, and wait for the answer.

        Raises
        ------
        SessionError
            If the child has ended, hangs, floods its output or its folder, or answers with something else than a reply
            to this request. The child is killed; the same error is raised from then on.
        """
        if self.failure is not None:
            raise self.failure
        if not self._confined:
            self._confine(_reach_of_opening(data or {}))
        if self._to_restore:
            data = {**(data or {}), "restore": self._to_restore}
            self._to_restore = []
        self._next_id += 1
        limit = self.time_limit if time_limit is None else time_limit
        deadline = time.monotonic() + self._stretched(limit)
        try:
            self._process.send(encode(Frame(id=self._next_id, op=op, data=data or {}, arrays=tuple(arrays))), deadline)
            reply = read_frame(lambda count: self._process.receive(count, deadline))
            self._require_answer(reply)
        except ProtocolError as error:
            raise self._fail(
                SessionError(Status.PROTOCOL, tr("{status}: {error}", status=Status.PROTOCOL.words, error=error))
            ) from None
        except LateError:
            late = SessionError(
                Status.TIME, tr("it took longer than the time limit of {limit:g} seconds", limit=self.time_limit)
            )
            raise self._fail(late) from None
        except GoneError:
            raise self._fail(self._ended()) from None
        except SessionError as error:
            raise self._fail(error) from None
        return reply

    def restore_first(self, program: int) -> None:
        """Have a program's state put back by the next request, before anything else: it needs no answer of its own."""
        self._to_restore.append(program)

    def abandon(self, detail: str) -> SessionError:
        """Give up on a child whose answers are of no use."""
        return self._fail(
            SessionError(Status.INTERNAL, tr("{status}: {error}", status=Status.INTERNAL.words, error=detail))
        )

    def close(self) -> None:
        """End the child and everything in its session."""
        self._process.kill()
        self._process.ending(5.0)
        self._lasted = self._lasted or time.monotonic() - self._started
        self._process.close()
        remove(self._folder)

    def _start(self, *, forked: bool, scipy: bool) -> Path:
        """From the zygote; or else, and where nothing is forked, an interpreter of its own."""
        for _ in range(2):  # a zygote may have ended since it was last asked
            if not forked:
                break
            with contextlib.suppress(NurseryError, OSError):
                shared = nursery()
                folder = Path(tempfile.mkdtemp(dir=shared.folder))
                self._process = ForkedProcess(shared, self._watch)
                if scipy:
                    shared.load_scipy()
                return folder
        folder = Path(tempfile.mkdtemp(prefix="gradcheck-"))
        self._process = SpawnedProcess(folder, self._watch)
        return folder

    def _confine(self, reach: Reach) -> None:
        """The child gives up its rights, and tells which; nothing of the submission's has been read yet."""
        self._confined = True
        orders = Orders(
            limits=self.limits,
            readable=reach.readable,
            listed=reach.listed,
            scratch=str(self._folder),
            without=self._without,
            language=current(),
        )
        try:
            reply = self.request("confine", orders.to_dict(), time_limit=STARTING)
            self.reached = Reached.from_dict(reply.data)
        except (KeyError, ValueError, TypeError) as error:
            raise self.abandon(tr("it did not say what it has given up ({error!r})", error=error)) from None

    def _require_answer(self, reply: Frame) -> None:
        if reply.id != self._next_id:
            raise ProtocolError(tr("an answer to another request"))

    def _fail(self, error: SessionError) -> SessionError:
        self.failure = error
        self._process.kill()
        self._process.ending(2.0)
        self._lasted = self._lasted or time.monotonic() - self._started
        return error

    def _stretched(self, seconds: float) -> float:
        """The system is asked how busy it is now and then: that takes as long as many a request."""
        now = time.monotonic()
        if now - self._busy_since >= LOOK:
            self._busyness, self._busy_since = stretched(1.0), now
        return self._busyness * seconds

    def _watch(self) -> None:
        """What a child may not do while it is waited for."""
        self._require_little_output()
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        surplus = exceeds(self._folder, size=self.limits.scratch, entries=self.limits.entries)
        if surplus is not None:
            raise SessionError(
                Status.OUTPUT, tr("it wrote more output than the limit (it made {surplus})", surplus=surplus)
            )
        threads = threads_of(self._process.pid)
        if threads > self.limits.threads:
            raise SessionError(
                Status.FORBIDDEN,
                tr("it did what is forbidden to it: more than {threads} threads", threads=self.limits.threads),
            )

    def _require_little_output(self) -> None:
        if self._process.written > self.limits.output:
            raise SessionError(
                Status.OUTPUT, tr("it wrote more output than the limit ({size} MB)", size=self.limits.output >> 20)
            )

    def _ended(self) -> SessionError:
        """How the child died, now that it has closed its end."""
        ending = self._process.ending(2.0)
        if ending is None:
            return SessionError(
                Status.PROTOCOL, tr("it wrote into the channel that carries the answers: it has closed it")
            )
        try:
            self._require_little_output()
        except SessionError as error:
            return error
        last = self.printed.strip().split("\n")[-1][:300]
        if ending.code < 0:
            return self._signalled(ending, last)
        if "MemoryError" in last:
            return SessionError(Status.MEMORY, Status.MEMORY.words)
        told = (
            tr("it ended its own process with exit code {code} ({last})", code=ending.code, last=last)
            if last
            else tr("it ended its own process with exit code {code}", code=ending.code)
        )
        return SessionError(Status.EXIT, told, last)

    def _signalled(self, ending: Ending, last: str) -> SessionError:
        number = -ending.code
        if number == getattr(signal, "SIGXCPU", None) or ending.cpu >= self.limits.cpu:
            detail = tr(
                "it took longer than the time limit of {limit:g} seconds of processor time", limit=self.limits.cpu
            )
            return SessionError(Status.TIME, detail)
        if number == getattr(signal, "SIGSYS", None):
            return SessionError(
                Status.FORBIDDEN, tr("it did what is forbidden to it: a system call of another kind of machine")
            )
        used = usage_of(ending.cpu, ending.peak, 0.0).peak_memory
        full = number == getattr(signal, "SIGKILL", None) and used > MEMORY_SHARE * self.limits.memory
        if full or "MemoryError" in last or "bad_alloc" in last or "llocate" in last:
            return SessionError(Status.MEMORY, Status.MEMORY.words)
        known = {int(item): item.name for item in signal.Signals}
        return SessionError(Status.SIGNAL, tr("it crashed ({signal})", signal=known.get(number, str(number))))


def _reach_of_opening(data: Mapping[str, Any]) -> Reach:
    """Of the file that a request opens, and its adapter."""
    if "path" not in data:
        return Reach()
    adapter = data.get("adapter")
    return reach_of(str(data["path"])).also([] if adapter is None else [str(adapter)])


def threads_of(pid: int | None) -> int:
    """How many threads a process has; 1 where that is not known."""
    if pid is None or sys.platform != "linux":
        return 1
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        return int(status.split("\nThreads:")[1].split()[0])
    return 1
