"""What the bugs of the recursion compute instead of ``d_l = (d_{l+1} W_{l+1}^T) * f'(z_l)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import numpy as np

from gradcheck.diagnosis.backward import Deviation, Rule, through_weights
from gradcheck.diagnosis.catalogue.activations import formulas, leak
from gradcheck.diagnosis.network import Array, Layer, Network

__all__ = [
    "activation_instead",
    "biased_backprop",
    "deferred_scales",
    "derivative_at_activation",
    "derivative_of_gradient",
    "derivative_of_wrong_argument",
    "derivative_twice",
    "gradient_stopped",
    "leaky_sign",
    "lost_upstream",
    "mask_of_wrong_layer",
    "missing_derivative",
    "output_form",
    "raw_error",
    "relu_mask_on",
    "relu_on_gradient",
    "summed_weights",
    "transposed_weights",
    "updated_weights",
    "wrong_formula",
    "wrong_layer_weights",
]

RECTIFIERS = ("relu", "leaky-relu")
# What is used instead of dL/dz, given dL/da: (network, layer's index, upstream).
Factor = Callable[[Network, int, Array], Array]


def deferred_scales(network: Network) -> dict[str, float]:
    """What a delta may still lack in code that multiplies by 1/m (or the loss's factor) only at the end: 1 over that.

    A bug that is not linear in the upstream shows by it how large the code's own upstream was.
    """
    scales = {"": 1.0, ", 1/m applied later": float(network.batch)}
    if network.outputs > 1:
        scales[", 1/(mk) applied later"] = float(network.batch * network.outputs)
    if network.scale and network.loss == "mse":
        scales[", the loss's factor applied later"] = 1.0 / (2.0 * network.scale)
        scales[", the mean's factor applied later"] = 1.0 / network.scale
    return scales


def _placed(network: Network, bug: str, what: str, rules: Mapping[int, Factor]) -> Iterator[Deviation]:
    """One deviation a layer, and one for all layers of one activation together: a shared helper is wrong everywhere."""
    yield from (_at(network, bug, what, {index: rule}) for index, rule in rules.items())
    kinds = {network.layers[index].activation for index in rules}
    for kind in sorted(kinds):
        alike = {index: rule for index, rule in rules.items() if network.layers[index].activation == kind}
        if len(alike) > 1:
            yield _at(network, bug, what, alike)
    if len(kinds) > 1:
        yield _at(network, bug, what, rules)


def _at(network: Network, bug: str, what: str, rules: Mapping[int, Factor]) -> Deviation:
    last = len(network.layers) - 1
    hidden: dict[int, Rule] = {index: rule for index, rule in rules.items() if index < last}
    return Deviation(
        bug=bug,
        layers=tuple(sorted(rules)),
        what=what,
        delta=hidden,
        output_delta=_at_output(rules[last]) if last in rules else None,
    )


def _at_output(factor: Factor) -> Rule:
    """At the output the upstream is the loss's own derivative."""
    return lambda network, index, _: factor(network, index, network.layers[index].output_adjoint)


def _elementwise(network: Network, *, output: bool = True, linear: bool = False) -> Iterator[tuple[int, Layer]]:
    """Layers whose activation is known and works on single entries; hidden softmax layers as code takes them so."""
    last = len(network.layers) - 1
    for index, layer in enumerate(network.layers):
        known = formulas(layer) is not None and (linear or layer.activation != "linear")
        if known and (index < last or (output and layer.slope is not None)):
            yield index, layer


def _times(factor: Callable[[Layer], Array]) -> Factor:
    """Upstream times something of the layer."""

    def rule(network: Network, index: int, upstream: Array) -> Array:
        result: Array = upstream * factor(network.layers[index])
        return result

    return rule


def missing_derivative(network: Network, bug: str = "missing-hidden-derivative") -> Iterator[Deviation]:
    """``d_l = dL/da_l``."""
    hidden = network.layers[:-1]
    rules: dict[int, Factor] = {i: _same for i, layer in enumerate(hidden) if layer.activation != "linear"}
    yield from _placed(network, bug, "1", rules)


def _same(_: Network, __: int, upstream: Array) -> Array:
    return upstream


def relu_mask_on(network: Network) -> Iterator[Deviation]:
    """``a >= 0`` with ``a = relu(z)``: a mask of ones."""
    rules: dict[int, Factor] = {i: _same for i, layer in enumerate(network.layers[:-1]) if layer.activation == "relu"}
    yield from _placed(network, "relu-mask-always-on", "the mask a >= 0, which is always 1", rules)


def derivative_at_activation(network: Network) -> Iterator[Deviation]:
    """``f'(a)``, the activation's own formula applied once more."""
    rules = {i: _times(_slope_of_output) for i, layer in _elementwise(network) if layer.activation not in RECTIFIERS}
    yield from _placed(network, "derivative-at-activation", "f'(a)", rules)


def _slope_of_output(layer: Layer) -> Array:
    known = formulas(layer)
    assert known is not None
    return known.derivative(layer.output)


def output_form(network: Network) -> Iterator[Deviation]:
    """``z(1-z)``, ``1-z^2``: the form for ``a`` given ``z``."""
    rules = {i: _times(_output_form_of_z) for i, layer in _elementwise(network) if layer.activation not in RECTIFIERS}
    yield from _placed(network, "output-form-given-preactivation", "the form for a, given z", rules)


def _output_form_of_z(layer: Layer) -> Array:
    known = formulas(layer)
    assert known is not None
    assert known.from_output is not None
    return known.from_output(layer.pre_activation)


def activation_instead(network: Network) -> Iterator[Deviation]:
    """``f(z)`` or ``f(a)`` where ``f'`` belongs."""
    layers = dict(_elementwise(network, linear=True))
    bug = "activation-instead-of-derivative"
    yield from _placed(network, bug, "f(z)", {i: _times(lambda layer: layer.output) for i in layers})
    idempotent = (*RECTIFIERS, "linear")
    twice = {i: _times(_value_of_output) for i, layer in layers.items() if layer.activation not in idempotent}
    yield from _placed(network, bug, "f(a)", twice)


def _value_of_output(layer: Layer) -> Array:
    known = formulas(layer)
    assert known is not None
    return known.value(layer.output)


def wrong_formula(network: Network) -> Iterator[Deviation]:
    """Slips in the formula of ``f'``."""
    found: dict[str, dict[int, Factor]] = {}
    last = len(network.layers) - 1
    for index, layer in _elementwise(network, linear=True):
        if index == last and layer.activation == "linear":
            continue  # a derivative where there is none: extra-output-derivative
        known = formulas(layer)
        assert known is not None
        for text, slip in known.wrong.items():
            found.setdefault(text, {})[index] = _times(_slipped(slip))
    for text, rules in found.items():
        yield from _placed(network, "wrong-derivative-formula", text, rules)


def _slipped(slip: Callable[[Array, Array], Array]) -> Callable[[Layer], Array]:
    return lambda layer: slip(layer.pre_activation, layer.output)


def leaky_sign(network: Network) -> Iterator[Deviation]:
    """``-alpha`` left of zero."""
    rules = {i: _times(_negative_leak) for i, layer in _elementwise(network) if layer.activation == "leaky-relu"}
    yield from _placed(network, "leaky-slope-sign", "-alpha left of zero", rules)


def _negative_leak(layer: Layer) -> Array:
    slopes: Array = np.where(layer.pre_activation > 0, 1.0, -leak(layer))
    return slopes


def derivative_twice(network: Network) -> Iterator[Deviation]:
    """``f'(z)^2``; at the output only where the loss leaves ``f'`` in."""
    output = network.loss not in ("bce", "ce")
    rules = {
        i: _times(lambda layer: (layer.slope if layer.slope is not None else layer.output) ** 2)
        for i, layer in _elementwise(network, output=output)
        if layer.activation != "relu" and layer.slope is not None
    }
    yield from _placed(network, "derivative-twice", "f'(z)^2", rules)


def derivative_of_wrong_argument(network: Network) -> Iterator[Deviation]:
    """``f'`` of something else that has, or spreads to, the layer's shape."""
    bug = "derivative-of-wrong-argument"
    for index, layer in _elementwise(network):
        known = formulas(layer)
        assert known is not None
        if layer.bias_values is not None:
            rule = _times(lambda own: _known_slope(own, own.pre_activation - own.bias_sign * _row(own.bias_values)))
            yield _at(network, bug, "f'(z without the bias)", {index: rule})
        for name, values in _arguments(network, index):
            yield _at(network, bug, f"f'({name})", {index: _by(known.derivative, values)})
            if known.from_output is not None and layer.activation not in RECTIFIERS:
                yield _at(network, bug, f"the form for a, given {name}", {index: _by(known.from_output, values)})


def _row(bias: Array | None) -> Array:
    return np.zeros(1) if bias is None else bias


def _known_slope(layer: Layer, values: Array) -> Array:
    known = formulas(layer)
    assert known is not None
    return known.derivative(values)


def _by(function: Callable[[Array], Array], values: Array) -> Factor:
    """Upstream times a function of an array."""

    def rule(_: Network, __: int, upstream: Array) -> Array:
        result: Array = upstream * function(values)
        return result

    return rule


def _arguments(network: Network, index: int) -> Iterator[tuple[str, Array]]:
    """Arrays of other places that multiply the layer's upstream without an error."""
    shape = network.layers[index].pre_activation.shape
    first = network.layers[0]
    data = first.inputs if first.bias_in_weights is None else np.delete(first.inputs, first.bias_in_weights, axis=1)
    if _fits(data, shape):
        yield "the input", data
    for other, layer in enumerate(network.layers):
        if other != index and _fits(layer.output, shape):
            yield f"z{other + 1}", layer.pre_activation
            if layer.activation != "linear":
                yield f"a{other + 1}", layer.output
    if network.targets is not None and _fits(network.targets, shape):
        yield "the targets", network.targets


def _fits(values: Array, shape: tuple[int, ...]) -> bool:
    return values.ndim == 2 and values.shape[0] == shape[0] and values.shape[1] in (shape[1], 1)


def derivative_of_gradient(network: Network) -> Iterator[Deviation]:
    """``f'(upstream)`` for ``f'(z)``, also where it takes the upstream's place."""
    bug = "derivative-of-gradient"
    for index, layer in _elementwise(network):
        known = formulas(layer)
        assert known is not None
        forms = {"f'(upstream)": known.derivative}
        if known.from_output is not None and layer.activation not in RECTIFIERS:
            forms["the form for a, given the upstream"] = known.from_output
        for name, form in forms.items():
            for later, scale in deferred_scales(network).items():
                yield _at(network, bug, f"{name}{later}", {index: _of_gradient(form, scale, alone=False)})
                yield _at(network, bug, f"{name} alone{later}", {index: _of_gradient(form, scale, alone=True)})


def _of_gradient(form: Callable[[Array], Array], scale: float, *, alone: bool) -> Factor:
    def rule(_: Network, __: int, upstream: Array) -> Array:
        factor = form(scale * upstream)
        result: Array = factor / scale if alone else upstream * factor
        return result

    return rule


def mask_of_wrong_layer(network: Network) -> Iterator[Deviation]:
    """The mask made from another layer's values."""
    for index, layer in _elementwise(network):
        if layer.activation in RECTIFIERS:
            known = formulas(layer)
            assert known is not None
            for name, values in _arguments(network, index):
                rule = _by(known.derivative, values)
                yield _at(network, "relu-mask-wrong-layer", f"the mask of {name}", {index: rule})


def relu_on_gradient(network: Network) -> Iterator[Deviation]:
    """``max(0, upstream)``: the forward function applied to the gradient."""
    rules: dict[int, Factor] = {}
    masked: dict[int, Factor] = {}
    for index, layer in _elementwise(network):
        if layer.activation in RECTIFIERS:
            known = formulas(layer)
            assert known is not None
            rules[index] = _value_of(known.value)
            masked[index] = _value_of(known.value, masked=True)
    yield from _placed(network, "relu-on-gradient", "f(upstream)", rules)
    yield from _placed(network, "relu-on-gradient", "f(upstream * f'(z))", masked)


def _value_of(function: Callable[[Array], Array], *, masked: bool = False) -> Factor:
    def rule(network: Network, index: int, upstream: Array) -> Array:
        slope = network.layers[index].slope
        return function(upstream * slope if masked and slope is not None else upstream)

    return rule


# --- the chain from one layer to the one before it -------------------------------------------------------------------


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
    yield from _upstream(bug, "the error at the output", dict.fromkeys(_hidden(network), _chained))
    direct: dict[int, Rule] = {i: _direct for i in _hidden(network) if i < last - 1 and _direct_fits(network, i)}
    yield from _upstream(bug, "the output's error with this layer's weights", direct)
    before: dict[int, Rule] = dict.fromkeys(_hidden(network), _without_factor)
    yield from _upstream(bug, "dL/da of the layer above", before)


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
        yield from _upstream(bug, f"f'(z) alone{later}", {i: _ones(scale) for i in _hidden(network)})
        rules: dict[int, Rule] = {i: _weights_alone(scale) for i in _hidden(network)}
        yield from _upstream(bug, f"the weights without the delta above{later}", rules)
    spread: dict[int, Rule] = {i: _spread for i in _hidden(network) if _above_fits(network, i)}
    yield from _upstream(bug, "the delta above without the weights", spread)
    yield from _upstream(
        bug, "the sum of the delta above, without the weights", dict.fromkeys(_hidden(network), _total)
    )
    output = {i: _output_error for i in _hidden(network) if i < len(network.layers) - 2 and _error_fits(network, i)}
    yield from _upstream(bug, "the output's error without the weights", output)


def _ones(scale: float) -> Rule:
    return lambda network, index, _: np.full_like(network.layers[index].output, 1.0 / scale)


def _weights_alone(scale: float) -> Rule:
    def rule(network: Network, index: int, above: Array) -> Array:
        ones = np.full_like(above, 1.0 / scale)
        return through_weights(network.layers[index], network.layers[index + 1], ones)

    return rule


def _above_fits(network: Network, index: int) -> bool:
    return _fits(network.layers[index + 1].output, network.layers[index].output.shape)


def _spread(network: Network, index: int, above: Array) -> Array:
    return above + np.zeros_like(network.layers[index].output)


def _total(network: Network, index: int, above: Array) -> Array:
    total: Array = above.sum(axis=1, keepdims=True)
    return total + np.zeros_like(network.layers[index].output)


def _error_fits(network: Network, index: int) -> bool:
    return _fits(network.layers[-1].output, network.layers[index].output.shape)


def _output_error(network: Network, index: int, _: Array) -> Array:
    return _error(network) + np.zeros_like(network.layers[index].output)


def updated_weights(network: Network, rate: float, gradients: Mapping[str, Array]) -> Iterator[Deviation]:
    """``W_{l+1} - rate * dW_{l+1}``: the weights were updated before the delta passed them."""
    rules = {i: _updated(rate, gradients) for i in _hidden(network)}
    yield from _upstream("updated-weights-used", "the weights after their update", rules)


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
                for turned, weights in (("", layer.weights), (" transposed", layer.weights.T)):
                    if weights.shape == above.weights.shape:
                        yield from _upstream(bug, f"W{other + 1}{turned}", {index: _through(weights)})
    for later, scale in deferred_scales(network).items():
        what = f"the gradient of the weights above{later}"
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
    yield from _upstream(bug, "the sum over all units", dict.fromkeys(_hidden(network), _summed_products))
    yield from _upstream(bug, "sums of weights times sums of deltas", dict.fromkeys(_hidden(network), _summed_rows))
    yield from _upstream(bug, "the sum of all weights", dict.fromkeys(_hidden(network), _summed_all))


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
            for place, column in {"first": 0, "last": width - 1}.items():
                if column != above.bias_in_weights:
                    yield from _upstream(bug, f"the {place} column dropped", {index: _dropped(column)})
        if layer.bias_values is not None:
            yield from _upstream(bug, "the bias added on the way back", {index: _bias_added})


def _dropped(column: int) -> Rule:
    def rule(network: Network, index: int, above: Array) -> Array:
        layer = network.layers[index]
        upstream: Array = np.delete(above @ network.layers[index + 1].weights.T, column, axis=1)
        return upstream if layer.mask is None else upstream * layer.mask

    return rule


def _bias_added(network: Network, index: int, above: Array) -> Array:
    layer = network.layers[index]
    return through_weights(layer, network.layers[index + 1], above) + _row(layer.bias_values)


def gradient_stopped(network: Network) -> Iterator[Deviation]:
    """Zero from a layer on, or for one block of weights."""
    bug = "gradient-stopped"
    last = len(network.layers) - 1
    for index in range(last + 1):
        yield _at(network, bug, "nothing arrives at this layer", {index: _zero})
        weights: dict[int, Rule] = {index: _no_weights}
        yield Deviation(bug=bug, layers=(index,), what="zero for these weights", weight=weights)


def _zero(network: Network, index: int, _: Array) -> Array:
    return np.zeros_like(network.layers[index].output)


def _no_weights(network: Network, index: int, _: Array) -> Array:
    return np.zeros_like(network.layers[index].weights)
