"""How a submission is driven, as an assignment declares it: the calls to make, and what each argument and result is.

A call is written as it would be typed, with *roles* for arguments and results: ``forward(X, params) -> output, cache``.
A role is a word of `GIVEN` or `PRODUCED`, a parameter (``W1``), its gradient (``dW1``), a quantity of one layer
(``Z1``, ``A1``, ``dZ1``, ``dA1``), or ``cache`` (``cache_NAME``): whatever the code itself wants back later.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "CALL_NAMES",
    "GIVEN",
    "PRODUCED",
    "Argument",
    "Biases",
    "Call",
    "Interface",
    "Layout",
    "Pattern",
    "Place",
    "Step",
    "Style",
    "Targets",
    "Weights",
    "is_opaque",
]

GIVEN = {
    "X": "the inputs of a batch",
    "Y": "its targets",
    "params": "all parameters, in the structure that `parameters` describes",
    "learning_rate": "the step's rate",
    "epochs": "how many steps a training makes",
    "seed": "a whole number to seed random draws with",
    "l2": "the factor of the L2 penalty",
    "z": "an array of pre-activations (calls of `activations` and `derivatives`)",
    "a": "the activation at such an array (calls of `derivatives`; the result in calls of `activations`)",
    "sizes": "the list of layer sizes, inputs first",
    "features": "the number of inputs",
    "hidden": "the size of the first hidden layer",
    "outputs": "the number of outputs",
    "depth": "the number of layers with weights",
}
"""What the controller can hand to a call, by role."""

PRODUCED = {
    "output": "what the network answers: the last layer's activation, or logits",
    "loss": "one number",
    "losses": "the loss at each step of a training",
    "params": "the parameters after a step",
    "gradients": "all gradients, in the structure that `gradients` describes",
    "a": "the activation at `z`",
    "d": "the derivative of an activation",
    "cache": "anything that the code wants back in a later call",
}
"""What a call can give back, by role."""

CALL_NAMES = {
    "initialise": "draws fresh parameters",
    "forward": "inputs to `output`",
    "loss": "output, or inputs and targets, to `loss`",
    "gradient": "to `gradients`, or to every parameter's own (`dW1`, ...)",
    "update": "makes one step, in place or with `params` as its result",
    "train": "makes many steps, in place or with `params` as its result; `losses` where it keeps them",
}
"""The calls of an interface, by the name under which they are declared."""

_OPAQUE = re.compile(r"cache(_[A-Za-z0-9_]+)?")


class Style(enum.Enum):
    """How a submission is driven; the value is the word in an assignment file."""

    FUNCTIONS = "functions"
    CLASS = "class"
    ADAPTER = "adapter"
    RECOGNISED = "recognised"


class Layout(enum.Enum):
    """Where an array has its samples."""

    ROWS = "rows"
    COLUMNS = "columns"
    EITHER = "either"


class Weights(enum.Enum):
    """A weight's shape: ``(inputs, outputs)`` of its layer, or turned."""

    IN_OUT = "in-out"
    OUT_IN = "out-in"


class Biases(enum.Enum):
    """A bias's shape, for ``n`` units: ``(1, n)``, ``(n, 1)``, ``(n,)``."""

    ROW = "row"
    COLUMN = "column"
    FLAT = "flat"


class Targets(enum.Enum):
    """What ``Y`` holds: one value an output, or the index of the right class."""

    VALUES = "values"
    INDICES = "indices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From a value to one inside it: an attribute, or the item at a key.

    Attributes
    ----------
    key : str or int
    attribute : bool
        Whether ``.key``; otherwise ``[key]``.
    """

    key: str | int
    attribute: bool

    def __str__(self) -> str:
        return f".{self.key}" if self.attribute else f"[{self.key!r}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value lies: ``params['W1']``, ``gradients[0]``, ``self.W1``, or a role on its own.

    Attributes
    ----------
    root : str
        A role; ``self``, the instance of a class; or ``module``, the submission's globals.
    steps : tuple of Step
    """

    root: str
    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return self.root + "".join(map(str, self.steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a call.

    Attributes
    ----------
    role : str or None
        What is handed over; None where it is `value`.
    value : object
        A constant, or lists, tuples and dicts of constants: only where `role` is None.
    keyword : str or None
        The name under which it is passed.
    """

    role: str | None = None
    value: object = None
    keyword: str | None = None


Pattern = str | None | tuple["Pattern", ...]
"""What a call gives back: a role, None for what is not looked at (``_``), or a tuple of patterns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call.

    Attributes
    ----------
    text : str
        As it was written.
    method : bool
        Whether it is called on the instance (``self.forward``).
    path : tuple of str
        The function's name, with the objects on the way to it: ``("forward",)``.
    arguments : tuple of Argument
    result : str, None or tuple
        Roles of what comes back; None where that is not looked at: there the call acts in place.
    """

    text: str
    method: bool
    path: tuple[str, ...]
    arguments: tuple[Argument, ...] = ()
    result: Pattern = None

    @property
    def name(self) -> str:
        """As a reader writes it: ``self.forward``."""
        return ".".join(("self", *self.path) if self.method else self.path)

    @property
    def takes(self) -> tuple[str, ...]:
        """Roles of its arguments, in their order."""
        return tuple(argument.role for argument in self.arguments if argument.role is not None)

    @property
    def gives(self) -> tuple[str, ...]:
        """Roles of its results, in their order."""
        return tuple(_roles(self.result))


Calls = tuple[Call, ...]
"""Calls made one after the other, where one alone does not do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What an assignment says of how a submission is driven.

    Attributes
    ----------
    style : Style
    layout : Layout
    weights : Weights
    biases : Biases
    targets : Targets
    construct : Call or None
        Makes the instance of a class.
    calls : mapping of str to tuple of Call
        By the names of `CALL_NAMES`. What an earlier call must have given (``cache``, ``output``, ``gradients``) comes
        from the call that gives it.
    activations, derivatives : mapping of str to tuple of Call
        By the activation's name: from ``z`` to ``a``, from ``z`` or ``a`` to ``d``.
    layers : tuple of tuple of Call
        Steps of the code that can be judged alone: from quantities of one layer (``dZ2``, ``A1``, ``W2``) to others
        (``dA1``, ``dW2``, ``db2``).
    parameters, gradients : mapping of str to Place
        By the parameter (``W1``), where the code keeps it, and its gradient.
    values : mapping of str to Place
        Other roles that no call gives but that can be read: ``output`` at ``self.a2``.
    adapter : Path or None
        The file whose ``build(module, ...)`` drives it.
    """

    style: Style
    layout: Layout = Layout.ROWS
    weights: Weights = Weights.IN_OUT
    biases: Biases = Biases.ROW
    targets: Targets = Targets.VALUES
    construct: Call | None = None
    calls: Mapping[str, Calls] = field(default_factory=dict)
    activations: Mapping[str, Calls] = field(default_factory=dict)
    derivatives: Mapping[str, Calls] = field(default_factory=dict)
    layers: tuple[Calls, ...] = ()
    parameters: Mapping[str, Place] = field(default_factory=dict)
    gradients: Mapping[str, Place] = field(default_factory=dict)
    values: Mapping[str, Place] = field(default_factory=dict)
    adapter: Path | None = None


def is_opaque(role: str) -> bool:
    """Whether a role is something of the code's own, handed back to it unread: ``cache``, ``cache_2``."""
    return _OPAQUE.fullmatch(role) is not None


def _roles(pattern: Pattern) -> Iterator[str]:
    if isinstance(pattern, str):
        yield pattern
    elif pattern is not None:
        for part in pattern:
            yield from _roles(part)
