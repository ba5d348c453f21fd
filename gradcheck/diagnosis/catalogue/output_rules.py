"""What bugs at the output do to a network: another error where the loss meets the last layer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.diagnosis.backward import Deviation, through_activation
from gradcheck.diagnosis.catalogue.activations import TABLE, formulas
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import tr

__all__ = [
    "extra_output_derivative",
    "loss_epsilon",
    "loss_gradient_mismatch",
    "missing_output_derivative",
    "softmax_axis",
    "softmax_elementwise",
    "target_broadcast",
]


def missing_output_derivative(network: Network) -> Iterator[Deviation]:
    """``dL/da``, or output minus targets, where ``dL/dz`` belongs."""
    bug, layer = "missing-output-derivative", network.layers[-1]
    if layer.activation == "linear" or _sums_elsewhere(layer) is not None:
        return
    if _differs(network, layer.output_adjoint):
        yield _instead(bug, network, layer.output_adjoint, tr("dL/da, the activation's derivative left out"))
    if network.targets is None or network.targets.shape != layer.output.shape:
        return
    if network.loss == "unknown" and layer.slope is None:
        return  # no derivative is known to be missing: the gradient of another loss
    error = layer.output - network.targets
    own = None if network.scale is None or network.loss != "mse" else 2 * network.scale
    for name, factor in _distinct(_squares(network), own):
        delta = factor * error
        known = np.allclose(delta, layer.output_adjoint, rtol=1e-9, atol=0)
        if _differs(network, delta) and not known and not _proportional(delta, layer.delta):
            what = tr("output - targets as in {loss}, the activation's derivative left out", loss=name)
            yield _instead(bug, network, delta, what)


def extra_output_derivative(network: Network) -> Iterator[Deviation]:
    """``f'(z)`` once more, or where the loss has cancelled it."""
    bug, layer = "extra-output-derivative", network.layers[-1]
    if layer.activation == "linear":
        yield from _slopes_of_linear(network)
        return
    slope = _elementwise(layer)
    if slope is None:
        return
    delta = layer.delta * slope
    if _differs(network, delta):
        yield _times(bug, network, slope, tr("the error at the output times f'(z) once more"))
    if network.targets is None or network.loss == "mse" or network.targets.shape != layer.output.shape:
        return
    error = layer.output - network.targets
    for name, factor in _distinct(_squares(network), network.scale):
        other = factor * error * slope
        if _differs(network, other) and not np.allclose(other, delta, rtol=1e-9, atol=0):
            yield _instead(bug, network, other, tr("(output - targets) f'(z) as in {loss}", loss=name))


def loss_gradient_mismatch(network: Network) -> Iterator[Deviation]:
    """The error of another loss than the one that is computed."""
    bug, layer, targets = "loss-gradient-mismatch", network.layers[-1], network.targets
    if targets is None or targets.shape != layer.output.shape:
        return
    found: list[Array] = []
    for name, adjoint, factors in _menu(network, layer.output, targets):
        try:
            delta = through_activation(layer, adjoint)
        except ValueError:
            continue
        if _proportional(delta, layer.delta):
            continue  # the same loss up to a constant: a matter of scale
        for reduction, factor in _distinct(factors, network.scale):
            other = factor * delta
            if _differs(network, other) and not any(np.allclose(other, before, rtol=1e-9, atol=0) for before in found):
                found.append(other)
                yield _instead(
                    bug,
                    network,
                    other,
                    tr("the gradient of another loss: {loss}, {reduction}", loss=name, reduction=reduction),
                )


def softmax_elementwise(network: Network) -> Iterator[Deviation]:
    """Only the diagonal of a softmax's derivative."""
    layer = network.layers[-1]
    if layer.activation != "softmax":
        return
    slope = layer.output * (1 - layer.output)
    delta = layer.output_adjoint * slope
    if _differs(network, delta):
        yield _instead("softmax-elementwise", network, delta, tr("dL/da s (1 - s), entry by entry"))


def softmax_axis(network: Network) -> Iterator[Deviation]:
    """A softmax over another axis, or sums over another one in its derivative."""
    bug, layer, targets = "softmax-axis", network.layers[-1], network.targets
    if targets is None or targets.shape != layer.output.shape:
        return
    elsewhere = _sums_elsewhere(layer)
    if elsewhere is not None:
        for name, factor in _distinct(_entropies(network), network.scale):
            delta = factor * (layer.output - targets)
            yield _instead(
                bug, network, delta, tr("softmax over {axis}, minus the targets ({loss})", axis=elsewhere, loss=name)
            )
        inner = np.sum(layer.output_adjoint * layer.output, axis=1, keepdims=True)
        what = tr("the derivative of a softmax over rows, the softmax being over {axis}", axis=elsewhere)
        yield _instead(bug, network, layer.output * (layer.output_adjoint - inner), what)
        return
    names = {None: tr("the whole array"), 0: tr("the batch")}
    for axis, over in names.items():
        softmax = _softmax(layer.pre_activation, axis)
        own = layer.activation != "softmax" and np.allclose(layer.output, softmax, rtol=1e-9)
        if layer.activation != "softmax" and not own:
            continue
        for name, factor in _distinct(_entropies(network), network.scale):
            delta = factor * (softmax - targets)
            if _differs(network, delta):
                yield _instead(
                    bug, network, delta, tr("softmax over {axis}, minus the targets ({loss})", axis=over, loss=name)
                )
        if own:
            inner = np.sum(layer.output_adjoint * softmax, axis=1, keepdims=True)
            delta = softmax * (layer.output_adjoint - inner)
            yield _instead(
                bug,
                network,
                delta,
                tr("the derivative of a softmax over rows, the softmax being over {axis}", axis=over),
            )


def target_broadcast(network: Network) -> Iterator[Deviation]:
    """An error that NumPy has stretched over all pairs of samples."""
    bug, layer, targets = "target-broadcast", network.layers[-1], network.targets
    m = network.batch
    if targets is None or network.outputs != 1 or m == 1 or targets.shape != layer.output.shape:
        return
    table = layer.output - targets.ravel()  # (m, 1) - (m,) is (m, m)
    slope = 1.0 if layer.slope is None or network.loss in {"bce", "ce"} else layer.slope
    own = 1.0 if network.scale is None else network.scale * (2 if network.loss == "mse" else 1)
    whole = {tr("summed over the columns"): 1.0, tr("averaged over the columns"): 1 / m}
    for name, factor in whole.items():
        rows = own * factor * table.sum(axis=1, keepdims=True) * slope
        yield _instead(bug, network, rows, tr("each output minus every target, {reduction}", reduction=name))
        columns = -own * factor * (targets - layer.output.ravel()).sum(axis=1, keepdims=True) * slope
        yield _instead(bug, network, columns, tr("every output minus each target, {reduction}", reduction=name))


def loss_epsilon(network: Network) -> Iterator[Deviation]:
    """The error of a loss without the small constant in its logarithm."""
    layer, targets, scale = network.layers[-1], network.targets, network.scale
    if targets is None or scale is None or targets.shape != layer.output.shape:
        return
    if network.loss == "ce" and layer.activation == "softmax":
        exact = scale * (layer.output * targets.sum(axis=1, keepdims=True) - targets)
    elif network.loss == "bce" and layer.activation == "sigmoid":
        exact = scale * (layer.output - targets)
    else:
        return
    if np.abs(exact - layer.delta).max() > 1e-12 * np.abs(exact).max():
        yield _instead("loss-epsilon", network, exact, tr("the exact cross-entropy's gradient, beside a smoothed loss"))


def _instead(bug: str, network: Network, delta: Array, what: str) -> Deviation:
    """Another error at the output."""
    last = len(network.layers) - 1
    return Deviation(bug=bug, layers=(last,), what=what, output_delta=lambda _network, _index, _delta: delta)


def _times(bug: str, network: Network, factor: Array, what: str) -> Deviation:
    """The error at the output times something, entry by entry."""
    last = len(network.layers) - 1
    return Deviation(bug=bug, layers=(last,), what=what, output_delta=lambda _network, _index, delta: delta * factor)


def _squares(network: Network) -> dict[str, float]:
    """What the error ``output - targets`` is multiplied by in the gradients of the squared losses, by their names."""
    m, k = network.averaged, network.outputs
    return {
        tr("half the sum of squares"): 1.0,
        tr("the sum of squares"): 2.0,
        tr("half the mean of squares over the batch"): 1 / m,
        tr("the mean of squares over the batch"): 2 / m,
        tr("half the mean of squares over all entries"): 1 / (m * k),
        tr("the mean of squares over all entries"): 2 / (m * k),
        tr("half the mean of squares over the outputs"): 1 / k,
        tr("the mean of squares over the outputs"): 2 / k,
    }


def _entropies(network: Network) -> dict[str, float]:
    """What the gradient of a summed cross-entropy is multiplied by, by the names of the reductions."""
    m, k = network.averaged, network.outputs
    return {
        tr("sum"): 1.0,
        tr("mean over the batch"): 1 / m,
        tr("mean over all entries"): 1 / (m * k),
        tr("mean over outputs"): 1 / k,
    }


def _distinct(factors: dict[str, float], first: float | None = None) -> Iterator[tuple[str, float]]:
    """Names and factors, no factor twice; ``first`` ahead of the others."""
    seen: list[float] = []
    ordered = sorted(factors.items(), key=lambda pair: first is None or not np.isclose(pair[1], first, rtol=1e-9))
    for name, factor in ordered:
        if not any(np.isclose(factor, other, rtol=1e-9) for other in seen):
            seen.append(factor)
            yield name, factor


def _differs(network: Network, delta: Array) -> bool:
    """Whether it is another error at the output than the true one."""
    true = network.layers[-1].delta
    return delta.shape == true.shape and not np.allclose(delta, true, rtol=1e-9, atol=1e-300)


def _elementwise(layer: Layer) -> Array | None:
    """``f'(z)`` entry by entry; of a softmax only its diagonal."""
    return layer.output * (1 - layer.output) if layer.activation == "softmax" else layer.slope


def _is_probability(output: Array) -> bool:
    return bool(np.all(output > 0) and np.all(output < 1))


def _slopes_of_linear(network: Network) -> Iterator[Deviation]:
    """The derivatives of usual activations, and of the hidden layers' own, at an output that has none."""
    bug, layer = "extra-output-derivative", network.layers[-1]
    known = {name: TABLE[name] for name in ("sigmoid", "tanh", "relu")}
    for hidden in network.layers[:-1]:
        own = formulas(hidden)
        if own is not None and hidden.activation not in ("linear", "softmax"):
            known.setdefault(hidden.activation, own)
    for name, each in known.items():
        what = tr(
            "the error at the output times the derivative of a {activation}, which the output does not have",
            activation=name,
        )
        slope = each.derivative(layer.pre_activation)
        if _differs(network, layer.delta * slope):
            yield _times(bug, network, slope, what)
        if each.from_output is not None and name not in ("relu", "leaky-relu"):
            what = tr(
                "the error at the output times the short form of a {activation}'s derivative, though it is linear",
                activation=name,
            )
            yield _times(bug, network, each.from_output(layer.output), what)


def _menu(network: Network, output: Array, targets: Array) -> Iterator[tuple[str, Array, dict[str, float]]]:
    """Other losses: name, derivative with respect to the output, factors of their reductions."""
    if network.loss != "mse":
        yield tr("squared error"), output - targets, _squares(network)
    absolute = np.sign(output - targets)
    if not _proportional(absolute, network.layers[-1].output_adjoint):
        yield tr("absolute error"), absolute, _entropies(network)
    error = output - targets
    with np.errstate(all="ignore"):
        others = {
            tr("Huber's loss"): np.clip(error, -1.0, 1.0),
            tr("the logarithm of the hyperbolic cosine"): np.tanh(error),
            tr("the fourth power of the error"): 4.0 * error**3,
            tr("Poisson, the output being the rate"): 1.0 - targets / output,
            tr("Poisson, the output being the rate's logarithm"): np.exp(output) - targets,
        }
    for name, adjoint in others.items():
        if np.isfinite(adjoint).all() and not _proportional(adjoint, network.layers[-1].output_adjoint):
            yield name, adjoint, _entropies(network)
    if not _is_probability(output):
        return
    if network.loss != "bce":
        yield tr("binary cross-entropy"), (output - targets) / (output * (1 - output)), _entropies(network)
    if network.loss != "ce":
        yield tr("cross-entropy"), -targets / output, _entropies(network)


def _proportional(one: Array, other: Array) -> bool:
    """Whether two arrays are the same up to a constant."""
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return bool(lengths > 0 and abs(np.vdot(one, other)) > (1 - 1e-12) * lengths)


def _sums_elsewhere(layer: Layer) -> str | None:
    """What an output of shares sums to 1 over, where that is not each row."""
    output = layer.output
    if layer.activation == "softmax" or min(output.shape) < 2 or np.any(output < 0):
        return None
    if np.allclose(output.sum(axis=1), 1.0, rtol=1e-9):
        return None
    if np.isclose(output.sum(), 1.0, rtol=1e-9):
        return tr("the whole array")
    return tr("the batch") if np.allclose(output.sum(axis=0), 1.0, rtol=1e-9) else None


def _softmax(logits: Array, axis: int | None) -> Array:
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    result: Array = powers / powers.sum(axis=axis, keepdims=True)
    return result
