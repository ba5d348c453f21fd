"""A child as its controller holds it: bytes in and out with a deadline, what it prints, its end, and how to end it."""

from __future__ import annotations

import abc
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gradcheck.submissions.isolation.messages import Ending
from gradcheck.submissions.isolation.nursery import BOOT, FLAGS, PACKAGE_ROOT, Nursery, NurseryError, environment

__all__ = ["ForkedProcess", "GoneError", "LateError", "Process", "SpawnedProcess"]

KEPT_OUTPUT = 4096
PIECE = 1 << 16  # as much as a pipe holds: for more, memory would be mapped and given back at every read
# Seconds between two looks at what a child does while it is waited for.
LOOK = 0.05
# Bytes of answers that are kept for a reader.
WAITING_REPLIES = 64 << 20

Watch = Callable[[], None]  # raises when the child is to be ended


class GoneError(Exception):
    """The child has closed its end."""


class LateError(Exception):
    """The deadline has passed."""


class Process(abc.ABC):
    """A child; ``written`` counts what it has printed, ``output`` keeps the end of it.

    Parameters
    ----------
    watch : callable
        Called while the child is waited for, some times a second.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._ending: Ending | None = None
        self.written = 0
        self.output = b""

    @property
    @abc.abstractmethod
    def pid(self) -> int | None:
        """Its number, as this process sees it; None where that is not known."""

    @abc.abstractmethod
    def send(self, blob: bytes, deadline: float) -> None:
        """Write all of it.

        Raises
        ------
        GoneError, LateError
        """

    def receive(self, count: int, deadline: float) -> bytes:
        """Read so many bytes.

        Raises
        ------
        GoneError, LateError
        """
        parts = []
        while count:
            part = self._receive_some(count, deadline)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def kill(self) -> None:
        """End it, with all that it started."""
        if self._ending is None:
            self._kill()

    @abc.abstractmethod
    def ending(self, timeout: float) -> Ending | None:
        """How it ended; None if it runs on for so many seconds. The same answer from then on."""

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of it; it has been ended before."""

    @abc.abstractmethod
    def _receive_some(self, count: int, deadline: float) -> bytes:
        """One byte at least, and no more than so many."""

    @abc.abstractmethod
    def _kill(self) -> None:
        """End it, where it has not ended yet."""

    def _note(self, piece: bytes) -> None:
        self.written += len(piece)
        self.output = (self.output + piece)[-KEPT_OUTPUT:]


class ForkedProcess(Process):
    """A child of a zygote.

    Parameters
    ----------
    nursery : Nursery
    watch : callable

    Raises
    ------
    NurseryError
        If none can be forked.
    """

    def __init__(self, nursery: Nursery, watch: Watch) -> None:
        super().__init__(watch)
        self._nursery = nursery
        self._handle: int | None = None
        self._read = b""  # of the answers, and nobody has asked for it yet
        self._polls: dict[int, select.poll] = {}
        theirs_in, self._requests = os.pipe()
        self._replies, theirs_out = os.pipe()
        self._printed, theirs_printed = os.pipe()
        try:
            self._pid, self._handle = nursery.fork(theirs_in, theirs_out, theirs_printed)
        except BaseException:
            self.close()
            raise
        finally:
            for descriptor in (theirs_in, theirs_out, theirs_printed):
                os.close(descriptor)
        for descriptor in (self._requests, self._replies, self._printed):
            os.set_blocking(descriptor, False)

    @property
    def pid(self) -> int | None:
        """By way of the handle: within a namespace its number is another one."""
        if self._handle is None:
            return self._pid
        with contextlib.suppress(OSError, ValueError, IndexError):
            told = Path(f"/proc/self/fdinfo/{self._handle}").read_text(encoding="ascii")
            return int(told.split("Pid:")[1].split()[0])
        return None

    def send(self, blob: bytes, deadline: float) -> None:
        """Write all of it, reading meanwhile what the child prints."""
        view = memoryview(blob)
        while view:
            try:
                view = view[os.write(self._requests, view[:PIECE]) :]
            except BlockingIOError:
                self._wait(self._requests, select.POLLOUT, deadline)
            except BrokenPipeError:
                raise GoneError from None

    def _receive_some(self, count: int, deadline: float) -> bytes:
        """Reads meanwhile what the child prints."""
        while not self._read:
            self._wait(self._replies, select.POLLIN, deadline)
            with contextlib.suppress(BlockingIOError):
                self._read = os.read(self._replies, PIECE)
                if not self._read:
                    raise GoneError
        part, self._read = self._read[:count], self._read[count:]
        return part

    def _kill(self) -> None:
        """By its handle, then by the zygote, which knows its group."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        with contextlib.suppress(NurseryError):
            self._nursery.kill(self._pid)

    def ending(self, timeout: float) -> Ending | None:
        """Waits for the handle, then asks the zygote."""
        deadline = time.monotonic() + timeout
        while self._ending is None:
            left = deadline - time.monotonic()
            if self._handle is not None:
                poll = select.poll()
                poll.register(self._handle, select.POLLIN)
                poll.poll(max(0.0, 1000 * left))
            try:
                self._ending = self._nursery.reap(self._pid)
            except NurseryError:
                self._ending = Ending(code=-signal.SIGKILL)  # with the zygote, its children end
            if self._ending is None and left <= 0.0:
                return None
            if self._ending is None and self._handle is None:
                time.sleep(0.002)
        self._drain()
        return self._ending

    def close(self) -> None:
        """Close the pipes and the handle."""
        for descriptor in (self._requests, self._replies, self._printed, self._handle):
            if descriptor is not None and descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._requests = self._replies = self._printed = -1
        self._handle = None
        self._polls.clear()

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0.0:
                raise LateError
            ready = dict(self._poll_of(descriptor, event).poll(1000 * min(left, LOOK)))
            if self._printed in ready and not self._read_printed():
                self._polls.clear()
                os.close(self._printed)
                self._printed = -1
            if descriptor in ready:
                return
            self._watch()

    def _poll_of(self, descriptor: int, event: int) -> select.poll:
        """One that waits for a descriptor, and for what the child prints."""
        if descriptor not in self._polls:
            poll = self._polls[descriptor] = select.poll()
            poll.register(descriptor, event)
            if self._printed >= 0:
                poll.register(self._printed, select.POLLIN)
        return self._polls[descriptor]

    def _read_printed(self) -> bool:
        """What the child has printed; False when it will print no more."""
        try:
            piece = os.read(self._printed, PIECE)
        except BlockingIOError:
            return True
        self._note(piece)
        if piece:
            self._watch()
        return bool(piece)

    def _drain(self) -> None:
        with contextlib.suppress(OSError):
            while self._printed >= 0 and (piece := os.read(self._printed, PIECE)):
                self._note(piece)


class SpawnedProcess(Process):
    """An interpreter of its own, as every system can start one; its answers come by its standard output.

    Parameters
    ----------
    folder : Path
        Where it works.
    watch : callable
    """

    def __init__(self, folder: Path, watch: Watch) -> None:
        super().__init__(watch)
        self._buffer = bytearray()
        self._changed = threading.Condition()
        self._closed = False
        windows = sys.platform == "win32"
        self._process = subprocess.Popen(
            [sys.executable, *FLAGS, "-c", BOOT.format(entry="spawned_main"), PACKAGE_ROOT],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment(),
            bufsize=0, start_new_session=not windows,
        )  # fmt: skip
        self._readers = [threading.Thread(target=act, daemon=True) for act in (self._read_replies, self._read_printed)]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int | None:
        """Its number."""
        return self._process.pid

    def send(self, blob: bytes, deadline: float) -> None:
        """In a thread of its own: a child that does not read must not hold its controller up."""
        failed: list[OSError] = []
        writer = threading.Thread(target=self._write, args=(blob, failed), daemon=True)
        writer.start()
        while writer.is_alive():
            writer.join(min(LOOK, max(0.0, deadline - time.monotonic())))
            if writer.is_alive() and time.monotonic() > deadline:
                raise LateError
            self._watch()
        if failed:
            raise GoneError

    def _receive_some(self, count: int, deadline: float) -> bytes:
        """What the reading thread has gathered."""
        with self._changed:
            while not self._buffer:
                if self._closed:
                    raise GoneError
                left = deadline - time.monotonic()
                if left <= 0.0:
                    raise LateError
                self._changed.wait(min(left, LOOK))
                self._watch()
            part = bytes(self._buffer[:count])
            del self._buffer[:count]
            self._changed.notify_all()
            return part

    def _kill(self) -> None:
        """With its group, where there are groups. ``Popen.kill`` may reap it, and then nobody tells what it used."""
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self._process.kill()
            return
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self._process.pid, signal.SIGKILL)

    def ending(self, timeout: float) -> Ending | None:
        """By ``wait4`` where there is one: it tells what was used."""
        deadline = time.monotonic() + timeout
        while self._ending is None:
            self._ending = self._look()
            if self._ending is None:
                if time.monotonic() >= deadline:
                    return None
                time.sleep(0.002)
        for reader in self._readers:
            reader.join(timeout=1)
        return self._ending

    def close(self) -> None:
        """Close the pipes."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for reader in self._readers:
            reader.join(timeout=1)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()

    def _look(self) -> Ending | None:
        if sys.platform == "win32":
            code = self._process.poll()
            return None if code is None else Ending(code=code)
        found, status, used = os.wait4(self._process.pid, os.WNOHANG)
        if not found:
            return None
        self._process.returncode = code = os.waitstatus_to_exitcode(status)
        return Ending(code=code, user=used.ru_utime, system=used.ru_stime, peak=used.ru_maxrss)

    def _write(self, blob: bytes, failed: list[OSError]) -> None:
        view = memoryview(blob)
        try:
            while view:
                assert self._process.stdin is not None
                view = view[self._process.stdin.write(view[:PIECE]) :]
        except (OSError, ValueError) as error:
            failed.append(error if isinstance(error, OSError) else OSError(str(error)))

    def _read_replies(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while piece := self._process.stdout.read(PIECE):
                with self._changed:
                    self._buffer += piece
                    self._changed.notify_all()
                    while len(self._buffer) > WAITING_REPLIES and not self._closed:
                        self._changed.wait(1)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _read_printed(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            while piece := self._process.stderr.read(PIECE):
                self._note(piece)
