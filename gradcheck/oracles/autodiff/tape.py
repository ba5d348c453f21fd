"""What was computed, in order, and the one sweep back over it that gives every intermediate's adjoint."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from gradcheck.language import tr
from gradcheck.problem.driver import OracleUnavailableError

__all__ = ["Array", "Call", "Node", "Observer", "Pull", "Scatter", "Tape", "adjoints"]

Array = npt.NDArray[np.float64]

# Takes the adjoint of a result and gives that of each parent.
Pull = Callable[[Any], Iterable[Any]]


class Observer(Protocol):
    """Is told of every traced value when it is computed."""

    def root(self, node: Node, value: Any) -> None:
        """A parameter."""

    def note(self, node: Node, value: Any, call: Call) -> None:
        """The result of a function (or ``getitem``, ``setitem``), and what that was called with."""


class Call(NamedTuple):
    """What has given a value.

    ``entries``, where the value only moves entries of its traced operands, counts those from 1, one operand after the
    other, and says which of them each entry of the value is; 0 for a constant.
    """

    function: Any  # or "getitem", "setitem"
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    entries: Callable[[], Any] | None = None


class Tape:
    """One run of the loss, and whether a derivative was lost on the way.

    Parameters
    ----------
    observer : Observer, optional
    lenient : bool
        Go on with plain numbers where a derivative is lost: a step's own bookkeeping, a text that shows the loss. What
        comes of it is to be held against a difference.
    """

    def __init__(self, observer: Observer | None = None, *, lenient: bool = False) -> None:
        self.refusal: str | None = None
        self.observer = observer
        self.lost = False
        self._lenient = lenient

    def root(self, shape: tuple[int, ...]) -> Node:
        """A node that depends on nothing: a parameter."""
        return Node(self, shape, (), lambda _: ())

    def refuse(self, reason: str) -> NoReturn:
        """Give up this run: the error may be caught by the code under test, so that the tape remembers it as well.

        Raises
        ------
        OracleUnavailableError
            Always.
        """
        self.refusal = self.refusal or reason
        raise OracleUnavailableError(reason)

    def lose(self, reason: str) -> None:
        """A derivative is lost here.

        Raises
        ------
        OracleUnavailableError
            Unless that is allowed.
        """
        self.lost = True
        if not self._lenient:
            self.refuse(reason)


class Node:
    """One differentiable value: its shape, what it was computed from, and the pull-back of its adjoint."""

    __slots__ = ("depth", "parents", "pull", "shape", "tape")

    def __init__(self, tape: Tape, shape: tuple[int, ...], parents: Sequence[Node], pull: Pull) -> None:
        self.tape, self.shape, self.parents, self.pull = tape, shape, tuple(parents), pull
        self.depth: int = 1 + max((parent.depth for parent in parents), default=0)


class Scatter:
    """An adjoint that is zero except at one index: added in place, for code that reads its arrays entry by entry."""

    __slots__ = ("entries", "index")

    def __init__(self, index: Any, entries: Any) -> None:
        self.index, self.entries = index, entries

    def add_to(self, total: Array) -> None:
        """Add to an array of the parent's shape; entries that are named twice count twice."""
        np.add.at(total, self.index, self.entries)


def adjoints(output: Node) -> dict[Node, Array]:
    """The derivative of one scalar node with respect to every node that it depends on.

    Parameters
    ----------
    output : Node
        Of a value with one entry.

    Returns
    -------
    dict of Node to ndarray
        float64, in each node's shape; units of the output over units of the node. Nodes that the output does not
        depend on are absent.

    Raises
    ------
    OracleUnavailableError
        If a rule gives an adjoint of the wrong shape, or fails: better no derivative than a wrong one.

    Notes
    -----
    Reverse accumulation: with ``y = f(x)``, ``adjoint(x) += J_f(x)^T adjoint(y)``. Parents are less deep than what is
    computed from them, so that one pass from the deepest node up meets each node with its adjoint complete.

    References
    ----------
    A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, chapter 3.
    """
    totals: dict[Node, Array] = {output: np.ones(output.shape)}
    with np.errstate(all="ignore"):  # an infinite slope is told by the result, not by a warning
        for node in sorted(_ancestors(output), key=operator.attrgetter("depth"), reverse=True):
            _pull_back(node, totals)
    return totals


def _ancestors(output: Node) -> set[Node]:
    """The node and everything that it was computed from."""
    found, waiting = {output}, [output]
    while waiting:
        new = set(waiting.pop().parents) - found
        found |= new
        waiting.extend(new)
    return found


def _pull_back(node: Node, totals: dict[Node, Array]) -> None:
    try:
        parts = tuple(node.pull(totals[node]))
    except (TypeError, ValueError, IndexError, NotImplementedError) as error:
        raise OracleUnavailableError(tr("a derivative rule failed: {error}", error=error)) from error
    for parent, part in zip(node.parents, parts, strict=True):
        if isinstance(part, Scatter):
            part.add_to(totals.setdefault(parent, np.zeros(parent.shape)))
        elif np.shape(part) != parent.shape:
            raise OracleUnavailableError(
                tr(
                    "a derivative rule gave shape {found} for a value of shape {expected}",
                    found=np.shape(part),
                    expected=parent.shape,
                )
            )
        elif parent in totals:
            totals[parent] += part
        else:
            totals[parent] = np.array(part, dtype=np.float64)
