"""Output delta: what is wrong where the loss meets the output layer, and so in every block before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from gradcheck.diagnosis.backward import Deviation, through_activation
from gradcheck.diagnosis.catalogue.activations import TABLE, formulas
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import Fit, fitting
from gradcheck.diagnosis.catalogue.planting import BINARY, CLASSES, CURVE, FLAT, LARGE, planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.network import Array, Layer, Network

__all__ = ["BUGS"]

AT_OUTPUT = frozenset({Role.OUTPUT_DELTA})


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
    m, k = network.batch, network.outputs
    return {
        "half the sum of squares": 1.0,
        "the sum of squares": 2.0,
        "half the mean of squares over the batch": 1 / m,
        "the mean of squares over the batch": 2 / m,
        "half the mean of squares over all entries": 1 / (m * k),
        "the mean of squares over all entries": 2 / (m * k),
        "half the mean of squares over the outputs": 1 / k,
        "the mean of squares over the outputs": 2 / k,
    }


def _entropies(network: Network) -> dict[str, float]:
    """What the gradient of a summed cross-entropy is multiplied by, by the names of the reductions."""
    m, k = network.batch, network.outputs
    return {"sum": 1.0, "mean over the batch": 1 / m, "mean over all entries": 1 / (m * k), "mean over outputs": 1 / k}


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


# ---------------------------------------------------------------------------------------------------------------------
# What each does to a network.


def _missing_output_derivative(network: Network) -> Iterator[Deviation]:
    bug, layer = "missing-output-derivative", network.layers[-1]
    if layer.activation == "linear" or _sums_elsewhere(layer) is not None:
        return
    if _differs(network, layer.output_adjoint):
        yield _instead(bug, network, layer.output_adjoint, "dL/da, the activation's derivative left out")
    if network.targets is None or network.targets.shape != layer.output.shape:
        return
    error = layer.output - network.targets
    own = None if network.scale is None or network.loss != "mse" else 2 * network.scale
    for name, factor in _distinct(_squares(network), own):
        delta = factor * error
        known = np.allclose(delta, layer.output_adjoint, rtol=1e-9, atol=0)
        if _differs(network, delta) and not known and not _proportional(delta, layer.delta):
            what = f"output - targets as in {name}, the activation's derivative left out"
            yield _instead(bug, network, delta, what)


def _extra_output_derivative(network: Network) -> Iterator[Deviation]:
    bug, layer = "extra-output-derivative", network.layers[-1]
    if layer.activation == "linear":
        yield from _slopes_of_linear(network)
        return
    slope = _elementwise(layer)
    if slope is None:
        return
    delta = layer.delta * slope
    if _differs(network, delta):
        yield _times(bug, network, slope, "the error at the output times f'(z) once more")
    if network.targets is None or network.loss == "mse" or network.targets.shape != layer.output.shape:
        return
    error = layer.output - network.targets
    for name, factor in _distinct(_squares(network), network.scale):
        other = factor * error * slope
        if _differs(network, other) and not np.allclose(other, delta, rtol=1e-9, atol=0):
            yield _instead(bug, network, other, f"(output - targets) f'(z) as in {name}")


def _slopes_of_linear(network: Network) -> Iterator[Deviation]:
    """The derivatives of usual activations, and of the hidden layers' own, at an output that has none."""
    bug, layer = "extra-output-derivative", network.layers[-1]
    known = {name: TABLE[name] for name in ("sigmoid", "tanh", "relu")}
    for hidden in network.layers[:-1]:
        own = formulas(hidden)
        if own is not None and hidden.activation not in ("linear", "softmax"):
            known.setdefault(hidden.activation, own)
    for name, each in known.items():
        what = f"the error at the output times the derivative of a {name}, which the output does not have"
        slope = each.derivative(layer.pre_activation)
        if _differs(network, layer.delta * slope):
            yield _times(bug, network, slope, what)
        if each.from_output is not None and name not in ("relu", "leaky-relu"):
            what = f"the error at the output times the short form of a {name}'s derivative, though it is linear"
            yield _times(bug, network, each.from_output(layer.output), what)


def _loss_gradient_mismatch(network: Network) -> Iterator[Deviation]:
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
                yield _instead(bug, network, other, f"the gradient of another loss: {name}, {reduction}")


def _menu(network: Network, output: Array, targets: Array) -> Iterator[tuple[str, Array, dict[str, float]]]:
    """Other losses: name, derivative with respect to the output, factors of their reductions."""
    if network.loss != "mse":
        yield "squared error", output - targets, _squares(network)
    absolute = np.sign(output - targets)
    if not _proportional(absolute, network.layers[-1].output_adjoint):
        yield "absolute error", absolute, _entropies(network)
    if not _is_probability(output):
        return
    if network.loss != "bce":
        yield "binary cross-entropy", (output - targets) / (output * (1 - output)), _entropies(network)
    if network.loss != "ce":
        yield "cross-entropy", -targets / output, _entropies(network)


def _proportional(one: Array, other: Array) -> bool:
    """Whether two arrays are the same up to a constant."""
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return bool(lengths > 0 and abs(np.vdot(one, other)) > (1 - 1e-12) * lengths)


def _softmax_elementwise(network: Network) -> Iterator[Deviation]:
    layer = network.layers[-1]
    if layer.activation != "softmax":
        return
    slope = layer.output * (1 - layer.output)
    delta = layer.output_adjoint * slope
    if _differs(network, delta):
        yield _instead("softmax-elementwise", network, delta, "dL/da s (1 - s), entry by entry")


def _softmax_axis(network: Network) -> Iterator[Deviation]:
    bug, layer, targets = "softmax-axis", network.layers[-1], network.targets
    if targets is None or targets.shape != layer.output.shape:
        return
    elsewhere = _sums_elsewhere(layer)
    if elsewhere is not None:
        for name, factor in _distinct(_entropies(network), network.scale):
            delta = factor * (layer.output - targets)
            yield _instead(bug, network, delta, f"softmax over {elsewhere}, minus the targets ({name})")
        inner = np.sum(layer.output_adjoint * layer.output, axis=1, keepdims=True)
        what = f"the derivative of a softmax over rows, the softmax being over {elsewhere}"
        yield _instead(bug, network, layer.output * (layer.output_adjoint - inner), what)
        return
    names = {None: "the whole array", 0: "the batch"}
    for axis, over in names.items():
        softmax = _softmax(layer.pre_activation, axis)
        own = layer.activation != "softmax" and np.allclose(layer.output, softmax, rtol=1e-9)
        if layer.activation != "softmax" and not own:
            continue
        for name, factor in _distinct(_entropies(network), network.scale):
            delta = factor * (softmax - targets)
            if _differs(network, delta):
                yield _instead(bug, network, delta, f"softmax over {over}, minus the targets ({name})")
        if own:
            inner = np.sum(layer.output_adjoint * softmax, axis=1, keepdims=True)
            delta = softmax * (layer.output_adjoint - inner)
            yield _instead(bug, network, delta, f"the derivative of a softmax over rows, the softmax being over {over}")


def _sums_elsewhere(layer: Layer) -> str | None:
    """What an output of shares sums to 1 over, where that is not each row."""
    output = layer.output
    if layer.activation == "softmax" or min(output.shape) < 2 or np.any(output < 0):
        return None
    if np.allclose(output.sum(axis=1), 1.0, rtol=1e-9):
        return None
    if np.isclose(output.sum(), 1.0, rtol=1e-9):
        return "the whole array"
    return "the batch" if np.allclose(output.sum(axis=0), 1.0, rtol=1e-9) else None


def _softmax(logits: Array, axis: int | None) -> Array:
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    result: Array = powers / powers.sum(axis=axis, keepdims=True)
    return result


def _target_broadcast(network: Network) -> Iterator[Deviation]:
    bug, layer, targets = "target-broadcast", network.layers[-1], network.targets
    m = network.batch
    if targets is None or network.outputs != 1 or m == 1 or targets.shape != layer.output.shape:
        return
    table = layer.output - targets.ravel()  # (m, 1) - (m,) is (m, m)
    slope = 1.0 if layer.slope is None or network.loss in {"bce", "ce"} else layer.slope
    own = 1.0 if network.scale is None else network.scale * (2 if network.loss == "mse" else 1)
    whole = {"summed over the columns": 1.0, "averaged over the columns": 1 / m}
    for name, factor in whole.items():
        rows = own * factor * table.sum(axis=1, keepdims=True) * slope
        yield _instead(bug, network, rows, f"each output minus every target, {name}")
        columns = -own * factor * (targets - layer.output.ravel()).sum(axis=1, keepdims=True) * slope
        yield _instead(bug, network, columns, f"every output minus each target, {name}")


def _loss_epsilon(network: Network) -> Iterator[Deviation]:
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
        yield _instead("loss-epsilon", network, exact, "the exact cross-entropy's gradient, beside a smoothed loss")


# ---------------------------------------------------------------------------------------------------------------------
# What cures look like.


def _about_softmax(edit: Edit) -> bool:
    return "softmax" in f"{edit.before} {edit.after} {edit.detail}".lower()


def _reshapes(edit: Edit) -> bool:
    """Whether the cure gives an array another shape."""
    return (
        re.search(r"reshape|ravel|flatten|squeeze|newaxis|\[:, *None\]|keepdims", f"{edit.after} {edit.detail}")
        is not None
    )


def _axis_of_softmax(edit: Edit) -> bool:
    return "exp" in edit.before or "max" in edit.before or _about_softmax(edit)


def _shifts(edit: Edit) -> bool:
    """Whether the cure subtracts the largest entry before exp."""
    return "max" in edit.after and "max" not in edit.before


def _about_epsilon(edit: Edit) -> bool:
    both = f"{edit.before} {edit.after}"
    return re.search(r"\beps(?:ilon)?\b|1e-\d+", both) is not None and "log" in both


BUGS: tuple[Bug, ...] = (
    Bug(
        id="missing-output-derivative",
        family=Family.OUTPUT,
        title="the derivative of the output activation left out",
        what=(
            "The error at the output, {delta}, is only {output} minus {targets}. The slope of the output's activation "
            "is missing in it."
        ),
        why=(
            "With a squared error the chain rule goes from the loss to {output} and from there through the activation "
            "to {z}: the second step is a factor f'({z}). Only with cross-entropy and a sigmoid or softmax do the "
            "factors cancel."
        ),
        formula_wrong="{delta} = {output} - {targets}",
        formula_right="{delta} = ({output} - {targets}) * f'({z}), for a sigmoid f'({z}) = {output} * (1 - {output})",
        cause="The short form of cross-entropy's gradient, used with a squared error.",
        signature="With one sample each output unit's gradients are 1/f'({z}) times the true ones: too large.",
        told_apart="The gradient is exact for cross-entropy: so ask which loss is meant. Both cures are right.",
        overlaps=("loss-gradient-mismatch",),
        example=planted(CURVE, (" * output * (1 - output)", "")),
        deviations=_missing_output_derivative,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.ADD_DERIVATIVE}), roles=AT_OUTPUT, score=1.0),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.6),
        ),
    ),
    Bug(
        id="extra-output-derivative",
        family=Family.OUTPUT,
        title="the derivative of the output activation once too often",
        what=(
            "The error at the output, {delta}, is multiplied by the slope of the output's activation, though it "
            "already contains it."
        ),
        why=(
            "With cross-entropy and a sigmoid or softmax, {output} - {targets} is the whole derivative with respect to "
            "{z}: the slope has cancelled. Multiplied once more, confident wrong answers hardly learn."
        ),
        formula_wrong="{delta} = ({output} - {targets}) * {output} * (1 - {output})",
        formula_right="{delta} = {output} - {targets}",
        cause="The loss was changed from squared error to cross-entropy, and the old delta stayed.",
        signature="With one sample each output unit's gradients are f'({z}) times the true ones: too small.",
        told_apart="The gradient is exact for a squared error: so ask which loss is meant.",
        overlaps=("loss-gradient-mismatch",),
        example=planted(BINARY, ("(output - Y) / len(X)", "(output - Y) / len(X) * output * (1 - output)")),
        deviations=_extra_output_derivative,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.DROP_DERIVATIVE}), roles=AT_OUTPUT, score=1.0),
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.5),
        ),
    ),
    Bug(
        id="loss-gradient-mismatch",
        family=Family.OUTPUT,
        title="the gradient of another loss",
        what="The loss that is computed and the loss that the gradient belongs to are two different ones.",
        why=(
            "Training would lower one quantity while you watch another. Each loss has its own derivative at the "
            "output, and {delta} has to be that of the loss in use."
        ),
        formula_wrong="loss = -sum({targets} * log({output})), {delta} = 2 * ({output} - {targets}) * f'({z})",
        formula_right="loss = -sum({targets} * log({output})), {delta} = {output} - {targets} after a softmax",
        cause="One of the two was exchanged, and the other was forgotten.",
        signature="Everything is wrong, and exact once another loss of the usual ones is put in.",
        told_apart="Put in each of the usual losses, as sum and as mean: the gradient is exact for one of them.",
        overlaps=("missing-output-derivative", "extra-output-derivative"),
        example=planted(
            BINARY,
            ("dZ2 = (output - Y) / len(X)", "dZ2 = 2 * (output - Y) / len(X) * output * (1 - output)"),
        ),
        deviations=_loss_gradient_mismatch,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.LOSS}), score=0.9),
            Fit(kinds=frozenset({EditKind.FORMULA, EditKind.REPLACE_FUNCTION}), roles=AT_OUTPUT, score=0.8),
            Fit(kinds=frozenset({EditKind.ADD_DERIVATIVE, EditKind.DROP_DERIVATIVE}), roles=AT_OUTPUT, score=0.6),
        ),
    ),
    Bug(
        id="softmax-elementwise",
        family=Family.OUTPUT,
        title="softmax differentiated element by element",
        what=(
            "The softmax is treated as if each output depended on its own input alone, as a sigmoid does. It depends "
            "on all of them."
        ),
        why=(
            "Softmax divides by the sum over all classes, so raising one entry of {z} lowers all other outputs. Its "
            "derivative is a matrix, and s * (1 - s) is only the diagonal."
        ),
        formula_wrong="{delta} = g * {output} * (1 - {output}), g being the loss's derivative by {output}",
        formula_right="{delta} = {output} * (g - sum(g * {output}, axis=1, keepdims=True))",
        cause="The sigmoid's derivative used for a softmax.",
        signature="Every block is wrong with three classes or more.",
        told_apart=(
            "Three classes or more. With two and a squared error it is exactly half the true gradient, just as a "
            "missing 2."
        ),
        example=planted(
            CLASSES.replace("-np.sum(Y * np.log(output)) / len(X)", "np.sum((output - Y) ** 2) / len(X)").replace(
                "    dZ2 = (output - Y) / len(X)\n",
                "    g = 2 * (output - Y) / len(X)\n"
                "    dZ2 = output * (g - np.sum(g * output, axis=1, keepdims=True))\n",
            ),
            ("dZ2 = output * (g - np.sum(g * output, axis=1, keepdims=True))", "dZ2 = g * output * (1 - output)"),
        ),
        deviations=_softmax_elementwise,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.REPLACE_DERIVATIVE, EditKind.FORMULA}), roles=AT_OUTPUT, score=0.8),
            Fit(
                kinds=frozenset({EditKind.REPLACE_DERIVATIVE, EditKind.FORMULA, EditKind.REPLACE_FUNCTION}),
                score=1.0,
                when=_about_softmax,
            ),
        ),
    ),
    Bug(
        id="softmax-axis",
        family=Family.OUTPUT,
        title="softmax over the wrong axis",
        what=(
            "The softmax sums over the samples, or over the whole array, and not over the classes of each sample: the "
            "probabilities of one sample do not add up to 1."
        ),
        why=(
            "Each row is one sample, and its classes are in the columns, so the sum goes along axis=1. The short "
            "gradient {output} - {targets} holds only for that sum."
        ),
        formula_wrong="{output} = exp({z}) / sum(exp({z}))",
        formula_right="{output} = exp({z}) / sum(exp({z}), axis=1, keepdims=True)",
        cause="A softmax written for one sample, used on a batch; or axis=0 from a text with samples in columns.",
        signature="The gradient belongs neither to the loss with this softmax nor to that with the right one.",
        told_apart="The sums of each row of {output}: they have to be 1. With a single sample nothing shows.",
        example=planted(
            CLASSES,
            ("exps / exps.sum(axis=1, keepdims=True)", "exps / exps.sum()"),
        ),
        deviations=_softmax_axis,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.AXIS}), score=0.9, when=_axis_of_softmax),
            Fit(kinds=frozenset({EditKind.AXIS, EditKind.ADD_SUM}), roles=frozenset({Role.ACTIVATION}), score=0.9),
        ),
    ),
    Bug(
        id="softmax-overflow",
        family=Family.OUTPUT,
        title="a softmax that overflows for large inputs",
        what="For large inputs exp becomes infinite, or the logarithm meets a zero, and the numbers turn into nan.",
        why=(
            "exp(710) is too large for a float. Subtracting the largest entry of each row of {z} first changes nothing "
            "in exact arithmetic, and keeps every exp at 1 or below."
        ),
        formula_wrong="{output} = exp({z}) / sum(exp({z}))",
        formula_right="e = exp({z} - max({z})), {output} = e / sum(e)",
        cause="The formula typed as it stands in the book.",
        signature="Right as long as nothing overflows; then nan.",
        told_apart="Weights 100 times as large: nan appears.",
        example=planted(LARGE, ("shifted = Z - Z.max(axis=1, keepdims=True)", "shifted = Z")),
        explains=fitting(
            Fit(kinds=frozenset(EditKind), score=1.0, when=_shifts),
            Fit(kinds=frozenset({EditKind.FORMULA}), roles=frozenset({Role.ACTIVATION}), score=0.5),
        ),
    ),
    Bug(
        id="target-broadcast",
        family=Family.OUTPUT,
        title="targets of shape (m,) against outputs of shape (m, 1)",
        what=(
            "{output} is a column and {targets} is flat. NumPy then subtracts every target from every output and makes "
            "a square table of it."
        ),
        why=(
            "An array of shape ({batch}, 1) minus one of shape ({batch},) has shape ({batch}, {batch}). Each output is "
            "pulled towards the average of all targets, not towards its own."
        ),
        formula_wrong="{delta} = {output} - {targets}, shapes ({batch}, 1) and ({batch},)",
        formula_right="{delta} = {output} - {targets}.reshape(-1, 1)",
        cause="Labels read as a flat array, as most data sets give them.",
        signature="A shape that does not fit; or the output bias {batch} times too large and the weights wrong.",
        told_apart="Shuffle the targets: a gradient that does not change has never compared each with its own output.",
        example=planted(FLAT, ("output[:, 0] - y)[:, None]", "output - y).sum(axis=1, keepdims=True)")),
        deviations=_target_broadcast,
        explains=fitting(
            Fit(kinds=frozenset(EditKind), roles=AT_OUTPUT | {Role.LOSS, Role.OTHER}, score=1.0, when=_reshapes),
        ),
    ),
    Bug(
        id="loss-epsilon",
        family=Family.OUTPUT,
        title="a loss smoothed as in log(p + eps)",
        what=(
            "The loss adds a tiny number inside its logarithm and the gradient does not. That is common and harmless, "
            "as long as no output is close to 0 or 1."
        ),
        why=(
            "The derivative of log(p + eps) is 1/(p + eps), not 1/p. The two differ by a part of eps/p: nothing for an "
            "ordinary p, everything for one near zero."
        ),
        formula_wrong="loss = -sum({targets} * log({output} + eps)), {delta} = {output} - {targets}",
        formula_right="the same with log({output}), where {output} cannot be zero",
        cause="A guard against log(0).",
        signature="The ratio is 1 + eps/p: 1e-8 at first, and without bound where outputs saturate.",
        told_apart="Smaller weights: the difference goes down to about eps/p.",
        example=planted(CLASSES, ("np.log(output)", "np.log(output + 1e-12)")),
        deviations=_loss_epsilon,
        explains=fitting(Fit(kinds=frozenset({EditKind.LOSS, EditKind.FORMULA}), score=0.8, when=_about_epsilon)),
        findings=("loss-epsilon",),
        gradient_wrong=False,
    ),
)
