"""The child: loads one submission, and answers the controller's requests about each network that it finds in it.

Requests and replies alternate. ``next`` runs the program on until a network is ready (reply ``network``) or there is
none left (``done``); in between, requests of ``serving`` are about that network, with the program standing still
inside its own training loop.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gradcheck.errors import GradcheckError, SubmissionError
from gradcheck.language import prepare, use
from gradcheck.submissions.exchange.protocol import Frame, encode, read_frame
from gradcheck.submissions.instrumenting.instrument import Instrumented
from gradcheck.submissions.isolation.confinement import Confinement, Orders
from gradcheck.submissions.isolation.forbidden import right_of
from gradcheck.submissions.network import Network
from gradcheck.submissions.recognition.discovery import Discovery
from gradcheck.submissions.running.loading import explain, own_frames
from gradcheck.submissions.serving import serving
from gradcheck.submissions.serving.questions import Programs
from gradcheck.submissions.serving.standing import Standing
from gradcheck.submissions.text.source import Source, read_source

__all__ = ["is_running", "main", "spawned_main", "zygote_main"]

_RUNNING: list[int] = []
# As much as a pipe holds: for more, memory would be mapped and given back at every read.
MOST_AT_ONCE = 1 << 16


def is_running() -> bool:
    """Whether this process runs a submission."""
    return bool(_RUNNING)


class Channel:
    """Frames over two file descriptors."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = requests, replies
        self._waiting = b""

    def receive(self) -> Frame:
        """The next request; the end of the pipe ends the child."""
        return read_frame(self._read)

    def send(self, frame: Frame) -> None:
        """One reply."""
        view = memoryview(encode(frame))
        while view:
            view = view[os.write(self._replies, view) :]

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            if not self._waiting:
                self._waiting = os.read(self._requests, MOST_AT_ONCE)
                if not self._waiting:
                    os._exit(0)
            part, self._waiting = self._waiting[:count], self._waiting[count:]
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class Conversation:
    """Who asks last: the request that a network or the end of the program answers."""

    def __init__(self, channel: Channel, pending: Frame, source: Source) -> None:
        self._channel, self._pending, self._source = channel, pending, source
        self.instrumented: Instrumented | None = None

    def present(self, network: Network) -> None:
        """Tell the controller of a network, and serve it until the controller wants the next."""
        assert self.instrumented is not None
        programs = Programs(Standing(network, self._source, self.instrumented))
        data, arrays = serving.describe(network)
        self._channel.send(Frame(id=self._pending.id, op="network", data=data, arrays=tuple(arrays)))
        while True:
            request = self._channel.receive()
            if request.op == "next":
                with contextlib.suppress(Exception):
                    serving.put_back(programs, request)
                programs.leave()
                self._pending = request
                return
            self._channel.send(serving.answer(programs, request, self._source))

    def finish(self, data: dict[str, Any]) -> None:
        """No more networks."""
        self._channel.send(Frame(id=self._pending.id, op="done", data=data))


def zygote_main(arguments: Sequence[str]) -> None:
    """Fork children for a controller; called by its command line with a socket, and what is around this process."""
    from gradcheck.submissions.isolation import zygote

    control, outer = arguments
    zygote.main(int(control), outer or None, main)


def spawned_main(_arguments: Sequence[str] = ()) -> None:
    """Serve one submission over standard input and output, which nothing else can use from then on."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (requests, replies):
            msvcrt.setmode(descriptor, os.O_BINARY)
    else:
        os.umask(0o077)
    main(requests, replies, Confinement())


def main(requests: int, replies: int, confinement: Confinement) -> None:
    """Serve one submission.

    Parameters
    ----------
    requests, replies : int
        Descriptors of the pipes.
    confinement : Confinement
        What this process gives up first, before it reads anything of the submission's.
    """
    _RUNNING.append(requests)
    channel = Channel(requests, replies)
    _give_up(channel, confinement)
    opening = channel.receive()
    try:
        source = read_source(Path(str(opening.data["path"])))
    except SubmissionError as error:
        channel.send(Frame(id=opening.id, op="unloadable", data={"message": str(error)}))
        return
    conversation = Conversation(channel, opening, source)
    adapter = opening.data.get("adapter")
    discovery = Discovery(
        source,
        conversation.present,
        adapter=None if adapter is None else Path(str(adapter)),
        sizes=dict(opening.data.get("sizes") or {}),
        watched=opening.data.get("watched") is not False,
    )
    conversation.instrumented = discovery.instrumented
    try:
        outcome = discovery.run(dict(opening.data.get("keywords") or {}))
    except GradcheckError as error:
        outcome = {"refusal": str(error)[:4000]}
    except BaseException as error:  # the submission's own, from where nobody expected it
        outcome = {
            "problems": [explain(error, source)],
            "crashed": True,
            "traceback": own_frames(error, source),
            "forbidden": [right for right in (right_of(error),) if right is not None],
        }
    conversation.finish(outcome)
    with contextlib.suppress(OSError):
        channel.receive()
    sys.exit(0)


def _give_up(channel: Channel, confinement: Confinement) -> None:
    """The controller's first request; its answer is the last word that can be believed."""
    request = channel.receive()
    orders = Orders.from_dict(request.data)
    if orders.scratch is not None:
        os.chdir(orders.scratch)
    use(orders.language)
    prepare()
    reached = confinement.enter(orders)
    channel.send(Frame(id=request.id, op="confined", data=reached.to_dict()))
