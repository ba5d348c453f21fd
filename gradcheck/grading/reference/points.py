"""Hidden points: inputs, targets and parameters of an assignment's network, drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gradcheck.grading.assignment.records import Assignment, Network
from gradcheck.submissions.declared.drawing import Shape, draw

__all__ = ["Array", "Point", "hidden_points", "point_of", "shape_of"]

Array = npt.NDArray[np.float64]

BINARY = ("bce",)
CLASSES = ("cross-entropy", "softmax-cross-entropy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """Where values are compared; canonical arrays, float64.

    Attributes
    ----------
    X, Y : ndarray of shape (batch, features) and (batch, outputs)
    params : mapping of str to ndarray
        ``W1 (features, units)``, ``b1 (units,)``, ...
    learning_rate : float
    """

    X: Array
    Y: Array
    params: Mapping[str, Array]
    learning_rate: float = 0.1

    @property
    def batch(self) -> int:
        """Number of samples."""
        return len(self.X)

    def with_params(self, params: Mapping[str, Array]) -> Point:
        """The same data at other parameters."""
        return replace(self, params=params)


def shape_of(network: Network) -> Shape:
    """What is drawn for a network."""
    last = network.activations[-1]
    if network.loss.startswith(CLASSES) and (last != "sigmoid" or network.sizes[-1] > 1):
        targets = "classes"
    elif network.loss.startswith((*BINARY, *CLASSES)) or last == "sigmoid":
        targets = "binary"
    else:
        targets = "real"
    return Shape(sizes=network.sizes, targets=targets)


def point_of(network: Network, *, batch: int, seed: int, weight_scale: float = 1.0, input_scale: float = 1.0) -> Point:
    """One point.

    Parameters
    ----------
    network : Network
    batch, seed : int
    weight_scale, input_scale : float
        Dimensionless.
    """
    drawn = draw(shape_of(network), batch=batch, seed=seed, weight_scale=weight_scale, input_scale=input_scale)
    params = {name: drawn[name] for name in network.parameters}
    return Point(X=drawn["X"], Y=drawn["Y"], params=params)


def hidden_points(assignment: Assignment, seed: int) -> tuple[Point, ...]:
    """The points of an assignment, the same for everybody who is graded with this seed."""
    hidden = assignment.hidden
    seeds = np.random.SeedSequence(seed).generate_state(hidden.points)
    return tuple(
        point_of(
            assignment.network, batch=hidden.batch, seed=int(number), weight_scale=hidden.weight_scale,
            input_scale=hidden.input_scale,
        )
        for number in seeds
    )  # fmt: skip
