"""What bugs of the recursion do to what comes from above in ``d_l = (d_{l+1} W_{l+1}^T) * f'(z_l)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from gradcheck.diagnosis.backward import Deviation, Rule, through_weights
from gradcheck.diagnosis.catalogue.derivative_rules import at_layers, bias_row, deferred_scales, fits
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = [
    "biased_backprop",
    "gradient_stopped",
    "lost_upstream",
    "raw_error",
    "summed_weights",
    "transposed_weights",
    "updated_weights",
    "wrong_layer_weights",
]


def _upstream(bug: str, what: str, rules: Mapping[int, Rule]) -> Iterator[Deviation]:
    for index, rule in rules.items():
        yield Deviation(bug=bug, layers=(index,), what=what, upstream={index: rule})
    if len(rules) > 1:
        yield Deviation(bug=bug, layers=tuple(rules), what=what, upstream=dict(rules))


def _hidden(network: Network) -> range:
    return range(len(network.layers) - 1)


def raw_error(network: Network) -> Iterator[Deviation]:
    """``W^T (yhat - y)``: the error goes back without the factor ``f'`` of the layer that it leaves."""
    bug = "raw-error-backpropagated"
    last = len(network.layers) - 1
    yield from _upstream(bug, tr("the error at the output"), dict.fromkeys(_hidden(network), _chained))
    direct: dict[int, Rule] = {i: _direct for i in _hidden(network) if i < last - 1 and _direct_fits(network, i)}
    yield from _upstream(bug, tr("the output's error with this layer's weights"), direct)
    before: dict[int, Rule] = dict.fromkeys(_hidden(network), _without_factor)
    yield from _upstream(bug, tr("dL/da of the layer above"), before)


def _error(network: Network) -> Array:
    """``yhat - y``, with the loss's own factors."""
    layer = network.layers[-1]
    targets = network.targets
    if network.loss == "mse" or targets is None or targets.shape != layer.output.shape:
        return layer.output_adjoint
    error: Array = layer.output - targets
    return error * network.scale if network.scale else error


def _chained(network: Network, index: int, _: Array) -> Array:
    error = _error(network)
    for lower, upper in reversed(list(pairwise(network.layers[index:]))):
        error = through_weights(lower, upper, error)
    return error


def _direct_fits(network: Network, index: int) -> bool:
    return bool(network.layers[index + 1].weights.shape[1] == network.outputs)


def _direct(network: Network, index: int, _: Array) -> Array:
    return through_weights(network.layers[index], network.layers[index + 1], _error(network))


def _without_factor(network: Network, index: int, _: Array) -> Array:
    above = network.layers[index + 1]
    return through_weights(network.layers[index], above, above.output_adjoint)


def lost_upstream(network: Network) -> Iterator[Deviation]:
    """A chain that starts anew: without the delta above, without the weights, or without both."""
    bug = "upstream-lost"
    for later, scale in deferred_scales(network).items():
        yield from _upstream(bug, tr("{form} alone", form="f'(z)") + later, {i: _ones(scale) for i in _hidden(network)})
        rules: dict[int, Rule] = {i: _weights_alone(scale) for i in _hidden(network)}
        yield from _upstream(bug, tr("the weights without the delta above") + later, rules)
    spread: dict[int, Rule] = {i: _spread for i in _hidden(network) if _above_fits(network, i)}
    yield from _upstream(bug, tr("the delta above without the weights"), spread)
    yield from _upstream(
        bug, tr("the sum of the delta above, without the weights"), dict.fromkeys(_hidden(network), _total)
    )
    output = {i: _output_error for i in _hidden(network) if i < len(network.layers) - 2 and _error_fits(network, i)}
    yield from _upstream(bug, tr("the output's error without the weights"), output)


def _ones(scale: float) -> Rule:
    return lambda network, index, _: np.full_like(network.layers[index].output, 1.0 / scale)


def _weights_alone(scale: float) -> Rule:
    def rule(network: Network, index: int, above: Array) -> Array:
        ones = np.full_like(above, 1.0 / scale)
        return through_weights(network.layers[index], network.layers[index + 1], ones)

    return rule


def _above_fits(network: Network, index: int) -> bool:
    return fits(network.layers[index + 1].output, network.layers[index].output.shape)


def _spread(network: Network, index: int, above: Array) -> Array:
    return above + np.zeros_like(network.layers[index].output)


def _total(network: Network, index: int, above: Array) -> Array:
    total: Array = above.sum(axis=1, keepdims=True)
    return total + np.zeros_like(network.layers[index].output)


def _error_fits(network: Network, index: int) -> bool:
    return fits(network.layers[-1].output, network.layers[index].output.shape)


def _output_error(network: Network, index: int, _: Array) -> Array:
    return _error(network) + np.zeros_like(network.layers[index].output)


def updated_weights(network: Network, rate: float, gradients: Mapping[str, Array]) -> Iterator[Deviation]:
    """``W_{l+1} - rate * dW_{l+1}``: the weights were updated before the delta passed them."""
    rules = {i: _updated(rate, gradients) for i in _hidden(network)}
    yield from _upstream("updated-weights-used", tr("the weights after their update"), rules)


def _updated(rate: float, gradients: Mapping[str, Array]) -> Rule:
    def rule(network: Network, index: int, above: Array) -> Array:
        layer = network.layers[index + 1]
        claimed = gradients.get(layer.weight)
        if claimed is None:
            part = network.penalty.get(layer.weight)
            step = layer.inputs.T @ above
            step = step if part is None else step + _as_weights(layer, part)
        else:
            step = _as_weights(layer, claimed)
        return through_weights(network.layers[index], layer, above, layer.weights - rate * step)

    return rule


def _as_weights(layer: Layer, block: Array) -> Array:
    rows, columns = layer.weights.shape
    return block.reshape(columns, rows).T if layer.weight_transposed else block.reshape(rows, columns)


def wrong_layer_weights(network: Network) -> Iterator[Deviation]:
    """Another layer's weights, or the gradient of the right ones, where shapes allow."""
    bug = "wrong-layer-weights"
    for index in _hidden(network):
        above = network.layers[index + 1]
        for other, layer in enumerate(network.layers):
            if other != index + 1 and layer.bias_in_weights == above.bias_in_weights:
                for name, weights in (
                    (f"W{other + 1}", layer.weights),
                    (tr("{weights} transposed", weights=f"W{other + 1}"), layer.weights.T),
                ):
                    if weights.shape == above.weights.shape:
                        yield from _upstream(bug, name, {index: _through(weights)})
    for later, scale in deferred_scales(network).items():
        what = tr("the gradient of the weights above") + later
        yield from _upstream(bug, what, {i: _through_gradient(scale) for i in _hidden(network)})


def _through(weights: Array) -> Rule:
    return lambda network, index, above: through_weights(
        network.layers[index], network.layers[index + 1], above, weights
    )


def _through_gradient(scale: float) -> Rule:
    def rule(network: Network, index: int, above: Array) -> Array:
        layer = network.layers[index + 1]
        return through_weights(network.layers[index], layer, above, scale * (layer.inputs.T @ above))

    return rule


def transposed_weights(network: Network) -> Iterator[Deviation]:
    """``d W`` for ``d W^T``."""
    layers = network.layers
    square = [i for i in _hidden(network) if layers[i + 1].weights.shape[0] == layers[i + 1].weights.shape[1]]
    rules = {i: _through(layers[i + 1].weights.T) for i in square if layers[i + 1].bias_in_weights is None}
    yield from _upstream("transposed-weights", "d W", rules)


def summed_weights(network: Network) -> Iterator[Deviation]:
    """A sum of the weights, or of the products, where one unit's own belongs."""
    bug = "summed-weights"
    yield from _upstream(bug, tr("the sum over all units"), dict.fromkeys(_hidden(network), _summed_products))
    yield from _upstream(bug, tr("sums of weights times sums of deltas"), dict.fromkeys(_hidden(network), _summed_rows))
    yield from _upstream(bug, tr("the sum of all weights"), dict.fromkeys(_hidden(network), _summed_all))


def _summed_products(network: Network, index: int, above: Array) -> Array:
    layer = network.layers[index]
    total: Array = through_weights(layer, network.layers[index + 1], above).sum(axis=1, keepdims=True)
    return total + np.zeros_like(layer.output)


def _summed_rows(network: Network, index: int, above: Array) -> Array:
    totals = np.broadcast_to(above.sum(axis=1, keepdims=True), above.shape)
    return through_weights(network.layers[index], network.layers[index + 1], totals)


def _summed_all(network: Network, index: int, above: Array) -> Array:
    total: Array = above.sum(axis=1, keepdims=True) * network.layers[index + 1].weights.sum()
    return total + np.zeros_like(network.layers[index].output)


def biased_backprop(network: Network) -> Iterator[Deviation]:
    """The wrong column dropped where the bias is one; or a bias added on the way back."""
    bug = "bias-in-backprop"
    for index in _hidden(network):
        above, layer = network.layers[index + 1], network.layers[index]
        if above.bias_in_weights is not None:
            width = above.weights.shape[0]
            for column, what in ((0, tr("the first column dropped")), (width - 1, tr("the last column dropped"))):
                if column != above.bias_in_weights:
                    yield from _upstream(bug, what, {index: _dropped(column)})
        if layer.bias_values is not None:
            yield from _upstream(bug, tr("the bias added on the way back"), {index: _bias_added})


def _dropped(column: int) -> Rule:
    def rule(network: Network, index: int, above: Array) -> Array:
        layer = network.layers[index]
        upstream: Array = np.delete(above @ network.layers[index + 1].weights.T, column, axis=1)
        return upstream if layer.mask is None else upstream * layer.mask

    return rule


def _bias_added(network: Network, index: int, above: Array) -> Array:
    layer = network.layers[index]
    return through_weights(layer, network.layers[index + 1], above) + bias_row(layer.bias_values)


def gradient_stopped(network: Network) -> Iterator[Deviation]:
    """Zero from a layer on, or for one block of weights."""
    bug = "gradient-stopped"
    last = len(network.layers) - 1
    for index in range(last + 1):
        yield at_layers(network, bug, tr("nothing arrives at this layer"), {index: _zero})
        weights: dict[int, Rule] = {index: _no_weights}
        yield Deviation(bug=bug, layers=(index,), what=tr("zero for these weights"), weight=weights)


def _zero(network: Network, index: int, _: Array) -> Array:
    return np.zeros_like(network.layers[index].output)


def _no_weights(network: Network, index: int, _: Array) -> Array:
    return np.zeros_like(network.layers[index].weights)
