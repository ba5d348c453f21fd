"""What the bugs of one block compute instead of ``dW_l = a_{l-1}^T d_l`` and ``db_l = sum of d_l over the batch``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np

from gradcheck.diagnosis.backward import Deviation, Rule
from gradcheck.diagnosis.catalogue.activations import TABLE, formulas
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = [
    "bias_from_weights",
    "bias_is_bias",
    "bias_mean",
    "bias_missing",
    "bias_not_summed",
    "bias_without_axis",
    "inner_product",
    "squashed_input",
    "swapped_blocks",
    "transposed_block",
    "weight_for_input",
    "wrong_activation",
]


def _weight(bug: str, what: str, index: int, rule: Rule) -> Deviation:
    return Deviation(bug=bug, layers=(index,), what=what, weight={index: rule})


def _product(values: Array) -> Rule:
    def rule(_: Network, __: int, delta: Array) -> Array:
        result: Array = values.T @ delta
        return result

    return rule


def _with_ones(layer: Layer, values: Array) -> Array:
    """Values with the column of ones, where the layer's inputs have one and that is what they lack."""
    if layer.bias_in_weights is None or values.shape[1] != layer.inputs.shape[1] - 1:
        return values
    return np.insert(values, layer.bias_in_weights, 1.0, axis=1)


def _candidate(layer: Layer, values: Array) -> Array | None:
    held = _with_ones(layer, values)
    return held if held.shape == layer.inputs.shape else None


def wrong_activation(network: Network) -> Iterator[Deviation]:
    """Another layer's activation, or the layer's own output, as its input."""
    bug = "wrong-layer-activation"
    for index, layer in enumerate(network.layers):
        sources = {f"a{other + 1}": each.output for other, each in enumerate(network.layers) if other != index - 1}
        if index:
            sources[tr("the data")] = network.layers[0].inputs
        if network.targets is not None:
            sources[tr("the targets")] = network.targets
        for name, values in sources.items():
            held = _candidate(layer, values)
            if held is not None:
                yield _weight(bug, name, index, _product(held))


def squashed_input(network: Network) -> Iterator[Deviation]:
    """``f(x)`` or ``z`` as the layer's input."""
    bug = "squashed-input"
    for index, layer in enumerate(network.layers):
        data = layer.inputs if layer.bias_in_weights is None else np.delete(layer.inputs, layer.bias_in_weights, axis=1)
        if index:
            held = _candidate(layer, network.layers[index - 1].pre_activation)
            if held is not None and network.layers[index - 1].activation != "linear":
                yield _weight(bug, tr("z of the layer before"), index, _product(held))
        for name, function in _squashing(network).items():
            held = _candidate(layer, function(data))
            if held is not None:
                yield _weight(bug, tr("{function} of the input", function=name), index, _product(held))
            if layer.bias_in_weights is not None:
                what = tr("{function} of the input with its column of ones", function=name)
                yield _weight(bug, what, index, _product(function(layer.inputs)))
        before = network.layers[max(index - 1, 0)]
        known = formulas(before)
        if index and known is not None and before.activation not in ("linear", "relu", "leaky-relu"):
            held = _candidate(layer, known.derivative(before.pre_activation))
            if held is not None:
                yield _weight(bug, tr("f' of the layer before"), index, _product(held))


def _squashing(network: Network) -> dict[str, Callable[[Array], Array]]:
    """Functions that an input may be passed through: the usual ones, and those of the network itself."""
    found = {name: TABLE[name].value for name in ("sigmoid", "tanh", "relu")}
    for layer in network.layers:
        known = formulas(layer)
        if known is not None and layer.activation not in ("linear", "softmax"):
            found.setdefault(layer.activation, known.value)
    return found


def weight_for_input(network: Network) -> Iterator[Deviation]:
    """``delta * w``."""
    for index in range(len(network.layers)):
        yield _weight("weight-instead-of-input", tr("delta times the weights"), index, _delta_times_weights)


def _delta_times_weights(network: Network, index: int, delta: Array) -> Array:
    weights: Array = network.layers[index].weights * delta.sum(axis=0)
    return weights


def inner_product(network: Network) -> Iterator[Deviation]:
    """One number, or one row, where a table of products belongs."""
    bug = "inner-instead-of-outer"
    for index, layer in enumerate(network.layers):
        yield _weight(bug, tr("the sum of all products"), index, _all_products)
        rows, columns = layer.weights.shape
        if rows == columns or 1 in (rows, columns):
            yield _weight(bug, tr("the inner product"), index, _inner)
            yield _weight(bug, tr("products entry by entry, along the rows"), index, _entrywise)
        if rows == columns:
            yield _weight(bug, tr("products entry by entry, along the columns"), index, _entrywise_down)


def _all_products(network: Network, index: int, delta: Array) -> Array:
    layer = network.layers[index]
    return np.full_like(layer.weights, float((layer.inputs.T @ delta).sum()))


def _inner(network: Network, index: int, delta: Array) -> Array:
    layer = network.layers[index]
    return np.full_like(layer.weights, float((layer.inputs * delta).sum()))


def _entrywise(network: Network, index: int, delta: Array) -> Array:
    layer = network.layers[index]
    row: Array = (layer.inputs * delta).sum(axis=0)
    return row + np.zeros_like(layer.weights)


def _entrywise_down(network: Network, index: int, delta: Array) -> Array:
    return _entrywise(network, index, delta).T


def swapped_blocks(network: Network) -> Iterator[Deviation]:
    """Two blocks of one shape exchanged, or one given for the other."""
    bug = "swapped-blocks"
    places = {layer.weight: index for index, layer in enumerate(network.layers)}
    places |= {layer.bias: index for index, layer in enumerate(network.layers) if layer.bias is not None}
    for one, other in combinations(places, 2):
        if network.shapes[one] == network.shapes[other]:
            layers = tuple(sorted({places[one], places[other]}))
            yield Deviation(
                bug=bug,
                layers=layers,
                what=tr("{one} and {other} exchanged", one=one, other=other),
                swap={one: other, other: one},
            )
            for name, given in ((one, other), (other, one)):
                what = tr("the gradient of {given} for {block}", given=given, block=name)
                yield Deviation(bug=bug, layers=(places[name],), what=what, swap={name: given})


def transposed_block(network: Network) -> Iterator[Deviation]:
    """``dW^T``, reshaped where the block is not square."""
    for index, layer in enumerate(network.layers):
        if min(layer.weights.shape) > 1:
            yield _weight("transposed-block", tr("the transpose"), index, _turned)


def _turned(network: Network, index: int, delta: Array) -> Array:
    layer = network.layers[index]
    own = layer.inputs.T @ delta
    if layer.weight_transposed:  # the block is own.T, and holds the numbers of own in their order
        return own.reshape(own.shape[1], own.shape[0]).T
    return own.T.reshape(own.shape)


# --- biases ----------------------------------------------------------------------------------------------------------


def _bias(network: Network, bug: str, what: str, rule: Rule) -> Iterator[Deviation]:
    rules: dict[int, Rule] = {i: rule for i, layer in enumerate(network.layers) if layer.bias is not None}
    for index in rules:
        yield Deviation(bug=bug, layers=(index,), what=what, bias={index: rule})
    if len(rules) > 1:
        yield Deviation(bug=bug, layers=tuple(rules), what=what, bias=rules)


def bias_without_axis(network: Network) -> Iterator[Deviation]:
    """``np.sum(d)``: one number for all units; or the other axis."""
    bug = "bias-sum-without-axis"
    yield from _bias(network, bug, tr("the sum over the batch and the units"), lambda _, __, d: np.asarray(d.sum()))
    yield from _bias(network, bug, tr("the mean over the batch and the units"), lambda _, __, d: np.asarray(d.mean()))
    rules: dict[int, Rule] = {
        i: _over_units for i, layer in enumerate(network.layers) if layer.bias is not None and _over_units_fits(layer)
    }
    for index, rule in rules.items():
        yield Deviation(bug=bug, layers=(index,), what=tr("the sum over the units"), bias={index: rule})


def _over_units_fits(layer: Layer) -> bool:
    samples, units = layer.output.shape
    return bool(samples == units > 1)


def _over_units(_: Network, __: int, delta: Array) -> Array:
    return np.asarray(delta.sum(axis=1))


def bias_not_summed(network: Network) -> Iterator[Deviation]:
    """``db = d``: one row a sample; or one sample's row."""
    bug = "bias-not-summed"
    yield from _bias(network, bug, tr("one row a sample"), lambda _, __, d: d)
    yield from _bias(network, bug, tr("the first sample's alone"), lambda _, __, d: d[0])
    yield from _bias(network, bug, tr("the last sample's alone"), lambda _, __, d: d[-1])


def bias_mean(network: Network) -> Iterator[Deviation]:
    """The mean of deltas that already have their 1/m."""
    yield from _bias(
        network, "bias-mean-instead-of-sum", tr("the mean over the batch"), lambda _, __, d: d.mean(axis=0)
    )


def bias_from_weights(network: Network) -> Iterator[Deviation]:
    """Sums or means of ``dW``'s rows."""
    bug = "bias-from-weight-gradient"
    yield from _bias(network, bug, tr("the sum of the weight gradient's rows"), _weight_rows)
    yield from _bias(network, bug, tr("the sum of the whole weight gradient"), _weight_total)


def _weight_rows(network: Network, index: int, delta: Array) -> Array:
    return np.asarray((network.layers[index].inputs.T @ delta).sum(axis=0))


def _weight_total(network: Network, index: int, delta: Array) -> Array:
    return np.asarray((network.layers[index].inputs.T @ delta).sum())


def bias_missing(network: Network) -> Iterator[Deviation]:
    """No gradient of the bias at all."""
    yield from _bias(network, "bias-gradient-missing", tr("zero"), lambda _, __, d: np.zeros(d.shape[1]))


def bias_is_bias(network: Network) -> Iterator[Deviation]:
    """The bias itself, or its negative where the update adds."""
    bug = "bias-gradient-is-bias"
    known = all(layer.bias_values is not None for layer in network.layers if layer.bias is not None)
    if known:
        yield from _bias(network, bug, tr("the bias itself"), _own_bias)
        yield from _bias(network, bug, tr("the negative bias"), lambda n, i, d: -_own_bias(n, i, d))


def _own_bias(network: Network, index: int, _: Array) -> Array:
    values = network.layers[index].bias_values
    assert values is not None
    return network.layers[index].bias_sign * values
