"""The zygote: a process that has loaded what every child needs, knows nothing, and forks a child when it is told to.

It never learns what a child is for: it gets three descriptors and hands them on. What the child may reach, and which
file it is to load, the child is told through those. Whatever a submission finds in its own memory, it finds no other
submission there, no name and no number of anybody's.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

from gradcheck.language import prepare
from gradcheck.submissions.isolation.confinement import Confinement
from gradcheck.submissions.isolation.housekeeping import be_first_to_go, close_others, keep_only, leave_behind
from gradcheck.submissions.isolation.kernel import UnsupportedError, die_with_parent, forbid_dumps
from gradcheck.submissions.isolation.messages import FORK, KILL, PACKET, REAP, SCIPY, Ending, Order

__all__ = ["OUTPUT", "REPLIES", "REQUESTS", "Zygote"]

# Where a child finds its descriptors.
OUTPUT, REQUESTS, REPLIES = 1, 3, 4
NULL_DEVICE = "/dev/null"
IDLE = 0.02  # seconds without a request
# Objects that a child makes more than it drops before it looks for those that hold each other: what it inherited is
# frozen, and the few of one submission are not worth some twenty looks.
ALLOCATED = 20_000
# Loaded while nobody waits: what some children need, and others do not.
WARMED = (
    "numpy.random",
    "gradcheck.submissions.declared.drawing",
    "numpy.ma",
    "autograd.numpy",
    "gradcheck.oracles.autodiff.gradient",
    "gradcheck.oracles.autodiff.forward",
    "gradcheck.diagnosis.programs.tracing",
)
# And where programs import SciPy: it would double the memory that every fork copies the tables of.
WARMED_WITH_SCIPY = ("scipy.special", "autograd.scipy.special")

# serve(requests, replies, confinement) runs in the child, and does not return anything.
Serve = Callable[[int, int, Confinement], None]


class Zygote:
    """Serves its controller until that closes its end.

    Parameters
    ----------
    control : socket
        Packets of ``messages``.
    serve : callable
        What a child does.
    outer : str, optional
        What is around this process.
    """

    def __init__(self, control: socket.socket, serve: Serve, outer: str | None = None) -> None:
        self._control, self._serve = control, serve
        self._confinement = Confinement(outer)
        self._children: set[int] = set()
        self._forked = False
        self._pid = os.getpid()
        self._cold = list(WARMED)
        self._null = os.open(NULL_DEVICE, os.O_RDWR | os.O_CLOEXEC)
        be_first_to_go()
        with contextlib.suppress(UnsupportedError, OSError):
            forbid_dumps()

    def run(self) -> None:
        """Until there is no controller any more; all children end then."""
        prepare()
        gc.disable()  # nothing is collected between forks: children share the pages
        gc.freeze()
        try:
            while (received := self._next()) is not None:
                order, descriptors = received
                if order.what == FORK:
                    self._fork(descriptors)
                elif order.what == REAP:
                    self._reap(order.pid)
                elif order.what == KILL:
                    self._kill(order.pid)
                elif order.what == SCIPY:
                    self._cold += WARMED_WITH_SCIPY
                    self._control.send(Order(SCIPY).encode())
        finally:
            for pid in self._children:
                _end(pid)

    def _next(self) -> tuple[Order, list[int]] | None:
        while self._forked and self._cold and not select.select([self._control], [], [], IDLE)[0]:
            with contextlib.suppress(Exception):
                importlib.import_module(self._cold.pop(0))
            if not self._cold:
                gc.freeze()
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 3)
        return (Order.decode(packet), descriptors) if packet else None

    def _fork(self, descriptors: list[int]) -> None:
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            self._become_child(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._forked = True
        handle = _handle_of(pid) if pid > 0 else None
        if pid > 0:
            self._children.add(pid)
        socket.send_fds(self._control, [Order(FORK, pid).encode()], [] if handle is None else [handle])
        if handle is not None:
            os.close(handle)

    def _become_child(self, descriptors: list[int]) -> NoReturn:
        """Never returns, and never lets the zygote's own frames see what the child's code raises."""
        try:
            with contextlib.suppress(UnsupportedError, OSError):
                die_with_parent()
            if os.getppid() != self._pid:
                _leave(1)  # it had ended before that
            self._children.clear()
            requests, replies, output = descriptors
            kept = self._confinement.descriptors
            keep_only({0: self._null, 1: output, 2: output, REQUESTS: requests, REPLIES: replies})
            close_others({0, 1, 2, REQUESTS, REPLIES, *kept})
            leave_behind(os.environ.copy(), None)
            gc.set_threshold(ALLOCATED)
            gc.enable()
            self._serve(REQUESTS, REPLIES, self._confinement)
            _leave(0)
        except SystemExit as error:
            _leave(error.code if isinstance(error.code, int) else 1)
        except BaseException:
            with contextlib.suppress(BaseException):
                import traceback

                traceback.print_exc(limit=-8, file=sys.__stderr__)  # what the harness's own is
        _leave(1)

    def _reap(self, pid: int) -> None:
        packet = Ending.still_running()
        if pid in self._children:
            found, status, used = os.wait4(pid, os.WNOHANG)
            if found:
                self._children.discard(pid)
                code = os.waitstatus_to_exitcode(status)
                packet = Ending(code=code, user=used.ru_utime, system=used.ru_stime, peak=used.ru_maxrss).encode()
        self._control.send(packet)

    def _kill(self, pid: int) -> None:
        if pid in self._children:  # until it is reaped, the number is nobody else's
            _end(pid)
        self._control.send(Order(KILL, pid).encode())


def main(control: int, outer: str | None, serve: Serve) -> None:
    """Run a zygote over an inherited socket."""
    channel = socket.socket(fileno=control)
    zygote = Zygote(channel, serve, outer)
    channel.send(Order(b"Z").encode())
    null = os.open(NULL_DEVICE, os.O_RDWR)
    for place in (0, 1, 2):
        os.dup2(null, place)
    zygote.run()


def _handle_of(pid: int) -> int | None:
    """A descriptor that stands for the process, so that no other can be mistaken for it."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _end(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _leave(code: int) -> NoReturn:
    """Without anybody's exit handlers."""
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    with contextlib.suppress(BaseException):
        sys.stderr.flush()
    with contextlib.suppress(BaseException):
        sys.__stderr__.flush()  # type: ignore[union-attr]
    os._exit(code)
