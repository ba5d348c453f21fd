"""A network in a child as a program to look into: every question is a request, nothing but numbers is believed."""

from __future__ import annotations

import contextlib
import functools
import math
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from gradcheck.diagnosis.programs.program import (
    Array,
    Forward,
    SourceText,
    Trace,
    TrainingRun,
    Trial,
    UnavailableError,
    Variation,
)
from gradcheck.language import tr
from gradcheck.patience import stretched
from gradcheck.problem import Problem
from gradcheck.records import CheckReport
from gradcheck.submissions.exchange import coding
from gradcheck.submissions.exchange.protocol import Frame, ProtocolError
from gradcheck.submissions.exchange.remote import RemoteDriver
from gradcheck.submissions.exchange.session import Session, SessionError
from gradcheck.submissions.running.neighbours import neighbours
from gradcheck.submissions.text.rewriting import contents, mirrored
from gradcheck.submissions.text.source import read_source

__all__ = ["RemoteProgram", "Verify", "beside"]

# (text) -> the report of the same network with the file's text replaced.
Verify = Callable[[str], CheckReport]

# Texts of one request: few enough that a hang loses little, small enough for a frame's header.
BATCH = 32
BATCH_CHARACTERS = 250_000
# Seconds for one trial, and for those of one request.
TRIAL_LIMIT = 2.0
REQUEST_LIMIT = 10.0
# Of the time for one request the child itself uses so much at most, so that it can still answer.
IN_TIME = 0.7
SIZES = ("batch", "outputs", "features", "hidden", "learning_rate", "regularisation")
OTHER_SIZES = ("batch", "outputs", "features", "hidden", "seed")
MAX_STEPS = 5000
T = TypeVar("T")


class RemoteProgram:
    """Implements ``program.Program`` by requests to a session.

    Parameters
    ----------
    session : Session
    introduction : Frame
        The child's ``network`` reply.
    source : SourceText
        The file's text.
    verify : callable
        ``verify(text)`` runs the whole check of another text in a fresh process.
    left : callable, optional
        ``left()`` returns the seconds after which nothing is asked any more.
    program : int
        The child's number for it.
    elsewhere : callable, optional
        ``elsewhere(sizes)`` is the same network with made data of other sizes, in a child of its own.
    restart : callable, optional
        ``restart(text, arrays)`` is a trial in a child of its own.

    Raises
    ------
    ValueError
        If the introduction contradicts itself.
    """

    def __init__(
        self,
        session: Session,
        introduction: Frame,
        source: SourceText,
        verify: Verify,
        *,
        left: Callable[[], float] = lambda: math.inf,
        program: int = 0,
        elsewhere: Callable[[Mapping[str, int]], RemoteProgram] | None = None,
        restart: Callable[[str, Sequence[Array]], Trial] | None = None,
    ) -> None:
        self._elsewhere, self._restart = elsewhere, restart
        self._session, self._number, self._time_left = session, program, left
        driver = RemoteDriver(session, introduction, program)
        sign = -1 if introduction.data.get("sign") == -1 else 1
        self._problem = Problem.from_driver(driver, sign=sign)
        self._source, self._verify = source, verify
        self._sizes: dict[str, float] | None = None

    @property
    def problem(self) -> Problem:
        """What was checked."""
        return self._problem

    @property
    def source(self) -> SourceText:
        """The file's text."""
        return self._source

    @property
    def sizes(self) -> Mapping[str, float]:
        """The problem's own sizes and rates, as far as the child tells them."""
        if self._sizes is None:
            try:
                told = self._ask("sizes").data.get("sizes")
            except UnavailableError:
                told = {}
            known = told if isinstance(told, Mapping) else {}
            self._sizes = {name: float(known[name]) for name in SIZES if _is_size(known.get(name))}
        return self._sizes

    def forward(self, arrays: Sequence[Array]) -> Forward:
        """The forward computation with true adjoints.

        Raises
        ------
        UnavailableError
        """
        reply = self._ask("forward", arrays=arrays)
        names = [block.name for block in self._problem.blocks]
        return self._read(lambda: coding.unpack_forward(reply.data, reply.arrays, names))

    def trace(self, arrays: Sequence[Array]) -> Trace:
        """One run of the code that computes the gradient, line by line.

        Raises
        ------
        UnavailableError
        """
        reply = self._ask("trace", arrays=arrays)
        return self._read(lambda: coding.unpack_trace(reply.data, reply.arrays))

    def trial(self, text: str, arrays: Sequence[Array], *, traced: bool = False) -> Trial:
        """The claimed gradient with the text replaced, in the running program.

        Raises
        ------
        UnavailableError
            Where the changed part does not run again, or the child does not answer any more.
        """
        found = self.trials([text], arrays, traced=traced)[0]
        if isinstance(found, UnavailableError):
            raise found
        return found

    def trials(
        self, texts: Sequence[str], arrays: Sequence[Array], *, traced: bool = False, limit: float = TRIAL_LIMIT
    ) -> list[Trial | UnavailableError]:
        """Several texts; a child that ends meanwhile leaves the results before it.

        Parameters
        ----------
        texts : sequence of str
        arrays : sequence of ndarray
        traced : bool
            Whether to keep a trace of each.
        limit : float
            Seconds for one.
        """
        results: list[Trial | UnavailableError] = []
        while len(results) < len(texts):
            batch = _batch(texts[len(results) :], 1 if traced else BATCH)
            total = min(REQUEST_LIMIT, IN_TIME * self._left())
            seconds = [stretched(part) for part in (min(limit, max(total, 0.0)), total)]
            data = {"texts": batch, "traced": traced, "limit": seconds[0], "total": seconds[1]}
            try:
                reply = self._ask("trials", data, arrays)
                found = self._read(functools.partial(self._tried, reply))
                if len(found) != len(batch):
                    raise self._broken("other trials than were asked for")
            except UnavailableError as error:
                results += [error] * len(batch)
                continue
            results += [UnavailableError(item) if isinstance(item, str) else item for item in found]
        return results

    def reload(self, text: str, arrays: Sequence[Array]) -> Trial:
        """The claimed gradient with the text replaced, in a fresh process: half a second, for what runs only once.

        Raises
        ------
        UnavailableError
            If the file then holds no such network, or there is no time left.
        """
        if self._restart is None:
            raise UnavailableError(tr("the file can only be looked at as it stands"))
        return self._restart(text, arrays)

    def verify(self, text: str) -> CheckReport:
        """The whole check of another text in a fresh process, at other points.

        Raises
        ------
        UnavailableError
            If the file then holds other networks than before.
        """
        if self._time_left() <= 0.0:
            raise UnavailableError(tr("the time for this file is used up"))
        return self._verify(text)

    def vary(self, variation: Variation) -> RemoteProgram:
        """The same code otherwise: other data in the same child, other sizes in another one.

        Raises
        ------
        UnavailableError
            Where this code cannot be varied so.
        """
        given = variation.given()
        sizes = {name: int(given[name]) for name in OTHER_SIZES if name in given}
        if sizes and self._elsewhere is not None:
            own = {name: round(self.sizes[name]) for name in OTHER_SIZES if name in self.sizes}
            found = self._elsewhere({**own, **sizes})  # what is not varied stays: one thing at a time
            rest = {name: value for name, value in given.items() if name not in sizes}
            return found.vary(Variation(**rest)) if rest else found
        reply = self._ask("vary", {"variation": given})
        number = reply.data.get("program")
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise self._broken("a variation without a number")
        try:
            return RemoteProgram(self._session, reply, self._source, self._verify, left=self._time_left, program=number)
        except ValueError as error:
            raise self._broken(str(error)) from None

    def train(self, steps: int) -> TrainingRun:
        """A short run of the code's own training.

        Raises
        ------
        UnavailableError
        """
        reply = self._ask("train", {"steps": min(int(steps), MAX_STEPS)})
        return self._read(lambda: self._training(reply))

    def _tried(self, reply: Frame) -> list[Trial | str]:
        return coding.unpack_trials(reply.data, reply.arrays, [block.shape for block in self._problem.blocks])

    def _training(self, reply: Frame) -> TrainingRun:
        count, rate, error = (reply.data.get(name) for name in ("count", "learning_rate", "error"))
        if len(reply.arrays) != 4 or not isinstance(count, int):
            raise ProtocolError("a training run of other arrays")
        parameters = coding.unpack_arrays(reply.arrays[1:])
        shapes = [block.shape for block in self._problem.blocks]
        if count != len(shapes) or len(parameters) != 2 * count:
            raise ProtocolError("a training run of other parameters")
        losses = np.asarray(reply.arrays[0], dtype=np.float64).ravel()
        return TrainingRun(
            losses=tuple(losses.tolist()),
            parameters=(tuple(parameters[:count]), tuple(parameters[count:])),
            learning_rate=float(rate) if rate is not None and _is_size(rate) else None,
            error=None if error is None else str(error)[: coding.MAX_MESSAGE],
        )

    def _ask(self, op: str, data: Mapping[str, Any] | None = None, arrays: Sequence[Array] = ()) -> Frame:
        left = self._left()
        if left <= 0.0:
            raise UnavailableError(tr("the time for this file is used up"))
        request = {**(data or {}), **({"program": self._number} if self._number else {})}
        try:
            reply = self._session.request(op, request, [np.asarray(array) for array in arrays], left)
        except SessionError as error:
            raise UnavailableError(tr("the program stopped answering: {error}", error=error)) from None
        except ProtocolError as error:  # ours: too large to ask
            raise UnavailableError(str(error)) from None
        message = str(reply.data.get("message", ""))[: coding.MAX_MESSAGE]
        if reply.op == "internal":
            raise UnavailableError(
                tr("gradcheck could not find out, by an internal error of its own: {message}", message=message)
            )
        if reply.op != "ok":
            kind = str(reply.data.get("type", ""))
            named = f"{kind}: " if re.fullmatch(r"[A-Za-z_]\w{0,60}", kind) else ""
            raise UnavailableError(f"{named}{message}")
        return reply

    def _left(self) -> float:
        """Seconds for the next request."""
        return min(self._time_left(), self._session.time_limit)

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except ProtocolError as error:
            raise self._broken(str(error)) from None

    def _broken(self, detail: str) -> UnavailableError:
        """Answers that make no sense: the child is not asked again."""
        return UnavailableError(str(self._session.abandon(detail)))


def _batch(texts: Sequence[str], most: int) -> list[str]:
    """The first texts that fit into one request; at least one."""
    found, characters = [texts[0]], len(texts[0])
    for text in texts[1:most]:
        characters += len(text)
        if characters > BATCH_CHARACTERS:
            break
        found.append(text)
    return found


def _is_size(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@contextlib.contextmanager
def beside(file: Path, text: str) -> Iterator[Path]:
    """A file of the same name and another text, in a folder that shows the same neighbours.

    Parameters
    ----------
    file : Path
    text : str

    Yields
    ------
    Path
        Gone afterwards.
    """
    folder = Path(tempfile.mkdtemp(prefix="gradcheck-"))
    try:
        source = read_source(file)
        changed = contents(source, text)
        if source.modules:
            yield mirrored(source, changed, folder)
            return
        for entry in neighbours(file.resolve().parent, text):
            if entry.name != file.name:
                with contextlib.suppress(OSError):
                    (folder / entry.name).symlink_to(entry)
        content = changed.get(source.path, text)
        copy = folder / file.name
        copy.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)
