"""The quantities of back-propagation by name: what a right line may compute, and what wrong ones compute instead."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.backward import in_block_shape
from gradcheck.diagnosis.catalogue.activations import formulas
from gradcheck.diagnosis.catalogue.plain_activations import sigmoid
from gradcheck.diagnosis.network import Layer, Network
from gradcheck.diagnosis.programs.program import Array
from gradcheck.language import mark, tr

__all__ = [
    "Quantity",
    "QuantityKind",
    "Table",
    "adjoints",
    "derivative_at",
    "factors",
    "forward_values",
    "output_errors",
]


FORM, FORMULA = "output-form-given-preactivation", "wrong-derivative-formula"


class QuantityKind(enum.Enum):
    """What a quantity is; the value is the phrase for a report, ``{name}`` how the code calls it."""

    DELTA = mark("the derivative of the loss with respect to {name} (before the activation)")
    UPSTREAM = mark("the derivative of the loss with respect to {name} (after the activation)")
    MASKED = mark("the derivative of the loss with respect to {name} after dropout")
    WEIGHT = mark("the derivative of the loss with respect to {name}")
    BIAS = mark("the derivative of the loss with respect to the bias {name}")
    SLOPE = mark("the derivative of the activation at {name}")
    VALUE = mark("{name} itself")
    ERROR = mark("the output minus the targets")
    ENTERED = mark("the derivative of the loss with respect to what {name} is added or multiplied into")
    INTERMEDIATE = mark("the derivative of the loss with respect to an intermediate {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One quantity.

    Attributes
    ----------
    kind : QuantityKind
    layer : int or None
        Counted from 0 at the input.
    name : str
        How the code calls what it belongs to; ``Z1``, ``A1`` where it has no name for it.
    """

    kind: QuantityKind
    layer: int | None = None
    name: str = ""

    def __str__(self) -> str:
        """For a report."""
        return tr(self.kind.value, name=self.name)


# Quantities with their values, one a point.
Table = list[tuple[Quantity, tuple[Array, ...]]]


def _each(networks: Sequence[Network], pick: Callable[[Network], Array | None]) -> tuple[Array, ...] | None:
    values = tuple(pick(network) for network in networks)
    found = tuple(value for value in values if value is not None)
    return found if len(found) == len(values) else None


def z_name(network: Network, layer: int) -> str:
    """How the code calls a pre-activation."""
    return network.layers[layer].names.get("pre_activation", f"Z{layer + 1}")


def a_name(network: Network, layer: int) -> str:
    """How the code calls an activation."""
    return network.layers[layer].names.get("output", f"A{layer + 1}")


def adjoints(networks: Sequence[Network]) -> Table:
    """What right lines of a backward pass compute, from the output down, as (m, h) and in the blocks' shapes."""
    first = networks[0]
    table: Table = []

    def enter(kind: QuantityKind, layer: int, name: str, pick: Callable[[Network], Array | None]) -> None:
        values = _each(networks, pick)
        if values is not None:
            table.append((Quantity(kind=kind, layer=layer, name=name), values))

    for index in range(len(first.layers) - 1, -1, -1):
        layer = first.layers[index]
        z, a = z_name(first, index), a_name(first, index)
        if index + 1 < len(first.layers) and layer.mask is not None:
            enter(QuantityKind.MASKED, index, a, lambda n, i=index: n.layers[i + 1].delta @ n.layers[i + 1].weights.T)  # type: ignore[misc]
        enter(QuantityKind.DELTA, index, z, lambda n, i=index: n.layers[i].delta)  # type: ignore[misc]
        enter(QuantityKind.UPSTREAM, index, a, lambda n, i=index: n.layers[i].output_adjoint)  # type: ignore[misc]
        enter(QuantityKind.WEIGHT, index, layer.weight, lambda n, i=index: _weight_gradient(n, i))  # type: ignore[misc]
        if layer.bias is not None:
            enter(QuantityKind.BIAS, index, layer.bias, lambda n, i=index: n.layers[i].delta.sum(axis=0))  # type: ignore[misc]
        enter(QuantityKind.SLOPE, index, z, lambda n, i=index: n.layers[i].slope)  # type: ignore[misc]
    return table


def _weight_gradient(network: Network, index: int) -> Array:
    layer = network.layers[index]
    return in_block_shape(network, layer, layer.inputs.T @ layer.delta)


def forward_values(networks: Sequence[Network]) -> Table:
    """What lines of a forward pass compute: not wrong, and no adjoint."""
    first = networks[0]
    table: Table = []
    for index, layer in enumerate(first.layers):
        picks: tuple[tuple[str, Callable[[Layer], Array | None]], ...] = (
            (layer.names.get("inputs", tr("the input of layer {number}", number=index + 1)), lambda each: each.inputs),
            (z_name(first, index), lambda each: each.pre_activation),
            (a_name(first, index), lambda each: each.output),
            (layer.weight, lambda each: each.weights),
            (tr("the mask of layer {number}", number=index + 1), lambda each: each.mask),
        )
        for name, pick in picks:
            values = _each(networks, lambda n, i=index, p=pick: p(n.layers[i]))  # type: ignore[misc]
            if values is not None:
                table.append((Quantity(kind=QuantityKind.VALUE, layer=index, name=name), values))
    targets = _each(networks, lambda n: n.targets)
    if targets is not None:
        table.append((Quantity(kind=QuantityKind.VALUE, name=tr("the targets")), targets))
    return table


def output_errors(networks: Sequence[Network]) -> Table:
    """``output - targets``, where both are known."""
    errors = _each(networks, lambda n: None if n.targets is None else n.layers[-1].output - n.targets)
    layer = len(networks[0].layers) - 1
    return [] if errors is None else [(Quantity(kind=QuantityKind.ERROR, layer=layer), errors)]


def derivative_at(layer: Layer, x: Array) -> Array | None:
    """``f'(x)`` of a layer's activation; None for softmax and what is not known."""
    known = None if layer.activation == "softmax" else formulas(layer)
    if known is None:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(known.derivative(x), dtype=np.float64)


def factors(networks: Sequence[Network], index: int) -> Iterator[tuple[str, str, tuple[Array, ...]]]:
    """What learners put in the place of ``f'(z)`` of a layer: the bug that it is, words, and values (m, h)."""
    first = networks[0]
    z, a = z_name(first, index), a_name(first, index)
    hidden = index + 1 < len(first.layers)
    kinds: tuple[tuple[str, str, Callable[[Layer], Array | None]], ...] = (
        (
            "missing-hidden-derivative" if hidden else "missing-output-derivative",
            tr("1: the activation's derivative is missing"),
            lambda each: np.ones_like(each.output),
        ),
        (
            "derivative-at-activation",
            tr("the activation's derivative at {name}, not at {wanted}", name=a, wanted=z),
            lambda each: derivative_at(each, each.output),
        ),
        (FORM, f"{z} * (1 - {z})", lambda each: each.pre_activation * (1.0 - each.pre_activation)),
        (FORM, f"1 - {z}**2", lambda each: 1.0 - each.pre_activation**2),
        ("activation-instead-of-derivative", tr("{name} itself", name=a), lambda each: each.output),
        (FORMULA, tr("{name} itself", name=z), lambda each: each.pre_activation),
        (FORMULA, f"1 - {a}", lambda each: 1.0 - each.output),
        (FORMULA, f"1 + {a}**2", lambda each: 1.0 + each.output**2),
        (FORMULA, f"{a} * (1 - {a})", lambda each: each.output * (1.0 - each.output)),
        (FORMULA, f"1 - {a}**2", lambda each: 1.0 - each.output**2),
        ("derivative-twice", tr("the derivative twice"), lambda each: None if each.slope is None else each.slope**2),
        (
            "activation-instead-of-derivative",
            tr("the activation of {name}", name=a),
            lambda each: sigmoid(each.output) if each.activation == "sigmoid" else None,
        ),
        (
            FORMULA,
            tr("{name} > 0, which is no derivative of this activation", name=z),
            lambda each: np.where(each.pre_activation > 0, 1.0, 0.0),
        ),
    )
    for bug, text, pick in kinds:
        values = _each(networks, lambda n, p=pick: p(n.layers[index]))  # type: ignore[misc]
        if values is not None:
            yield bug, text, values
