"""The controller's hold on a zygote: one for a process, started when the first child is wanted."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from gradcheck.language import ENVIRONMENT, current, tr
from gradcheck.submissions.isolation.bubblewrap import wrapping
from gradcheck.submissions.isolation.messages import FORK, KILL, PACKET, REAP, SCIPY, Ending, Order
from gradcheck.submissions.isolation.scratch import remove

__all__ = ["BOOT", "FLAGS", "PACKAGE_ROOT", "Nursery", "NurseryError", "environment", "nursery"]

# The zygote runs the same package as this process, whatever else is installed; submissions' imports find it last.
BOOT = (
    "import sys; root = sys.argv[1]; sys.path.insert(0, root); "
    "from gradcheck.submissions.serving.child import {entry}; "
    "sys.path.remove(root); sys.path.append(root); {entry}(sys.argv[2:])"
)
PACKAGE_ROOT = str(Path(__file__).resolve().parents[3])
# No user's packages, no working folder among the imports. The environment is `environment()`, so that Python's own
# variables are ours; `-I` would ignore the seed of hashes as well.
FLAGS = ("-s", "-P", "-X", "faulthandler")
# Seconds for the interpreter and NumPy to start, and for any answer afterwards.
STARTING = 60.0
ANSWERING = 60.0
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")


class NurseryError(Exception):
    """A zygote that does not start, or does not answer any more."""


class Nursery:
    """One zygote, and the folder in which its children's scratch folders are.

    Raises
    ------
    NurseryError
        If it does not start.
    """

    def __init__(self, *, wrapped: bool = True) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._with_scipy = False
        self.folder = Path(tempfile.mkdtemp(prefix="gradcheck-"))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the rest)
        outer = wrapping(self.folder) if wrapped else None
        command = [
            *(outer.command if outer is not None else ()),
            *(sys.executable, *FLAGS, "-c", BOOT.format(entry="zygote_main"), PACKAGE_ROOT),
            *(str(theirs.fileno()), "" if outer is None else outer.name),
        ]
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
                    pass_fds=(theirs.fileno(),), start_new_session=True, cwd=self.folder, env=environment(),
                )  # fmt: skip
            self._ask_nothing()
        except (OSError, NurseryError):
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it may be asked, from this process."""
        return self._owner == os.getpid() and self._process.poll() is None and self._control.fileno() >= 0

    def fork(self, requests: int, replies: int, output: int) -> tuple[int, int | None]:
        """A new child that has these descriptors and nothing else; its number, and a descriptor for it.

        Raises
        ------
        NurseryError
            If there is none.
        """
        with self._lock:
            packet, handles = self._ask(Order(FORK), [requests, replies, output])
        pid = Order.decode(packet).pid
        if pid <= 0:
            raise NurseryError(tr("no process could be forked"))
        return pid, handles[0] if handles else None

    def load_scipy(self) -> None:
        """Have children find SciPy loaded, from when there is time for it: a program imports it."""
        with self._lock:
            if not self._with_scipy:
                self._with_scipy = True
                self._ask(Order(SCIPY))

    def reap(self, pid: int) -> Ending | None:
        """How a child ended; None while it runs. Once it has been told, the number may be another's."""
        with self._lock:
            return Ending.decode(self._ask(Order(REAP, pid))[0])

    def kill(self, pid: int) -> None:
        """End a child that was not reaped yet, with its process group."""
        with self._lock:
            self._ask(Order(KILL, pid))

    def close(self) -> None:
        """End the zygote and all its children, and remove their folders."""
        self._control.close()
        self._errors.close()
        process = getattr(self, "_process", None)
        if self._owner != os.getpid():
            return
        if process is not None:
            process.kill()  # its children end with it; in a namespace, it ends when its controller is gone
            process.wait()
        remove(self.folder)

    def _ask_nothing(self) -> None:
        """Wait for the word that it is there."""
        deadline = time.monotonic() + STARTING
        while not _is_readable(self._control, 0.05):
            if self._process.poll() is not None or time.monotonic() > deadline:
                break
        packet = b""
        with contextlib.suppress(OSError):
            self._control.setblocking(False)  # noqa: FBT003 (the name of the argument is nowhere)
            packet = self._control.recv(PACKET)
        self._control.setblocking(True)  # noqa: FBT003
        if not packet:
            self._errors.seek(0)
            told = self._errors.read(1 << 16).decode("utf-8", "replace").strip().split("\n")[-1][:300]
            self._process.kill()
            raise NurseryError(f"the process that children are forked from did not start{f' ({told})' if told else ''}")

    def _ask(self, order: Order, descriptors: list[int] | None = None) -> tuple[bytes, list[int]]:
        reason = ""
        try:
            socket.send_fds(self._control, [order.encode()], descriptors or [])
            if _is_readable(self._control, ANSWERING):
                packet, handles, _, _ = socket.recv_fds(self._control, PACKET, 1)
                if packet:
                    return packet, handles
        except OSError as error:
            reason = f" ({error.strerror})"
        self._control.close()  # a late answer must not be taken for that to another question
        raise NurseryError(f"the process that children are forked from does not answer any more{reason}")


class _Shared:
    """The nursery of this process."""

    lock = threading.Lock()
    nursery: Nursery | None = None


def _forget() -> None:
    """After a fork of this process: the lock may be held by a thread that is not there."""
    _Shared.lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def nursery() -> Nursery:
    """The one of this process, started now if there is none that answers.

    Raises
    ------
    NurseryError
        If it cannot be started here.
    """
    if sys.platform != "linux":
        raise NurseryError(tr("processes are not forked on {platform}", platform=sys.platform))
    with _Shared.lock:
        known = _Shared.nursery
        if known is None or not known.alive:
            if known is None:
                atexit.register(close_shared)
            else:
                known.close()
            _Shared.nursery = None
            _Shared.nursery = known = _start()
        return known


def close_shared() -> None:
    """End the one of this process; another is started when it is wanted."""
    with _Shared.lock:
        known, _Shared.nursery = _Shared.nursery, None
    if known is not None:
        known.close()


def environment() -> dict[str, str]:
    """All that a zygote, and each of its children, sees of the environment."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return {
        **kept,
        **dict.fromkeys(ONE_THREAD, "1"),
        ENVIRONMENT: current(),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",
    }


def _start() -> Nursery:
    """Inside the outer layer if there is one that works, else without."""
    try:
        return Nursery()
    except (NurseryError, OSError):
        return Nursery(wrapped=False)


def _is_readable(channel: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(1000 * seconds))
