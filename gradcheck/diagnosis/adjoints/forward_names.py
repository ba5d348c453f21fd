"""How the code calls what its forward pass computes, told by the values of its variables."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.network import Layer, Network
from gradcheck.diagnosis.programs.program import Array, Event, Forward, Trace

__all__ = ["names_of", "with_names"]

RETURNED = "return"
# More rows than this are not asked for their names one by one.
MAX_ROWS = 64


def names_of(forward: Forward, traces: Sequence[Trace]) -> dict[int, str]:
    """Names of the intermediates of a forward pass.

    Parameters
    ----------
    forward : Forward
    traces : sequence of Trace
        Runs of the code at the same point.

    Returns
    -------
    dict of int to str
        By the number of the intermediate; only those that a variable has held, in the same shape or transposed. Of
        several names the one bound in the line that computed it, then one that holds nothing else, then the shortest.
    """
    book = _Book(traces)
    found = {}
    for value in forward.values:
        if value.value.size > 1:
            name = book.name(value.value, value.line)
        else:  # a number is told by its line as well: numbers alone are too alike
            name = book.name(value.value, value.line, strict=True)
        if name is not None:
            found[value.number] = name
    return found


def with_names(network: Network, traces: Sequence[Trace], forward: Forward | None = None) -> Network:
    """The network with ``Layer.names`` filled: how the code calls inputs, pre-activation and output of each layer.

    Parameters
    ----------
    network : Network
    traces : sequence of Trace
        Runs of the code at the same point.
    forward : Forward, optional
        What the network was read from: names bound in its lines come first.
    """
    book = _Book(traces, frozenset() if forward is None else forward.lines)
    following = (*network.layers[1:], None)
    layers = tuple(
        dataclasses.replace(layer, names=_layer_names(layer, after, book))
        for layer, after in zip(network.layers, following, strict=True)
    )
    return dataclasses.replace(network, layers=layers)


def _layer_names(layer: Layer, following: Layer | None, book: _Book) -> dict[str, str]:
    names = {}
    inputs = layer.inputs if layer.bias_in_weights is None else np.delete(layer.inputs, layer.bias_in_weights, axis=1)
    for key, values in (
        ("inputs", (layer.inputs, inputs)),
        ("pre_activation", (layer.pre_activation,)),
        ("output", (layer.output,) if following is None else (layer.output, following.inputs)),
    ):
        found = next((name for value in values if (name := book.of_batch(value)) is not None), None)
        if found is not None:
            names[key] = found
    return names


class _Book:
    """Names by value: exact up to single precision, so that round-off does not matter."""

    def __init__(self, traces: Iterable[Trace], lines: Collection[int] = ()) -> None:
        self._lines = lines
        self._names: dict[bytes, list[Event]] = {}
        self._uses: Counter[tuple[str, str]] = Counter()  # a name that holds one thing after another says little
        for trace in traces:
            for event in trace.events:
                self._uses[event.function, event.name] += 1
                for key in set(_keys(event.value)):
                    self._names.setdefault(key, []).append(event)

        self._names_in = Counter(function for function, _ in self._uses)  # a helper binds few

    def name(self, value: Array, line: int | None = None, *, strict: bool = False) -> str | None:
        """What a value is called."""
        found = [event for event in self._names.get(_key(value), ()) if not event.name.startswith(RETURNED)]
        here = [event for event in found if event.line == line]
        if strict or here:
            found = here
        best = min(found, key=self._rank, default=None)
        return None if best is None else best.name

    def _rank(self, event: Event) -> tuple[bool, int, int, int, str]:
        place = (event.function, event.name)
        return (
            event.line not in self._lines,
            self._uses[place],
            -self._names_in[event.function],
            len(event.name),
            event.name,
        )

    def of_batch(self, value: Array) -> str | None:
        """What a batch (m, h) is called, or each of its rows."""
        whole = self.name(value)
        if whole is not None or len(value) > MAX_ROWS or value.shape[1] < 2:
            return whole
        names = Counter(name for row in value if (name := self.name(row)) is not None)
        name, count = names.most_common(1)[0] if names else (None, 0)
        return name if count == len(value) else None


def _keys(value: Array) -> Iterator[bytes]:
    yield _key(value)
    if value.ndim == 2 and 1 not in value.shape:
        yield _key(value.T)


def _key(value: Array) -> bytes:
    return (np.ravel(value) + 0.0).astype(np.float32).tobytes()
