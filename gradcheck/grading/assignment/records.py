"""An assignment: what a class was asked for, and what each part of it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.grading.records import Audience, Hint
from gradcheck.submissions.declared.interface import Interface

__all__ = [
    "Assignment",
    "Data",
    "Hidden",
    "Integrity",
    "Item",
    "Late",
    "Limits",
    "Marking",
    "Network",
    "Reference",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The function meant.

    Attributes
    ----------
    sizes : tuple of int
        Features, hidden layers, outputs.
    activations : tuple of str
        One a layer with weights; keys of ``ACTIVATIONS``.
    loss : str
        A key of ``LOSSES``.
    l2 : float
        Factor of the penalty on the weights (dimensionless); 0 for none.
    penalty : str
        How it is written; a key of ``PENALTIES``.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    l2: float = 0.0
    penalty: str = "half"

    @property
    def layers(self) -> int:
        """How many layers have weights."""
        return len(self.sizes) - 1

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Parameters to shapes: ``W1`` of (features, units), ``b1`` of (units,), and so on to the outputs."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer, (before, after) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            shapes[f"W{layer}"] = (before, after)
            shapes[f"b{layer}"] = (after,)
        return shapes

    @property
    def parameters(self) -> tuple[str, ...]:
        """``W1``, ``b1``, ``W2``, ..."""
        return tuple(self.shapes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where the expected values come from; from the network itself where both are None.

    Attributes
    ----------
    implementation : str or None
        Id of a variant of an installed catalogue of references, such as ``002-corrected``.
    file : Path or None
        The instructor's file, driven through the assignment's interface.
    """

    implementation: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What is trained on; drawn where `inputs` is None.

    Attributes
    ----------
    inputs, targets : ndarray of shape (samples, features) and (samples, outputs), or None
        float64, samples in rows whatever the interface's layout.
    file : Path or None
        Where they were read from.
    samples : int
        How many are drawn.
    """

    inputs: NDArray[np.float64] | None = field(default=None, compare=False)
    targets: NDArray[np.float64] | None = field(default=None, compare=False)
    file: Path | None = None
    samples: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """The points at which values are compared, drawn after a submission has loaded.

    Attributes
    ----------
    points : int
    batch : int
        Samples at each.
    seed : int or None
        Of the draw; None for one that is drawn once and kept in the gradebook.
    weight_scale, input_scale : float
        Standard deviation of weights (times one over the root of a layer's inputs) and of inputs, dimensionless.
    told : bool
        Whether students are told numbers at them.
    """

    points: int = 3
    batch: int = 5
    seed: int | None = None
    weight_scale: float = 1.0
    input_scale: float = 1.0
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One node of the rubric: a group, or a leaf that checks something and has points.

    Attributes
    ----------
    path : str
        The ids from the root, such as ``gradients/W1``.
    title : str
    points : float
        Of a group the sum of those below.
    line : int or None
        In the file, from 1.
    checks : str or None
        The kind; None for a group.
    needs : tuple of str
        Paths of leaves that must have been earned (in full, or carried) before this one is looked at: those of the
        item and of the groups that it is in.
    options : mapping of str to object
        The kind's, with its defaults filled in; and ``constant_factor``, where the item has its own.
    items : tuple of Item
        Of a group.
    """

    path: str
    title: str
    points: float
    line: int | None = None
    checks: str | None = None
    needs: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Item, ...] = ()

    @property
    def id(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def leaves(self) -> Iterator[Item]:
        """Itself, or the leaves below it, in their order."""
        if self.checks is not None:
            yield self
        for item in self.items:
            yield from item.leaves


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """How errors are charged.

    Attributes
    ----------
    follow_through : bool
        Whether a later step earns its marks where it is right given an earlier error, charged there.
    constant_factor : float
        Share of an item's points, in [0, 1], that is kept where a value is a constant times the right one. An item's
        own option of the name goes before it.
    """

    follow_through: bool = True
    constant_factor: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    time : float
        Seconds for loading, and for any one call.
    memory, output : int or None
        Bytes; None for the tool's own limits.
    """

    time: float = 10.0
    memory: int | None = None
    output: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What lateness costs.

    Attributes
    ----------
    due : datetime or None
        With its zone; None where nothing is late.
    grace : timedelta
        After which lateness counts, from `due`.
    per_day : float
        Share of the points taken for each day begun, in [0, 1].
    most : float
        Share of the points that lateness takes at most, in [0, 1].
    """

    due: datetime | None = None
    grace: timedelta = timedelta(0)
    per_day: float = 0.0
    most: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """What staff are told of.

    Attributes
    ----------
    forbid : tuple of str
        Modules that a submission may not import.
    """

    forbid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a class was asked for.

    Attributes
    ----------
    title : str
    network : Network
    interface : Interface
    rubric : tuple of Item
    reference : Reference
    data : Data
    hidden : Hidden
    marking : Marking
    limits : Limits
    show : mapping of Audience to Hint
        How far each audience sees.
    late : Late
    conventions : frozenset of str
        Of ``CONVENTIONS``: what may differ without costing marks.
    integrity : Integrity
    language : str or None
        Tag of the one that sheets are written in; None is the one that is spoken when it is graded.
    path : Path or None
        The file it was read from.
    digest : str
        SHA-256 (hexadecimal) over the file and all files that it refers to.
    said : mapping of str to str
        Its keys with their values as text, to tell in what another one differs (``changes``).
    """

    title: str
    network: Network
    interface: Interface
    rubric: tuple[Item, ...]
    reference: Reference = field(default_factory=Reference)
    data: Data = field(default_factory=Data)
    hidden: Hidden = field(default_factory=Hidden)
    marking: Marking = field(default_factory=Marking)
    limits: Limits = field(default_factory=Limits)
    show: Mapping[Audience, Hint] = field(default_factory=dict)
    late: Late = field(default_factory=Late)
    conventions: frozenset[str] = frozenset()
    integrity: Integrity = field(default_factory=Integrity)
    language: str | None = None
    path: Path | None = None
    digest: str = ""
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def leaves(self) -> tuple[Item, ...]:
        """All items that have points, in the rubric's order."""
        return tuple(leaf for item in self.rubric for leaf in item.leaves)

    @property
    def points(self) -> float:
        """What can be earned."""
        return sum(item.points for item in self.rubric)
