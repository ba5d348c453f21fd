"""The controller's side of a child: started, asked with a time limit, and killed with all that it started."""

from __future__ import annotations

import contextlib
import enum
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gradcheck.submissions.protocol import Array, Frame, ProtocolError, encode, read_frame

__all__ = ["Session", "SessionError", "Status"]

# What a child may write to its own stdout and stderr before it is stopped.
MAX_OUTPUT = 16 << 20
KEPT_OUTPUT = 4096
# The child runs the same package as this process, whatever else is installed; the submission's imports find it last.
BOOT = (
    "import sys; root = sys.argv[1]; sys.path.insert(0, root); from gradcheck.submissions.child import main; "
    "sys.path.remove(root); sys.path.append(root); main(int(sys.argv[2]), int(sys.argv[3]))"
)
PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")


class Status(enum.Enum):
    """How a child ended; the value is what is said about it."""

    OK = "answered"
    EXIT = "it ended its own process"
    TIME = "it took longer than the time limit"
    MEMORY = "it ran out of memory"
    OUTPUT = "it wrote more output than the limit"
    SIGNAL = "it crashed"
    INTERNAL = "gradcheck could not drive it"
    PROTOCOL = "it wrote into the channel that carries the answers"


class SessionError(Exception):
    """A child that can no longer answer; ``status`` says how it ended."""

    def __init__(self, status: Status, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Session:
    """A child process serving one submission.

    Parameters
    ----------
    time_limit : float
        Seconds that any one request may take.

    Notes
    -----
    The child leads a session of its own, sees no environment but what NumPy needs, has one BLAS thread, reads its
    standard input from the null device and works in an empty temporary directory. Its interpreter is isolated (``-I``).
    """

    def __init__(self, *, time_limit: float) -> None:
        self.time_limit = time_limit
        self.failure: SessionError | None = None
        self._next_id = int.from_bytes(os.urandom(6), "big")
        self._folder = tempfile.mkdtemp(prefix="gradcheck-")
        self._output = b""
        self._written = 0
        request_read, self._requests = os.pipe()
        self._replies, reply_write = os.pipe()
        try:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-X",
                    "faulthandler",
                    "-c",
                    BOOT,
                    PACKAGE_ROOT,
                    str(request_read),
                    str(reply_write),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(request_read, reply_write),
                start_new_session=True,
                cwd=self._folder,
                env=_environment(),
            )
        finally:
            os.close(request_read)
            os.close(reply_write)
        os.set_blocking(self._requests, False)
        self._drain = threading.Thread(target=self._read_output, daemon=True)
        self._drain.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
            If the child has ended, hangs, floods its output, or answers with something else than a reply to this
            request. The child is killed; the same error is raised from then on.
        """
        if self.failure is not None:
            raise self.failure
        self._next_id += 1
        limit = self.time_limit if time_limit is None else time_limit
        deadline = time.monotonic() + limit
        try:
            self._send(encode(Frame(id=self._next_id, op=op, data=data or {}, arrays=tuple(arrays))), deadline)
            reply = read_frame(lambda count: self._receive(count, deadline))
            self._require_answer(reply)
        except ProtocolError as error:
            raise self._fail(SessionError(Status.PROTOCOL, f"{Status.PROTOCOL.value}: {error}")) from None
        except SessionError as error:
            raise self._fail(error) from None
        return reply

    def abandon(self, detail: str) -> SessionError:
        """Give up on a child whose answers are of no use."""
        return self._fail(SessionError(Status.INTERNAL, f"{Status.INTERNAL.value}: {detail}"))

    def close(self) -> None:
        """End the child and everything in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._drain.join(timeout=1)
        if self._process.stdout is not None and not self._drain.is_alive():
            self._process.stdout.close()
        for descriptor in (self._requests, self._replies):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._requests = self._replies = -1
        shutil.rmtree(self._folder, ignore_errors=True)

    def _require_answer(self, reply: Frame) -> None:
        if reply.id != self._next_id:
            raise ProtocolError("an answer to another request")

    def _fail(self, error: SessionError) -> SessionError:
        self.failure = error
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return error

    def _send(self, blob: bytes, deadline: float) -> None:
        view = memoryview(blob)
        while view:
            self._wait((), (self._requests,), deadline)
            try:
                view = view[os.write(self._requests, view[: 1 << 16]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._ended() from None

    def _receive(self, count: int, deadline: float) -> bytes:
        parts = []
        while count:
            self._wait((self._replies,), (), deadline)
            part = os.read(self._replies, min(count, 1 << 20))
            if not part:
                raise self._ended()
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _wait(self, readable: Sequence[int], writable: Sequence[int], deadline: float) -> None:
        while True:
            if self._written > MAX_OUTPUT:
                raise SessionError(Status.OUTPUT, f"{Status.OUTPUT.value} ({MAX_OUTPUT >> 20} MB)")
            left = deadline - time.monotonic()
            if left <= 0:
                raise SessionError(Status.TIME, f"{Status.TIME.value} of {self.time_limit:g} seconds")
            ready = select.select(readable, writable, (), min(left, 0.2))
            if ready[0] or ready[1]:
                return

    def _ended(self) -> SessionError:
        """How the child died, now that it has closed its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        code = self._process.returncode
        self._drain.join(timeout=1)
        last = self._output.decode("utf-8", "replace").strip().split("\n")[-1][:300]
        if self._written > MAX_OUTPUT:
            return SessionError(Status.OUTPUT, f"{Status.OUTPUT.value} ({MAX_OUTPUT >> 20} MB)")
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in {int(s) for s in signal.Signals} else str(-code)
            return SessionError(Status.SIGNAL, f"{Status.SIGNAL.value} ({name})")
        if "MemoryError" in last:
            return SessionError(Status.MEMORY, Status.MEMORY.value)
        detail = f" ({last})" if last else ""
        return SessionError(Status.EXIT, f"{Status.EXIT.value} with exit code {code}{detail}")

    def _read_output(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while piece := stream.read1(1 << 16):  # type: ignore[attr-defined]
                self._written += len(piece)
                self._output = (self._output + piece)[-KEPT_OUTPUT:]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return {
        **kept,
        **dict.fromkeys(ONE_THREAD, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",
    }
