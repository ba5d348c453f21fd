"""A network once more, with data of other sizes that gradcheck makes for it, in a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradcheck.diagnosis.programs.program import Array, SourceText, Trial, UnavailableError
from gradcheck.language import mark, tr
from gradcheck.submissions.exchange.protocol import Frame
from gradcheck.submissions.exchange.remote_program import RemoteProgram, Verify, beside
from gradcheck.submissions.exchange.session import Session, SessionError
from gradcheck.submissions.isolation.places import Reach

__all__ = ["Elsewhere"]

# Processes that one diagnosis may start for that.
MAX_PROCESSES = 8
# Networks that are passed over before the one that is meant.
MAX_NETWORKS = 40
FIXED = mark("the file trains on data of its own, whose sizes are fixed")


class Elsewhere:
    """Opens a file anew for each set of sizes.

    Parameters
    ----------
    stack : ExitStack
        Ends what is started.
    opening : mapping
        The request that opens the file.
    introduction : Frame
        Of the network that is meant.
    source : SourceText
    verify : callable
        As for ``RemoteProgram``.
    time_left : callable
        ``time_left()`` returns the seconds after which nothing is started any more.
    reach : Reach, optional
        What the file may read.
    """

    def __init__(
        self,
        stack: contextlib.ExitStack,
        opening: Mapping[str, Any],
        introduction: Frame,
        source: SourceText,
        verify: Verify,
        time_left: Callable[[], float],
        reach: Reach | None = None,
    ) -> None:
        self._stack, self._opening, self._introduction = stack, opening, introduction
        self._source, self._verify, self._time_left = source, verify, time_left
        self._started, self._impossible = 0, False
        self._reach = reach or Reach()

    def program(self, sizes: Mapping[str, int]) -> RemoteProgram:
        """The same function or class, driven at these sizes.

        Raises
        ------
        UnavailableError
            If the file cannot be driven so, or there is no time left.
        """
        left = self._time_left()
        if self._is_fixed():
            raise UnavailableError(tr(FIXED))
        if self._started >= MAX_PROCESSES or left <= 0.0:
            raise UnavailableError(tr("no more processes for other sizes"))
        self._started += 1
        session = self._stack.enter_context(Session(time_limit=left, reach=self._reach))
        try:
            reply = session.request("open", {**self._opening, "sizes": dict(sizes)})
            for _ in range(MAX_NETWORKS):
                if reply.op != "network":
                    break
                if self._is_meant(reply, sizes):
                    return RemoteProgram(
                        session, reply, self._source, self._verify, left=self._time_left, elsewhere=self.program
                    )
                reply = session.request("next")
        except (SessionError, ValueError) as error:
            raise UnavailableError(tr("it could not be run at other sizes: {error}", error=error)) from None
        self._impossible = self._started == 1  # at no sizes, most likely
        raise UnavailableError(tr(FIXED))

    def reload(self, text: str, arrays: Sequence[Array]) -> Trial:
        """The claimed gradient with the file's text replaced, from the start: for edits of what runs only once.

        Raises
        ------
        UnavailableError
            If the file then holds no such network, or there is no time left.
        """
        left = self._time_left()
        if left <= 0.0:
            raise UnavailableError(tr("the time for this file is used up"))
        try:
            with beside(Path(str(self._opening["path"])), text) as copy, self._session(left, copy) as session:
                reply = session.request("open", {**self._opening, "path": str(copy)})
                for _ in range(MAX_NETWORKS):
                    if reply.op != "network":
                        break
                    if self._is_same(reply):
                        source = SourceText(name=self._source.name, text=text)
                        return RemoteProgram(session, reply, source, self._verify).trial(text, arrays)
                    reply = session.request("next")
        except (SessionError, ValueError) as error:
            raise UnavailableError(tr("with this text it could not be run: {error}", error=error)) from None
        raise UnavailableError(tr("with this text the file holds other networks"))

    def _is_same(self, reply: Frame) -> bool:
        """Whether a network has the name and the blocks of the one that is meant."""
        known, found = self._introduction, reply
        shapes = [array.shape for array in known.arrays] == [array.shape for array in found.arrays]
        names = known.data.get("blocks") == found.data.get("blocks")
        return shapes and names and known.data.get("name") == found.data.get("name")

    def _session(self, time_limit: float, copy: Path) -> Session:
        return Session(time_limit=time_limit, reach=self._reach.beside(copy))

    def _is_fixed(self) -> bool:
        """Whether the file's own loop is in no function that data could be given to, or other sizes were in vain."""
        data = self._introduction.data
        return self._impossible or (data.get("own_use") is True and not data.get("function"))

    def _is_meant(self, reply: Frame, sizes: Mapping[str, int]) -> bool:
        """Whether a network is the same code as the one that is meant, on made data."""
        known, found = self._introduction.data, reply.data
        same = found.get("function") == known.get("function") and found.get("name") is not None
        named = known.get("own_use") is True or found.get("name") == known.get("name")
        # Held against a loss of its own there and against an implied one here, other blocks would be right.
        alike = bool(known.get("loss_names")) is bool(found.get("loss_names"))
        return found.get("own_use") is False and same and named and alike and bool(sizes)
