"""A fully connected network with a hand-written backward pass, in row and in column layout.

The backward pass is cut into the steps that learners write one line each (output delta, the error sent down, the
activation's derivative, weight gradient, bias gradient, penalty), so that a bug can replace exactly one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from networks.activations import ACTIVATIONS, Activation
from networks.losses import LOSSES, Loss
from networks.specification import Specification, draw_data, draw_parameters

__all__ = ["ColumnNetwork", "Network", "Parts", "Trace", "block_names", "build_network", "parts_of"]

Array = npt.NDArray[Any]
Layers = list[tuple[Array, Array]]


class Parts(NamedTuple):
    """What ``gradcheck.Problem`` takes."""

    loss: Any
    gradient: Any
    params: Any


class Rows(NamedTuple):
    """What a network uses of the tables; it does not hold the tables, so that its code names no other loss."""

    loss: Loss
    hidden: Activation
    output: Activation


@dataclass(slots=True)
class Trace:
    """A forward pass: ``activations[0]`` are the inputs, ``activations[l + 1] = f(pre_activations[l])``."""

    layers: Layers
    pre_activations: list[Array]
    activations: list[Array]

    @property
    def output(self) -> Array:
        """The network's output."""
        return self.activations[-1]


class Network:
    """Row layout: ``z = a W + b`` with ``a (batch, inputs)``, ``W (inputs, outputs)``, ``b (outputs,)``."""

    def __init__(self, spec: Specification, rows: Rows, inputs: Array, targets: Array) -> None:
        self.spec = spec
        self.inputs, self.targets = inputs, targets
        self.loss_row, self.hidden, self.last = rows

    @property
    def batch(self) -> int:
        """Number of samples."""
        return len(self.inputs)

    # ------------------------------------------------------------------ forward

    def forward(self, layers: Layers) -> Trace:
        """All intermediates."""
        inputs = self.inputs
        if self.spec.cast:
            layers = [(w.astype(self.spec.cast), b.astype(self.spec.cast)) for w, b in layers]
            inputs = inputs.astype(self.spec.cast)
        trace = Trace(layers, [], [inputs])
        for number, (weight, bias) in enumerate(layers):
            pre_activation = self.affine(trace.activations[-1], weight, bias)
            trace.pre_activations.append(pre_activation)
            row = self.last if number == len(layers) - 1 else self.hidden
            trace.activations.append(row.function(pre_activation))
        return trace

    def affine(self, activation: Array, weight: Array, bias: Array) -> Array:
        """Pre-activations of one layer."""
        return activation @ weight + bias

    def loss(self, layers: Layers) -> Any:
        """The scalar loss."""
        trace = self.forward(layers)
        value = self.loss_row.value(self.as_rows(trace.output), self.as_rows(self.targets).astype(trace.output.dtype))
        for weight, _ in trace.layers:
            if self.spec.l2:
                value = value + 0.5 * self.spec.l2 * np.sum(weight**2)
            if self.spec.l1:
                value = value + self.spec.l1 * np.sum(np.abs(weight))
        return self.spec.loss_scale * value + self.spec.loss_offset

    def as_rows(self, values: Array) -> Array:
        """``(batch, outputs)`` from the layout's own form, and back."""
        return values

    # ------------------------------------------------------------------ backward

    def gradient(self, layers: Layers) -> list[tuple[Array, Array]]:
        """The hand-written gradient, ``(dW, db)`` of each layer from the first to the last."""
        trace = self.forward(layers)
        gradients: list[tuple[Array, Array]] = []
        last = len(layers) - 1
        delta = self.output_delta(trace)
        for number in range(last, -1, -1):
            if number < last:
                delta = self.error_below(trace, number, delta) * self.local_derivative(trace, number, delta)
            weight_gradient = self.weight_gradient(trace, number, delta)
            if self.spec.l2 or self.spec.l1:
                weight_gradient = weight_gradient + self.penalty(trace, number)
            gradients.insert(0, (weight_gradient, self.bias_gradient(trace, number, delta)))
        return self.finished(trace, gradients)

    def output_delta(self, trace: Trace) -> Array:
        """Derivative of the loss with respect to the output pre-activation, shape of the output."""
        output, targets = self.as_rows(trace.output), self.as_rows(self.targets)
        delta = self.spec.loss_scale * self.as_rows(self.loss_row.derivative(output, targets.astype(output.dtype)))
        return delta if self.loss_row.fused else delta * self.last.derivative(trace.pre_activations[-1])

    def error_below(self, trace: Trace, number: int, delta: Array) -> Array:
        """What layer ``number + 1`` sends down to the outputs of layer ``number``."""
        return delta @ trace.layers[number + 1][0].T

    def local_derivative(self, trace: Trace, number: int, delta: Array) -> Array:  # noqa: ARG002 - a bug uses it
        """``f'(z)`` of layer ``number``."""
        return self.hidden.derivative(trace.pre_activations[number])

    def weight_gradient(self, trace: Trace, number: int, delta: Array) -> Array:
        """``dW`` without the penalty."""
        return trace.activations[number].T @ delta

    def bias_gradient(self, trace: Trace, number: int, delta: Array) -> Array:  # noqa: ARG002 - a bug uses them
        """``db``."""
        return np.sum(delta, axis=0)

    def penalty(self, trace: Trace, number: int) -> Any:
        """Derivative of the penalty by one weight matrix."""
        weight = trace.layers[number][0]
        total: Any = 0.0
        if self.spec.l2:
            total = total + self.spec.l2 * weight
        if self.spec.l1:
            total = total + self.spec.l1 * np.sign(weight)
        return total * self.spec.loss_scale

    def finished(self, trace: Trace, gradients: list[tuple[Array, Array]]) -> list[tuple[Array, Array]]:  # noqa: ARG002
        """The gradients as they are handed out."""
        return gradients


class ColumnNetwork(Network):
    """Column layout: ``z = W a + b`` with ``a (inputs, batch)``, ``W (outputs, inputs)``, ``b (outputs, 1)``."""

    @property
    def batch(self) -> int:
        """Number of samples."""
        return self.inputs.shape[1]

    def affine(self, activation: Array, weight: Array, bias: Array) -> Array:
        """Pre-activations of one layer."""
        return weight @ activation + bias

    def as_rows(self, values: Array) -> Array:
        """``(batch, outputs)`` from ``(outputs, batch)``, and back."""
        return values.T

    def error_below(self, trace: Trace, number: int, delta: Array) -> Array:
        """What layer ``number + 1`` sends down."""
        return trace.layers[number + 1][0].T @ delta

    def weight_gradient(self, trace: Trace, number: int, delta: Array) -> Array:
        """``dW`` without the penalty."""
        return delta @ trace.activations[number].T

    def bias_gradient(self, trace: Trace, number: int, delta: Array) -> Array:  # noqa: ARG002 - as above
        """``db``."""
        return np.sum(delta, axis=1, keepdims=True)


def build_network(spec: Specification, kind: type[Network] | None = None) -> tuple[Network, Layers]:
    """A network with its data, and the parameters of its point.

    Parameters
    ----------
    spec : Specification
    kind : type, optional
        A subclass with a bug; the right one of the layout if not given.
    """
    rng = np.random.default_rng(spec.seed)
    rows = Rows(LOSSES[spec.loss], ACTIVATIONS[spec.activation], ACTIVATIONS[spec.output_activation])
    layers = draw_parameters(spec, rng)
    inputs, targets = draw_data(spec, rng)
    if spec.layout == "columns":
        layers = [(np.ascontiguousarray(w.T), b[:, None].copy()) for w, b in layers]
        return (kind or ColumnNetwork)(spec, rows, inputs.T.copy(), targets.T.copy()), layers
    return (kind or Network)(spec, rows, inputs, targets), layers


def parts_of(network: Network, layers: Layers) -> Parts:
    """Loss, gradient and parameters in the structure that the specification asks for."""
    structure = network.spec.structure
    shapes = [(weight.shape, bias.shape) for weight, bias in layers]

    def taken(params: Any) -> Layers:
        return _taken(structure, params, shapes)

    return Parts(
        lambda params: network.loss(taken(params)),
        lambda params: _given(structure, network.gradient(taken(params))),
        _given(structure, layers),
    )


def block_names(spec: Specification) -> list[tuple[str, str]]:
    """The names under which a report lists each layer's weight and bias."""
    numbers = range(spec.depth)
    if spec.structure == "dict":
        return [(f"W{n + 1}", f"b{n + 1}") for n in numbers]
    if spec.structure == "list":
        return [(f"[{2 * n}]", f"[{2 * n + 1}]") for n in numbers]
    if spec.structure == "nested":
        return [(f"layers[{n}].weight", f"layers[{n}].bias") for n in numbers]
    return [("params", "params")]


def _given(structure: str, layers: Layers) -> Any:
    if structure == "dict":
        return {
            f"{kind}{n + 1}": array for n, pair in enumerate(layers) for kind, array in zip("Wb", pair, strict=True)
        }
    if structure == "list":
        return [array for pair in layers for array in pair]
    if structure == "nested":
        return {"layers": [{"weight": weight, "bias": bias} for weight, bias in layers]}
    return np.concatenate([np.ravel(array) for pair in layers for array in pair])


def _taken(structure: str, params: Any, shapes: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> Layers:
    if structure == "dict":
        return [(params[f"W{n + 1}"], params[f"b{n + 1}"]) for n in range(len(shapes))]
    if structure == "list":
        return list(zip(params[0::2], params[1::2], strict=True))
    if structure == "nested":
        return [(layer["weight"], layer["bias"]) for layer in params["layers"]]
    layers, start = [], 0
    for pair in shapes:
        arrays = []
        for shape in pair:
            stop = start + int(np.prod(shape))
            arrays.append(params[start:stop].reshape(shape))
            start = stop
        layers.append((arrays[0], arrays[1]))
    return layers
