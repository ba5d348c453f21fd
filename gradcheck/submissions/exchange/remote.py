"""A network in a child as a driver: every question is a request, every answer is checked, nothing else is believed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.problem import Block, Hints, OracleUnavailableError, StructureMismatchError
from gradcheck.problem.hints import SMOOTHING_RANGE
from gradcheck.records import Finding, Severity
from gradcheck.submissions.exchange.protocol import DTYPES, Array, Frame
from gradcheck.submissions.exchange.session import Session

__all__ = ["RemoteDriver", "RemoteError", "answer_of", "leaves_of", "parse_findings"]


# Findings that one answer may bring.
MAX_FINDINGS = 50


class RemoteError(Exception):
    """What the submission's own code raised; named after the exception's own type."""


class RemoteDriver:
    """Implements ``gradcheck.problem.Driver`` by requests to a session.

    Parameters
    ----------
    session : Session
    introduction : Frame
        The child's ``network`` reply.
    program : int
        Which of the child's programs is meant: 0 is the network itself, others are variations of it.

    Raises
    ------
    ValueError
        If the introduction contradicts itself.
    """

    def __init__(self, session: Session, introduction: Frame, program: int = 0) -> None:
        self._session = session
        self._data = {"program": program} if program else {}
        described = introduction.data.get("blocks")
        if not isinstance(described, list) or len(described) != len(introduction.arrays):
            raise ValueError("the introduction does not list one block an array")
        self._blocks = tuple(_block(item, array) for item, array in zip(described, introduction.arrays, strict=True))
        self._values = [np.array(array) for array in introduction.arrays]
        self._errors: tuple[float, ...] = (0.0,) * len(self._blocks)
        self._hints = Hints(
            clips_gradient=introduction.data.get("clips_gradient") is True,
            logarithm=introduction.data.get("logarithm") is True,
            smoothing=tuple(
                float(value)
                for value in introduction.data.get("smoothing") or ()
                if isinstance(value, float) and 0.0 < value <= SMOOTHING_RANGE[1]
            ),
            unsmoothed=introduction.data.get("unsmoothed") is True,
        )
        self._runs_code_to_restore = introduction.data.get("resets") is not False

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""
        return self._blocks

    def values(self) -> list[Array]:
        """Copies of the parameters as the program had them."""
        return [value.copy() for value in self._values]

    def loss(self, arrays: Sequence[Array]) -> Any:
        """The loss at these arrays, as the child's code returns it."""
        leaves = leaves_of(self._ask("loss", arrays))
        return leaves[0] if len(leaves) == 1 else leaves

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The claimed gradient at these arrays, one leaf a block."""
        reply = self._ask("gradient", arrays)
        leaves = leaves_of(reply)
        if len(leaves) != len(self._blocks):
            raise StructureMismatchError(
                tr("the gradient has {leaves} parts, expected {blocks}", leaves=len(leaves), blocks=len(self._blocks))
            )
        errors = reply.data.get("errors")
        if isinstance(errors, list) and len(errors) == len(self._blocks):
            self._errors = tuple(_bound(error) for error in errors)
        return leaves

    def gradient_error(self) -> tuple[float, ...]:
        """Per block, what recovering the gradient from a step has cost each entry."""
        return self._errors

    def begin(self) -> None:
        """Remember all state of the child's code."""
        self._ask("begin")

    def restore(self) -> None:
        """Put back what has changed since ``begin``; no later than the next question, unless code of theirs does it."""
        if self._runs_code_to_restore:
            self._ask("restore")
        else:
            self._session.restore_first(self._data.get("program", 0))

    def changed(self) -> bool:
        """Assumed: asking costs as much as the second call that the answer could save."""
        return True

    def mutated(self) -> tuple[str, ...]:
        """Where the code has written into its inputs."""
        names = self._ask("mutated").data.get("names")
        return tuple(str(name) for name in names) if isinstance(names, list) else ()

    def end(self) -> None:
        """Put everything back."""
        self._ask("end")

    def hints(self) -> Hints:
        """What the code's text suggests."""
        return self._hints

    def findings(self) -> tuple[Finding, ...]:
        """What driving the code has shown so far."""
        return parse_findings(self._ask("findings").data.get("findings"))

    def autodiff(self, arrays: Sequence[Array]) -> list[Array]:
        """The true gradient by automatic differentiation, done beside the code."""
        leaves = leaves_of(self._ask("autodiff", arrays))
        fits = len(leaves) == len(self._blocks) and all(
            isinstance(leaf, np.ndarray) and leaf.shape == block.shape
            for leaf, block in zip(leaves, self._blocks, strict=False)
        )
        if not fits:
            raise OracleUnavailableError("automatic differentiation returned other shapes than the parameters have")
        return leaves

    def _ask(self, op: str, arrays: Sequence[Array] = ()) -> Frame:
        return answer_of(self._session, op, self._data, arrays)


def answer_of(session: Session, op: str, data: Mapping[str, Any], arrays: Sequence[Array] = ()) -> Frame:
    """The answer to a question about a network.

    Raises
    ------
    SessionError
        If the child ends or hangs over it, or the question was too much for its harness.
    RemoteError, StructureMismatchError, OracleUnavailableError
        What the network's code raises, and why there is no answer.
    """
    reply = session.request(op, data, arrays=[np.asarray(array) for array in arrays])
    message = str(reply.data.get("message", ""))[:2000]
    if reply.op == "structure":
        raise StructureMismatchError(message)
    if reply.op == "unavailable":
        raise OracleUnavailableError(message)
    if reply.op == "internal":
        raise session.abandon(message)
    if reply.op != "ok":
        raise _named(str(reply.data.get("type", "RemoteError")))(message)
    return reply


def leaves_of(reply: Frame) -> list[Any]:
    """The values of an answer: arrays and numbers; of anything else None, or the name of its kind.

    Raises
    ------
    RemoteError
        If it holds none, or fewer than it announces.
    """
    described = reply.data.get("leaves")
    if not isinstance(described, list):
        raise RemoteError("the answer holds no values")
    arrays = iter(reply.arrays)
    return [_leaf(item, arrays) for item in described]


def parse_findings(described: Any) -> tuple[Finding, ...]:
    """Findings as a child describes them; what is malformed is left out."""
    found = []
    for item in described[:MAX_FINDINGS] if isinstance(described, list) else []:
        if not isinstance(item, Mapping) or item.get("severity") not in Severity.__members__:
            continue
        identifier = re.sub(r"[^a-z0-9-]", "", str(item.get("id", "")))[:60]
        severity = Severity[str(item["severity"])]
        found.append(Finding(id=identifier or "note", severity=severity, message=str(item.get("message", ""))[:2000]))
    return tuple(found)


def _leaf(described: Any, arrays: Any) -> Any:
    kind = described.get("kind") if isinstance(described, Mapping) else None
    if kind == "array":
        array = next(arrays, None)
        if array is None:
            raise RemoteError("the answer announces more arrays than it holds")
        return array[()] if array.ndim == 0 else array
    return (
        None if kind == "none" else str(described.get("type", "object") if isinstance(described, Mapping) else "object")
    )


def _block(described: Any, array: Array) -> Block:
    if not isinstance(described, Mapping) or described.get("dtype") not in DTYPES:
        raise ValueError("a block is described by other things than a name and a dtype")
    return Block(name=str(described.get("name", ""))[:200], shape=array.shape, dtype=np.dtype(str(described["dtype"])))


def _bound(value: Any) -> float:
    number = float(value) if isinstance(value, (int, float)) else 0.0
    return number if math.isfinite(number) and number >= 0.0 else 0.0


def _named(kind: str) -> type[RemoteError]:
    """An exception class that prints under the submission's exception's own name."""
    name = kind if re.fullmatch(r"[A-Za-z_]\w{0,60}", kind) else "RemoteError"
    return type(name, (RemoteError,), {})
