"""What bugs of the recursion do to the derivative in ``d_l = (d_{l+1} W_{l+1}^T) * f'(z_l)``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from gradcheck.diagnosis.backward import Deviation, Rule
from gradcheck.diagnosis.catalogue.activations import formulas, leak
from gradcheck.diagnosis.catalogue.part_slips import slips_of_parts
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = [
    "Factor",
    "activation_instead",
    "at_layers",
    "bias_row",
    "deferred_scales",
    "derivative_at_activation",
    "derivative_of_gradient",
    "derivative_of_wrong_argument",
    "derivative_twice",
    "fits",
    "leaky_sign",
    "mask_of_wrong_layer",
    "missing_derivative",
    "output_form",
    "relu_mask_on",
    "relu_on_gradient",
    "wrong_formula",
]

RECTIFIERS = ("relu", "leaky-relu")
# What is used instead of dL/dz, given dL/da: (network, layer's index, upstream).
Factor = Callable[[Network, int, Array], Array]


def deferred_scales(network: Network) -> dict[str, float]:
    """What a delta may still lack in code that multiplies by 1/m (or the loss's factor) only at the end: 1 over that.

    A bug that is not linear in the upstream shows by it how large the code's own upstream was.
    """
    scales = {"": 1.0, tr(", 1/m applied later"): float(network.averaged)}
    if network.outputs > 1:
        scales[tr(", 1/(mk) applied later")] = float(network.averaged * network.outputs)
    if network.scale and network.loss == "mse":
        scales[tr(", the loss's factor applied later")] = 1.0 / (2.0 * network.scale)
        scales[tr(", the mean's factor applied later")] = 1.0 / network.scale
    return scales


def _placed(network: Network, bug: str, what: str, rules: Mapping[int, Factor]) -> Iterator[Deviation]:
    """One deviation a layer, and one for all layers of one activation together: a shared helper is wrong everywhere."""
    yield from (at_layers(network, bug, what, {index: rule}) for index, rule in rules.items())
    kinds = {network.layers[index].activation for index in rules}
    for kind in sorted(kinds):
        alike = {index: rule for index, rule in rules.items() if network.layers[index].activation == kind}
        if len(alike) > 1:
            yield at_layers(network, bug, what, alike)
    if len(kinds) > 1:
        yield at_layers(network, bug, what, rules)


def at_layers(network: Network, bug: str, what: str, rules: Mapping[int, Factor]) -> Deviation:
    """One deviation with a rule for each of some layers, the last one among them or not."""
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
    yield from _placed(network, "relu-mask-always-on", tr("the mask a >= 0, which is always 1"), rules)


def derivative_at_activation(network: Network) -> Iterator[Deviation]:
    """``f'(a)``, the activation's own formula applied once more."""
    yield from _placed(network, "derivative-at-activation", "f'(a)", _at_smooth(network, _slope_of_output))


def _at_smooth(network: Network, factor: Callable[[Layer], Array]) -> dict[int, Factor]:
    """Upstream times something of the layer, at each layer whose activation is no rectifier."""
    return {i: _times(factor) for i, layer in _elementwise(network) if layer.activation not in RECTIFIERS}


def _slope_of_output(layer: Layer) -> Array:
    known = formulas(layer)
    assert known is not None
    return known.derivative(layer.output)


def output_form(network: Network) -> Iterator[Deviation]:
    """``z(1-z)``, ``1-z^2``: the form for ``a`` given ``z``."""
    has_form = {index for index, layer in _elementwise(network) if _from_output(layer) is not None}
    rules = {index: rule for index, rule in _at_smooth(network, _output_form_of_z).items() if index in has_form}
    yield from _placed(network, "output-form-given-preactivation", tr("the form for a, given z"), rules)


def _from_output(layer: Layer) -> Callable[[Array], Array] | None:
    known = formulas(layer)
    return None if known is None else known.from_output


def _output_form_of_z(layer: Layer) -> Array:
    form = _from_output(layer)
    assert form is not None
    return form(layer.pre_activation)


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
        yield from _placed(network, "wrong-derivative-formula", tr(text), rules)
    yield from _by_parts(network)


def _by_parts(network: Network) -> Iterator[Deviation]:
    """What is put together from the values on an activation's own way, whatever activation it is."""
    for index, layer in enumerate(network.layers):
        if layer.slope is not None and layer.parts:
            for text, factor in slips_of_parts(layer):
                rules = {index: _constant_times(factor)}
                yield replace(at_layers(network, "wrong-derivative-formula", text, rules), alone=True)


def _constant_times(factor: Array) -> Factor:
    def rule(_: Network, __: int, upstream: Array) -> Array:
        result: Array = upstream * factor
        return result

    return rule


def _slipped(slip: Callable[[Array, Array], Array]) -> Callable[[Layer], Array]:
    return lambda layer: slip(layer.pre_activation, layer.output)


def leaky_sign(network: Network) -> Iterator[Deviation]:
    """``-alpha`` left of zero."""
    rules = {i: _times(_negative_leak) for i, layer in _elementwise(network) if layer.activation == "leaky-relu"}
    yield from _placed(network, "leaky-slope-sign", tr("-alpha left of zero"), rules)


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
            rule = _times(lambda own: _known_slope(own, own.pre_activation - own.bias_sign * bias_row(own.bias_values)))
            yield at_layers(network, bug, tr("f'(z without the bias)"), {index: rule})
        for name, values in _arguments(network, index):
            yield at_layers(network, bug, f"f'({name})", {index: _by(known.derivative, values)})
            if known.from_output is not None and layer.activation not in RECTIFIERS:
                yield at_layers(
                    network,
                    bug,
                    tr("the form for a, given {values}", values=name),
                    {index: _by(known.from_output, values)},
                )


def bias_row(bias: Array | None) -> Array:
    """A bias as it is added to a layer of samples; zero where there is none."""
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
    if fits(data, shape):
        yield tr("the input"), data
    for other, layer in enumerate(network.layers):
        if other != index and fits(layer.output, shape):
            yield f"z{other + 1}", layer.pre_activation
            if layer.activation != "linear":
                yield f"a{other + 1}", layer.output
    if network.targets is not None and fits(network.targets, shape):
        yield tr("the targets"), network.targets


def fits(values: Array, shape: tuple[int, ...]) -> bool:
    """Whether values can stand where an array of this shape does, as a column of it at the least."""
    return values.ndim == 2 and values.shape[0] == shape[0] and values.shape[1] in (shape[1], 1)


def derivative_of_gradient(network: Network) -> Iterator[Deviation]:
    """``f'(upstream)`` for ``f'(z)``, also where it takes the upstream's place."""
    bug = "derivative-of-gradient"
    for index, layer in _elementwise(network):
        known = formulas(layer)
        assert known is not None
        forms = {"f'(upstream)": known.derivative}
        if known.from_output is not None and layer.activation not in RECTIFIERS:
            forms[tr("the form for a, given the upstream")] = known.from_output
        for name, form in forms.items():
            for later, scale in deferred_scales(network).items():
                yield at_layers(network, bug, f"{name}{later}", {index: _of_gradient(form, scale, alone=False)})
                yield at_layers(
                    network, bug, tr("{form} alone", form=name) + later, {index: _of_gradient(form, scale, alone=True)}
                )


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
                yield at_layers(
                    network, "relu-mask-wrong-layer", tr("the mask of {values}", values=name), {index: rule}
                )


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
