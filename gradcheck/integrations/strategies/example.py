"""A drawn network with its numbers: a problem, and the program that it is."""

from __future__ import annotations

import hashlib
import linecache
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.network import Network
from gradcheck.integrations.strategies.architecture import LOSSES, Architecture, Array, Batch
from gradcheck.integrations.strategies.planting import network_at, places
from gradcheck.integrations.strategies.program import LAST_LINE, program_text
from gradcheck.problem import Problem

__all__ = ["NetworkExample"]

# What a difference must come to, over the norm of its block's gradient, to count as one (dimensionless): far above
# float32's rounding, and above what a check can miss.
VISIBLE = 0.02
# Blocks are compared with at least this part of the largest one's norm, as a check does.
FLOOR = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NetworkExample:
    """A network, a batch and a point; with a right gradient, or with one that has a bug.

    Attributes
    ----------
    architecture : Architecture
    batch : Batch
    params : mapping of name to ndarray
        ``W1 (features, units)``, ``b1 (units,)``, ...
    bug : str or None
        Catalogue id of what is wrong with the gradient; None for a right one.
    place : str
        Which of the places that the bug has in such a network, one of ``places(bug)``; the first if it is empty.

    Examples
    --------
    >>> import numpy as np
    >>> import gradcheck
    >>> example = NetworkExample(
    ...     architecture=Architecture(sizes=(1, 1), activations=("linear",)),
    ...     batch=Batch(inputs=np.array([[1.0]]), targets=np.array([[3.0]])),
    ...     params={"W1": np.array([[0.5]]), "b1": np.array([0.25])},
    ...     bug="missing-factor-2",
    ... )
    >>> gradcheck.check(example.problem()).verdict.name
    'FAIL'
    """

    architecture: Architecture
    batch: Batch
    params: Mapping[str, Array]
    bug: str | None = None
    place: str = ""

    def problem(self) -> Problem:
        """Loss, gradient and parameters, to be checked."""
        problem: Problem = self.namespace()["problem"]
        return problem

    def program(self) -> str:
        """Python to copy and run: it prints the check of this problem."""
        return self._text() + LAST_LINE

    def namespace(self) -> dict[str, Any]:
        """What the program defines: ``X``, ``Y``, ``params``, ``forward``, ``loss``, ``backward``, ``gradient``."""
        text = self._text()
        name = f"<network {hashlib.sha256(text.encode()).hexdigest()[:16]}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # a check reads the source
        found: dict[str, Any] = {"__name__": name}
        exec(compile(text, name, "exec"), found)  # noqa: S102 - written by this package
        return found

    def places(self, bug: str) -> tuple[str, ...]:
        """The places in which a bug could be in this network, by layers and words."""
        found = self.right().namespace()
        loss = LOSSES[self.architecture.loss]
        network = network_at(
            found["forward"], found["backward"], self.params, self.batch.inputs, self.batch.targets,
            activations=self.architecture.activations, loss=loss.kind,
            scale=loss.scale / (len(self.batch) if self.architecture.mean else 1), l2=self.architecture.l2,
        )  # fmt: skip
        return tuple(name for name, deviation in places(bug, network).items() if _fits(network, deviation))

    def right(self) -> NetworkExample:
        """The same without the bug."""
        return NetworkExample(architecture=self.architecture, batch=self.batch, params=self.params)

    def shows(self) -> bool:
        """Whether the claimed gradient differs from the right one at this point by what a check must see.

        Some bugs cannot show everywhere: a missing division by the batch size is none with one sample.
        """
        with np.errstate(all="ignore"):
            right = self.right().namespace()["gradient"](self.params)
            claimed = self.namespace()["gradient"](self.params)
        largest = max(float(np.linalg.norm(value)) for value in right.values())
        if not np.isfinite(largest) or largest == 0.0:
            return False
        return any(_differ(claimed[name], value, FLOOR * largest) for name, value in right.items())

    def __repr__(self) -> str:
        kind = self.architecture
        sizes = "-".join(map(str, kind.sizes))
        said = [sizes, "/".join(kind.activations), kind.loss + (" mean" if kind.mean else ""), kind.dtype]
        said += [f"l2 {kind.l2!r}"] if kind.l2 else []
        said += [f"batch {len(self.batch)}", f"bug {self.bug}" if self.bug else "right"]
        return f"<network {', '.join(said)}; .program() prints it>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - Hypothesis calls it so
        printer.text("<network>" if cycle else repr(self))

    def _text(self) -> str:
        return program_text(self.architecture, self.batch, self.params, self.bug, self.place)


def _fits(network: Network, deviation: Deviation) -> bool:
    """Whether a wrong program would run: shapes may forbid it."""
    try:
        with np.errstate(all="ignore"):
            backward(network, deviation)
    except ValueError:
        return False
    return True


def _differ(claimed: Array, right: Array, floor: float) -> bool:
    if claimed.shape != right.shape or not np.all(np.isfinite(claimed)):
        return True
    scale = max(float(np.linalg.norm(right)), floor)
    return float(np.linalg.norm(claimed.astype(np.float64) - right)) > VISIBLE * scale
