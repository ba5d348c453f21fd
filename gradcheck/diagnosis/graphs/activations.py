"""Activations in a recorded forward pass: values that follow entry by entry from one other value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.diagnosis.forward.elementwise import elementwise_function, slopes
from gradcheck.diagnosis.forward.recognition import activation_name
from gradcheck.diagnosis.graphs.propagation import Graph
from gradcheck.diagnosis.network import Layer, Network, Part
from gradcheck.diagnosis.programs.program import Array, Intermediate

__all__ = ["Activation", "activations", "as_network", "softmaxes"]

# Operations that only shift, turn or stretch a value: no activation by themselves.
STRAIGHT = frozenset({"add", "subtract", "negative", "positive", "multiply", "divide", "true_divide"})
# Values on the way through an activation that are told apart: longer ways are loops.
MOST_PARTS = 8
# Relative agreement of a softmax computed again, and of its sums with 1.
SAME = 1e-9
# How far a softmax is followed back to what it is of.
MOST_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A value, what it follows from, and its slope.

    Attributes
    ----------
    root, output : int
        Numbers of ``z`` and ``a`` in the graph.
    slope : ndarray
        Of ``a`` with respect to ``z``, in their shape.
    parts : tuple of (int, ndarray)
        Values between them, each with its slope with respect to ``z``.
    name : str
        As ``Layer.activation``.
    last : bool
        Whether ``a`` is all that ``z`` is used for: not so where the loss makes more of it entry by entry.
    """

    root: int
    output: int
    slope: Array
    parts: tuple[tuple[int, Array], ...] = ()
    name: str = "unknown"
    last: bool = True


def _follows_entrywise(graph: Graph) -> dict[int, tuple[int, Array]]:
    """Of each value that is a function of one other, entry by entry: the first such, and the slope."""
    found: dict[int, tuple[int, Array]] = {}
    for value in graph.values:
        if not graph.is_live(value.number) or value.entries is not None or not _is_elementwise(value):
            continue
        origins = {found[n][0] if n in found else n for n in value.inputs if graph.is_live(n)}
        if len(origins) != 1:
            continue
        (root,) = origins
        operands = [graph.values[n] for n in value.inputs]
        if any(graph.is_live(each.number) and each.value.shape != value.value.shape for each in operands):
            continue
        with np.errstate(all="ignore"):
            factors = slopes(elementwise_function(value.operation), [each.value for each in operands], value)
            total = np.zeros(value.value.shape)
            for each, factor in zip(operands, factors, strict=True):
                if graph.is_live(each.number):
                    total = total + factor * (found[each.number][1] if each.number in found else 1.0)
        found[value.number] = (root, total)
    return found


def activations(graph: Graph) -> list[Activation]:
    """All of them, in the order in which they are computed.

    What the loss makes of an output entry by entry belongs to the same root; the activation is then told by its name.
    """
    entrywise = _follows_entrywise(graph)
    by_root: dict[int, list[int]] = {}
    for number, (root, _) in entrywise.items():
        by_root.setdefault(root, []).append(number)
    found: list[Activation] = []
    for root, own in by_root.items():
        inside = {root, *own}
        leaving = [n for n in own if any(reader not in inside for reader, _ in graph.consumers[n])]
        ends = list(dict.fromkeys(_bent(graph, number, root) for number in leaving))
        ends = [number for number in ends if not _is_line(graph, number, root)]
        found += [_activation(graph, root, end, own, entrywise) for end in ends]
        ready = {each.output for each in found}
        for number in own:  # an output activation, before what the loss makes of it
            if number not in ready and len(ends) == 1 and number < ends[0] and not _is_straight(graph, number):
                each = _activation(graph, root, number, own, entrywise)
                if each.name not in ("linear", "unknown"):
                    found.append(
                        Activation(
                            root=root,
                            output=number,
                            slope=each.slope,
                            parts=each.parts,
                            name=each.name,
                            last=False,
                        )
                    )
    return sorted(found, key=lambda each: each.output)


def _activation(
    graph: Graph, root: int, end: int, own: Sequence[int], entrywise: dict[int, tuple[int, Array]]
) -> Activation:
    parts = [
        (n, entrywise[n][1])
        for n in own
        if n < end and np.isfinite(entrywise[n][1]).all() and np.isfinite(graph.values[n].value).all()
    ]
    name = activation_name(_flat(graph.values[root].value), _flat(graph.values[end].value))
    return Activation(
        root=root, output=end, slope=entrywise[end][1], parts=tuple(parts[:MOST_PARTS]), name=name or "unknown"
    )


def _bent(graph: Graph, number: int, root: int) -> int:
    """What is left of a value without the shifts and factors that came after its activation: ``a`` of ``1-a``."""
    while number != root and _is_straight(graph, number):
        (operand,) = [n for n in graph.values[number].inputs if graph.is_live(n)][:1]
        stretched = graph.values[number].operation not in ("add", "subtract", "negative", "positive")
        whole = [graph.values[n].value for n in graph.values[number].inputs if not graph.is_live(n)]
        masks = any(each.size > 1 and np.ptp(each) > 0 for each in whole)
        if stretched and not masks and len(graph.consumers[operand]) == 1:
            break  # a constant of the activation's own
        if not stretched and len(graph.consumers[operand]) == 1 and operand == root:
            break
        number = operand
    return number


def _is_line(graph: Graph, number: int, root: int) -> bool:
    """Whether a value is its root shifted and stretched: no activation."""
    while number != root and _is_straight(graph, number):
        (number,) = [n for n in graph.values[number].inputs if graph.is_live(n)]
    return number == root


def _is_straight(graph: Graph, number: int) -> bool:
    value = graph.values[number]
    live = [n for n in value.inputs if graph.is_live(n)]
    if value.operation not in STRAIGHT or len(live) != 1:
        return False
    return not (value.operation in ("divide", "true_divide") and value.inputs[0] != live[0])


def _is_elementwise(value: Intermediate) -> bool:
    if value.operation in ("where", "setitem"):
        return value.operation == "where"
    function = elementwise_function(value.operation)
    return function is not None and function.signature is None


def softmaxes(graph: Graph) -> Iterator[tuple[int, int, int]]:
    """Values that are a softmax of another one: the numbers of that and of the softmax, and the axis."""
    for value in graph.values:
        if not graph.is_live(value.number) or value.operation not in ("divide", "true_divide", "exp", "multiply"):
            continue
        for axis in range(value.value.ndim):
            if value.value.shape[axis] < 2 or not np.allclose(value.value.sum(axis=axis), 1.0, rtol=0, atol=SAME):
                continue
            root = _softmax_root(graph, value, axis)
            if root is not None:
                yield root, value.number, axis
                break


def _softmax_root(graph: Graph, value: Intermediate, axis: int) -> int | None:
    """The earliest value on the way back of which it is the softmax."""
    found, number = None, value.number
    for _ in range(MOST_STEPS):
        live = [n for n in graph.values[number].inputs if graph.values[n].value.shape == value.value.shape]
        live = [n for n in live if graph.is_live(n)]
        if not live:
            break
        number = live[0]
        z = graph.values[number].value
        with np.errstate(all="ignore"):
            powers = np.exp(z - z.max(axis=axis, keepdims=True))
            same = np.allclose(powers / powers.sum(axis=axis, keepdims=True), value.value, rtol=SAME, atol=1e-300)
        if same:
            found = number
    return found


def as_network(graph: Graph, own: Activation, others: Sequence[tuple[Array, Array]], *, parts: bool) -> Network:
    """An activation as the first layer of a network: what the catalogue's rules of derivatives are asked about.

    Parameters
    ----------
    graph : Graph
    own : Activation
    others : sequence of (z, a)
        Of the same shape, in whose place its derivative may have been taken.
    parts : bool
        Whether with the values on the way, of which there are very many wrong forms.
    """
    values = graph.values
    blank = np.zeros((1, 1))

    def layer(z: Array, a: Array, name: str, slope: Array | None, between: tuple[Part, ...]) -> Layer:
        z, a = _flat(z), _flat(a)
        return Layer(
            weight="",
            inputs=blank,
            weights=blank,
            pre_activation=z,
            output=a,
            output_adjoint=np.zeros(a.shape),
            delta=np.zeros(a.shape),
            slope=None if slope is None else _flat(slope),
            activation=name,
            parts=between,
        )

    between = tuple(
        Part(values=_flat(values[n].value), slope=_flat(slope), line=int(values[n].line or 0))
        for n, slope in (own.parts if parts else ())
    )
    first = layer(values[own.root].value, values[own.output].value, own.name, own.slope, between)
    rest = [layer(z, a, "unknown", None, ()) for z, a in others]
    return Network(layers=(first, *rest, layer(blank, blank, "linear", None, ())), shapes={})


def _flat(values: Array) -> Array:
    """As samples by units."""
    if values.ndim == 2:
        return values
    return values.reshape(-1, values.shape[-1] if values.ndim else 1)
