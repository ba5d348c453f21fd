"""From the operations of a forward pass to the network that they are: affine maps, activations, penalty, loss.

What is read is asserted: right back-propagation through the network must reproduce the recorded gradient of every
block. A network that does not is not given.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.forward.affine import Interpretation
from gradcheck.diagnosis.forward.affine_maps import AffineMap, AffineMaps
from gradcheck.diagnosis.forward.asserting import agrees, asserted
from gradcheck.diagnosis.forward.entries import NOTHING, Kind, Numbers
from gradcheck.diagnosis.forward.recognition import LossFit, activation_name, loss_of, loss_of_logits, sigmoid, softmax
from gradcheck.diagnosis.network import Layer, Network, Part
from gradcheck.diagnosis.programs.program import Array, Forward, UnavailableError
from gradcheck.language import tr

__all__ = ["read_network"]

# Operations by which an output meets its targets.
COMPARING = ("subtract", "multiply")
# Values on the way through an activation that are told apart: longer ones are loops.
MOST_PARTS = 12
# Activations of outputs as most code has them: what lies behind them is the loss.
USUAL = ("sigmoid", "tanh", "softmax", "relu", "leaky-relu", "softplus")


def read_network(forward: Forward, blocks: Sequence[Any]) -> Network:
    """The network that a forward computation is.

    Parameters
    ----------
    forward : Forward
    blocks : sequence of Block
        Of the problem; the parameters of ``forward``, in order.

    Returns
    -------
    Network
        Row-major, one sample a row, in the order in which the code meets them.

    Raises
    ------
    UnavailableError
        If the computation is no chain of affine maps and activations, or its gradient is not reproduced to 1e-9 of the
        largest entry of a block.
    """
    parameters = [value for value in forward.values if value.operation == "parameter"]
    names = [str(block.name) for block in blocks]
    if len(parameters) != len(names):
        told = tr("{recorded} parameters were recorded, {known} are known", recorded=len(parameters), known=len(names))
        raise UnavailableError(told)
    try:
        network = _Reader(forward, names).network()
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # an operation in a form that is not known
        told = tr("the forward pass could not be read ({error})", error=f"{type(error).__name__}: {error}")
        raise UnavailableError(told) from error
    return asserted(network, {name: _gradient(value) for name, value in zip(names, parameters, strict=True)})


def _gradient(parameter: Any) -> Array:
    return np.zeros(parameter.value.shape) if parameter.adjoint is None else np.asarray(parameter.adjoint)


class _Reader:
    def __init__(self, forward: Forward, names: Sequence[str]) -> None:
        self.forward = forward
        self.seen = Interpretation(forward)
        self.names = names
        self.parameters = [value for value in forward.values if value.operation == "parameter"]
        sizes = [value.value.size for value in self.parameters]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    # ---- the whole

    def network(self) -> Network:
        """The network, not yet asserted."""
        maps = AffineMaps(self.seen, self.starts).found()
        if not maps:
            raise UnavailableError(tr("no affine map of the parameters (data times weights) was found"))
        layers: list[Layer] = []
        for index, found in enumerate(maps):
            following = maps[index + 1] if index + 1 < len(maps) else None
            layers.append(self._hidden(found, following) if following is not None else self._output(found))
        layers[-1], fit = self._with_loss(maps[-1], layers[-1])
        shapes = {name: value.value.shape for name, value in zip(self.names, self.parameters, strict=True)}
        used = {layer.weight for layer in layers} | {layer.bias for layer in layers}
        other = {n: _gradient(v) for n, v in zip(self.names, self.parameters, strict=True) if n not in used}
        network = Network(
            layers=tuple(layers),
            shapes=shapes,
            other=other,
            targets=self._only_partner(maps[-1].serial) if fit is None else fit.targets,
            loss="unknown" if fit is None else fit.name,
            scale=None if fit is None else fit.scale,
        )
        return dataclasses.replace(network, penalty=self._penalty(network))

    def _penalty(self, network: Network) -> Mapping[str, Array]:
        """What is left of the gradient of blocks that something else than the layers depends on."""
        through = backward(network)
        found = {}
        for position, name in enumerate(self.names):
            alone = self.seen.used_alone[self.starts[position] : self.starts[position + 1]]
            if name in network.other or not alone.any():
                continue
            left = _gradient(self.parameters[position]) - through[name]
            if np.abs(left).max() > 1e-13 * max(np.abs(through[name]).max(), np.abs(left).max()):
                found[name] = np.where(alone.reshape(left.shape), left, 0.0)
        return found

    # ---- activations

    def _hidden(self, found: AffineMap, following: AffineMap) -> Layer:
        inputs = following.inputs
        if following.ones is not None:
            inputs = np.delete(inputs, following.ones, axis=1)
        if inputs.shape != found.serial.shape:
            raise UnavailableError(tr("one layer's outputs are not the next layer's inputs"))
        homes = self.seen.home[inputs]
        output, mask = self._masked(found.serial, inputs)
        name, slope = self._activation(found.serial, output)
        if ((homes >= 0) & (homes != found.serial)).any():
            raise UnavailableError(tr("the units of one layer are not the inputs of the next in the same order"))
        return self._layer(found, output, name, slope, mask)

    def _activation(self, z: Numbers, output: Numbers) -> tuple[str, Array | None]:
        seen = self.seen
        name = activation_name(seen.value[z], seen.value[output])
        if name == "linear" and (z != output).any() and self._cuts_at_zero(output):
            name = "relu"  # at a point where every unit is active
        if name == "softmax":
            return name, None
        elementwise = not seen.mixed[output].any() and bool((seen.home[output] == z).all())
        slope = seen.slope[output] if elementwise else None
        if slope is not None and not np.isfinite(slope).all():
            slope = None
        return name or "unknown", slope

    def _cuts_at_zero(self, output: Numbers) -> bool:
        """Whether entries were chosen or cut by an operation that a ReLU is written with."""
        for number in np.unique(self.seen.owner[output]):
            value = self.seen.values[number]
            zero = any(not self.seen.values[n].value.any() for n in value.inputs)
            if not (value.operation in ("where", "setitem", "multiply") or (value.operation == "maximum" and zero)):
                return False
        return True

    def _masked(self, z: Numbers, inputs: Numbers) -> tuple[Numbers, Array | None]:
        """The activation before dropout, and dropout's factor."""
        values = self.seen.value
        if activation_name(values[z], values[inputs]) is not None:
            return inputs, None
        inner, factor = inputs, np.ones(inputs.shape)
        while (peeled := self._peeled(inner)) is not None:
            if (peeled[0] == z).all() and (peeled[1] == 0).any() and not self._is_random(values[z], peeled[1]):
                break
            inner, factor = peeled[0], factor * peeled[1]
            if activation_name(values[z], values[inner]) is not None:
                return inner, factor
        return (inner, factor) if np.ptp(factor) > 0 and (factor >= 0).all() else (inputs, None)  # a sign is no mask

    @staticmethod
    def _is_random(z: Array, factor: Array) -> bool:
        """Whether a mask does not follow the sign of what it masks."""
        return bool(((factor == 0) != (z <= 0)).any())

    def _peeled(self, serials: Numbers) -> tuple[Numbers, Array] | None:
        """What was multiplied by a constant, and that constant; None where that is not so for all."""
        seen = self.seen
        inner, factor = np.empty(serials.shape, dtype=np.int64), np.empty(serials.shape)
        for number in np.unique(seen.owner[serials]):
            value, here = seen.values[number], seen.owner[serials] == number
            if value.operation not in ("multiply", "divide"):
                return None
            operands = [seen.of[n].broadcast(value.value.shape).serial for n in value.inputs]
            constant = [bool((seen.kind[item] == Kind.CONSTANT).all()) for item in operands]
            if constant not in ([False, True], [True, False]) or (value.operation == "divide" and constant[0]):
                return None
            data, steady = (operands[1], operands[0]) if constant[0] else operands
            places = serials[here] - seen.of[number].serial[0]
            inner[here] = data[places]
            given = seen.value[steady[places]]
            factor[here] = 1.0 / given if value.operation == "divide" else given
        return inner, factor

    def _layer(self, found: AffineMap, output: Numbers, name: str, slope: Array | None, mask: Array | None) -> Layer:
        seen = self.seen
        weight, transposed, entries = self._weight_block(found.weights)
        bias, bias_entries = self._bias_block(found.bias)
        delta = seen.adjoint[found.serial]
        adjoint = delta if (output == found.serial).all() else seen.adjoint[output]
        return Layer(
            weight=weight,
            bias=bias,
            weight_transposed=transposed,
            weight_entries=entries,
            bias_entries=bias_entries,
            bias_in_weights=found.ones,
            bias_sign=found.bias_sign,
            inputs=seen.value[found.inputs],
            weights=seen.value[found.weights],
            bias_values=None if found.bias is None else seen.value[found.bias],
            pre_activation=seen.value[found.serial],
            output=seen.value[output],
            output_adjoint=np.nan_to_num(adjoint),
            delta=delta,
            slope=slope,
            activation=name,
            mask=mask,
            parts=() if slope is None else self._parts(found.serial, output),
        )

    def _parts(self, z: Numbers, output: Numbers) -> tuple[Part, ...]:
        """Values between a pre-activation and its activation that each follow from one entry of it."""
        seen, parts = self.seen, []
        last = int(seen.owner[output].max())
        for stage in self._stages(z)[:MOST_PARTS]:
            owner = int(seen.owner[stage].max())
            if owner < last and not seen.mixed[stage].any() and (stage != output).any():
                values, slope = seen.value[stage], seen.slope[stage]
                if np.isfinite(values).all() and np.isfinite(slope).all():
                    parts.append(Part(values=values, slope=slope, line=int(seen.values[owner].line or 0)))
        return tuple(parts)

    def _weight_block(self, weights: Numbers) -> tuple[str, bool, Numbers | None]:
        """The block that holds the weights, whether transposed, or which of its entries they are."""
        name, whole, shape = self._block(weights[0, 0])
        straight, turned = (np.array_equal(part.ravel(), whole) for part in (weights, weights.T))
        if straight or turned:
            return name, turned and (not straight or shape == weights.shape[::-1] != weights.shape), None
        if np.unique(weights).size < weights.size:
            raise UnavailableError(tr("a layer uses entries of {block} more than once", block=name))
        return name, False, weights - whole[0]

    def _bias_block(self, bias: Numbers | None) -> tuple[str | None, Numbers | None]:
        if bias is None:
            return None, None
        name, whole, _ = self._block(bias[0])
        if bias.min() < whole[0] or bias.max() > whole[-1]:
            raise UnavailableError(tr("the biases of one layer lie in several blocks"))
        known = np.array_equal(bias, whole) or whole.size == 1
        return name, None if known else bias - whole[0]

    def _block(self, serial: np.int64) -> tuple[str, Numbers, tuple[int, ...]]:
        """Name, all serials, and shape of the block that a parameter is in."""
        block = int(np.searchsorted(self.starts, serial, side="right") - 1)
        serials = np.arange(self.starts[block], self.starts[block + 1])
        return self.names[block], serials, self.parameters[block].value.shape

    # ---- the output and the loss

    def _output(self, found: AffineMap) -> Layer:
        """The last layer: its activation is the first known function of ``z`` that all of the loss passes through."""
        last = None
        for stage in self._stages(found.serial):
            name, slope = self._activation(found.serial, stage)
            if name in ("unknown", "linear"):
                continue
            layer = self._layer(found, stage, name, slope, None)
            if agrees(layer):
                if name in USUAL:
                    return layer
                last = layer  # a part of another one, such as the exp of a softmax, comes before that
        if last is not None:
            return last
        return self._layer(found, found.serial, "linear", np.ones(found.serial.shape), None)

    def _stages(self, z: Numbers) -> list[Numbers]:
        """What is computed from each pre-activation alone or mainly, in order: one array (m, h) a stage."""
        seen = self.seen
        places = np.full(seen.home.size, NOTHING)
        places[z.ravel()] = np.arange(z.size)
        carriers = np.flatnonzero((seen.home >= 0) & ~np.isnan(seen.adjoint) & seen.matters)
        carriers = carriers[places[seen.home[carriers]] >= 0]
        order = np.lexsort((carriers, places[seen.home[carriers]]))
        carriers = carriers[order]
        counts = np.bincount(places[seen.home[carriers]], minlength=z.size)
        first = np.cumsum(counts) - counts
        return [carriers[first + stage].reshape(z.shape) for stage in range(int(counts.min()))]

    def _with_loss(self, found: AffineMap, layer: Layer) -> tuple[Layer, LossFit | None]:
        """The last layer, and which loss its output's adjoint belongs to."""
        candidates = self._targets(found.serial)
        fit = loss_of(layer.output, layer.output_adjoint, candidates)
        if fit is not None or layer.activation != "linear":
            return layer, fit
        fit = loss_of_logits(layer.pre_activation, layer.delta, candidates)
        if fit is not None:
            return _through_probabilities(layer, fit), fit
        for stage in self._stages(found.serial):  # an output activation that no table has
            name, slope = self._activation(found.serial, stage)
            changed = self._layer(found, stage, name, slope, None)
            fit = loss_of(changed.output, changed.output_adjoint, candidates)
            if fit is not None and (slope is None or agrees(changed)):
                return changed, fit
        if self._is_compared(found.serial):
            return layer, None
        return dataclasses.replace(layer, activation="unknown", slope=None), None

    def _is_compared(self, z: Numbers) -> bool:
        """Whether the loss takes a constant, another one for each entry, from the output as it is, or times it."""
        for value in self.forward.values:
            if value.operation not in COMPARING or len(value.inputs) != 2 or value.adjoint is None:
                continue
            first, second = (self.seen.of[number].broadcast(value.value.shape) for number in value.inputs)
            for data, steady in ((first, second), (second, first)):
                own = np.array_equal(np.sort(data.serial.ravel()), np.sort(z.ravel()))
                constant = (self.seen.kind[steady.serial] == Kind.CONSTANT).all()
                if own and constant and np.ptp(self.seen.value[steady.serial]) > 0:
                    return True
        return False

    def _targets(self, z: Numbers) -> list[Array]:
        """Constants that the output could be compared with, in the output's form (m, k)."""
        found: list[Array] = []
        constants = [value for value in self.forward.values if value.operation == "constant"]
        for value in constants:
            if value.value.size == z.size:
                found += [value.value.reshape(z.shape), value.value.reshape(z.shape[::-1]).T]
            elif value.value.ndim == 1 and value.value.size == z.shape[0] < z.size:
                found += _one_hot(value.value, z.shape[1])
        found += self._partners(z)
        # -y * log(p) meets -y, and (1 - y) * log(1 - p) meets 1 - y.
        return found + [-targets for targets in found] + [1.0 - targets for targets in found]

    def _only_partner(self, z: Numbers) -> Array | None:
        """What the output is compared with in a loss that no table has: the constant that it meets, if it is one."""
        distinct: list[Array] = []
        for values in self._partners(z):
            if np.ptp(values) > 0 and not any(np.array_equal(values, known) for known in distinct):
                distinct.append(values)
        return distinct[0] if len(distinct) == 1 else None

    def _partners(self, z: Numbers) -> list[Array]:
        """Constants that meet what is computed from each pre-activation, for code that runs over samples."""
        seen = self.seen
        places = {int(serial): place for place, serial in enumerate(z.ravel())}
        met: list[list[float]] = [[] for _ in range(z.size)]
        for value in self.forward.values:
            if value.operation not in COMPARING or len(value.inputs) != 2 or value.adjoint is None:
                continue
            first, second = (seen.of[number].broadcast(value.value.shape) for number in value.inputs)
            for data, steady in ((first, second), (second, first)):
                if not (seen.kind[steady.serial] == Kind.CONSTANT).all():
                    continue
                for home, target in zip(seen.home[data.serial], seen.value[steady.serial], strict=True):
                    if int(home) in places:
                        met[places[int(home)]].append(float(target))
        stages = min(len(values) for values in met)
        return [np.array([values[stage] for values in met]).reshape(z.shape) for stage in range(stages)]


def _one_hot(labels: Array, classes: int) -> list[Array]:
    whole = labels.astype(np.int64)
    if (whole != labels).any() or (whole < 0).any() or (whole >= classes).any():
        return []
    return [np.eye(classes)[whole]]


def _through_probabilities(layer: Layer, fit: LossFit) -> Layer:
    """A cross-entropy computed from the logits at once, seen as one of probabilities, as its derivative is."""
    z, y = layer.pre_activation, fit.targets
    with np.errstate(all="ignore"):
        if fit.name == "ce":
            p = softmax(z)
            adjoint = np.where(y == 0, 0.0, -fit.scale * y / p)
            return dataclasses.replace(layer, output=p, output_adjoint=adjoint, slope=None, activation="softmax")
        p = sigmoid(z)
        slope = p * (1.0 - p)
        adjoint = fit.scale * (p - y) / slope
    return dataclasses.replace(layer, output=p, output_adjoint=adjoint, slope=slope, activation="sigmoid")
