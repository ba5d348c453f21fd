"""Regularisation, dropout, state and numbers: what stands beside the chain of layers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gradcheck.diagnosis.backward import Deviation, in_block_shape
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import Fit, adds_division, drops_division, fitting
from gradcheck.diagnosis.catalogue.planting import (
    ACCUMULATED,
    DROPOUT,
    FUNCTIONS,
    NORMALISED,
    PENALISED,
    RELU,
    planted,
)
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.matching import as_weights
from gradcheck.diagnosis.network import Array, Layer, Network

__all__ = ["BUGS"]

FITTED = 1e-6  # of what is wrong: what a combination of terms may leave of it
KEEPS = (0.5, 0.8, 0.9)  # the shares that dropout usually keeps


# ---------------------------------------------------------------------------------------------------------------------
# Regularisation: another penalty's gradient in the place of the true one.


def _instead(bug: str, what: str, penalty: Mapping[str, Array]) -> Deviation:
    return Deviation(bug=bug, what=what, penalty=lambda _network: penalty)


def _parameters(network: Network) -> dict[str, Array]:
    """The values of the layers' blocks, in the blocks' shapes."""
    values: dict[str, Array] = {}
    for layer in network.layers:
        values[layer.weight] = in_block_shape(network, layer, layer.weights)
        if layer.bias is not None and layer.bias_values is not None:
            values[layer.bias] = layer.bias_values.reshape(network.shapes[layer.bias])
    return values


def _regularisation_missing(network: Network) -> Iterator[Deviation]:
    bug, penalty = "regularisation-missing", network.penalty
    if not penalty:
        return
    yield _instead(bug, "no regularisation in the gradient", {})
    if len(penalty) > 1:
        for name in penalty:
            rest = {other: part for other, part in penalty.items() if other != name}
            yield _instead(bug, f"no regularisation in the gradient of {name}", rest)


def _regularisation_factor(network: Network) -> Iterator[Deviation]:
    m = network.batch
    factors = {"twice": 2.0, "half": 0.5, "1/m of": 1 / m, "m times": float(m), "2/m of": 2 / m, "m/2 times": m / 2}
    seen = [1.0]
    for words, factor in factors.items():
        if network.penalty and not any(np.isclose(factor, other) for other in seen):
            seen.append(factor)
            parts = {name: factor * part for name, part in network.penalty.items()}
            yield _instead("regularisation-factor", f"{words} the regularisation's gradient", parts)


def _regularisation_sign(network: Network) -> Iterator[Deviation]:
    if network.penalty:
        parts = {name: -part for name, part in network.penalty.items()}
        yield _instead("regularisation-sign", "the regularisation's gradient subtracted", parts)


def _regularisation_on_bias(network: Network) -> Iterator[Deviation]:
    bug, penalty = "regularisation-on-bias", network.penalty
    biases = {layer.bias for layer in network.layers if layer.bias is not None}
    if biases & set(penalty):
        rest = {name: part for name, part in penalty.items() if name not in biases}
        yield _instead(bug, "the biases regularised in the loss and not in the gradient", rest)
    values = _parameters(network)
    strength = _strength(network, values)
    if strength is None:
        return
    added = {name: strength * values[name] for name in sorted(biases - set(penalty)) if name in values}
    if any(np.any(part) for part in added.values()):
        yield _instead(bug, "the biases regularised in the gradient and not in the loss", {**penalty, **added})
    rows = {layer.weight: _bias_row(network, layer, penalty, strength) for layer in network.layers}
    changed = {name: part for name, part in rows.items() if part is not None}
    if changed:
        yield _instead(bug, "the bias row regularised in only one of loss and gradient", {**penalty, **changed})


def _bias_row(network: Network, layer: Layer, penalty: Mapping[str, Array], strength: float) -> Array | None:
    """A layer's penalty with its bias row otherwise: left out where it is there, put in where it is not."""
    if layer.bias_in_weights is None or layer.weight not in penalty:
        return None
    part = np.zeros_like(layer.weights)
    part[layer.bias_in_weights] = strength * layer.weights[layer.bias_in_weights]
    row = in_block_shape(network, layer, part)
    there = np.allclose(penalty[layer.weight][row != 0], row[row != 0])
    return penalty[layer.weight] - row if there else penalty[layer.weight] + row


def _strength(network: Network, values: Mapping[str, Array]) -> float | None:
    """``c`` of a penalty whose gradient is ``c W``; None where it is of another form."""
    for layer in network.layers:
        part, weights = network.penalty.get(layer.weight), values[layer.weight]
        if part is not None:
            found = _factor(part, weights, ignoring_zeros=layer.bias_in_weights is not None)
            if found is not None:
                return found
    return None


def _factor(part: Array, of: Array, *, ignoring_zeros: bool = False) -> float | None:
    """``c`` with ``part = c of``, or None."""
    where = part != 0 if ignoring_zeros else np.ones(part.shape, dtype=bool)
    square = float(np.sum(of[where] ** 2))
    if square == 0 or not np.any(part):
        return None
    factor = float(np.sum(part[where] * of[where])) / square
    return factor if np.allclose(part[where], factor * of[where], rtol=1e-6, atol=1e-12) else None


def _regularisation_wrong_norm(network: Network) -> Iterator[Deviation]:
    bug, penalty, values = "regularisation-wrong-norm", network.penalty, _parameters(network)
    known = {name: values[name] for name in penalty if name in values}
    for layer in network.layers:
        if layer.bias_in_weights is not None and layer.weight in known:  # a bias row may be left out of the penalty
            known[layer.weight] = np.where(penalty[layer.weight] != 0, known[layer.weight], 0.0)
    if not known or len(known) < len(penalty):
        return
    whole = float(np.sqrt(sum(np.sum(value**2) for value in known.values())))
    directions: dict[str, dict[str, Array]] = {
        "W, as for a squared norm": dict(known),
        "sign(W), as for a sum of absolute values": {name: np.sign(value) for name, value in known.items()},
        "W / norm(W), as for a norm": {name: value / np.linalg.norm(value) for name, value in known.items()},
        "W / norm of all weights, as for one norm": {name: value / whole for name, value in known.items()},
    }
    own, strength = _own_form(penalty, directions)
    if own is None:
        return
    for words, parts in directions.items():
        for times, share in {"": 1.0, "half of ": 0.5, "twice ": 2.0}.items():
            other = {name: share * strength * part for name, part in parts.items()}
            if words != own and not all(np.allclose(other[name], part) for name, part in penalty.items()):
                yield _instead(bug, f"{times}{words}", other)


def _own_form(penalty: Mapping[str, Array], directions: Mapping[str, Mapping[str, Array]]) -> tuple[str | None, float]:
    """The form that the true penalty has, with one constant for all blocks; None where it has none of them."""
    for words, parts in directions.items():
        factors = [_factor(penalty[name], part) for name, part in parts.items()]
        first = factors[0]
        if first is not None and all(f is not None and np.isclose(f, first, rtol=1e-6) for f in factors):
            return words, first
    return None, 0.0


# ---------------------------------------------------------------------------------------------------------------------
# Dropout, batch normalisation, mutation, precision.


def _passed_back(network: Network, index: int, above: Array) -> Array:
    """``dL/da_l`` from ``d_{l+1}``, no mask applied."""
    following = network.layers[index + 1]
    upstream = above @ following.weights.T
    if following.bias_in_weights is not None:
        upstream = np.delete(upstream, following.bias_in_weights, axis=1)
    return upstream


def _masked(bug: str, index: int, factor: Array | None, what: str) -> Deviation:
    """What is passed back to a layer, times something else than its mask."""

    def rule(network: Network, index: int, above: Array) -> Array:
        passed = _passed_back(network, index, above)
        return passed if factor is None else passed * factor

    return Deviation(bug=bug, layers=(index,), what=what, upstream={index: rule})


def _dropout_mask_missing(network: Network) -> Iterator[Deviation]:
    bug = "dropout-mask-missing"
    for index, layer in enumerate(network.layers[:-1]):
        if layer.mask is None:
            continue
        yield _masked(bug, index, None, f"the mask of {layer.weight}'s layer not applied on the way back")
        following = network.layers[index + 1]
        if following.bias_in_weights is None and following.inputs.shape == layer.output.shape:
            yield Deviation(
                bug=bug,
                layers=(index + 1,),
                what=f"the activation before its mask in the gradient of {following.weight}",
                weight={index + 1: lambda network, at, delta: network.layers[at - 1].output.T @ delta},
            )


def _dropout_scale(network: Network) -> Iterator[Deviation]:
    bug = "dropout-scale"
    for index, layer in enumerate(network.layers[:-1]):
        if layer.mask is None:
            continue
        binary = (layer.mask != 0).astype(np.float64)
        if not np.array_equal(binary, layer.mask):
            yield _masked(bug, index, binary, "the mask applied on the way back without its 1/keep")
            yield _masked(bug, index, layer.mask**2, "the mask's 1/keep applied twice on the way back")
            continue
        for keep in KEEPS:
            yield _masked(bug, index, binary / keep, f"the mask divided by keep = {keep} on the way back only")


def _batchnorm_statistics(network: Network) -> Iterator[Deviation]:
    bug = "batchnorm-statistics"
    for index, layer in enumerate(network.layers[:-1]):
        gain = _normalisation(layer)
        if gain is None:
            continue
        terms = {"mean and variance": (False, False), "variance": (True, False), "mean": (False, True)}
        for words, (mean, variance) in terms.items():
            yield Deviation(
                bug=bug,
                layers=(index,),
                what=f"the terms of the batch's {words} left out in the normalisation's derivative",
                delta={index: _normalised(gain, mean=mean, variance=variance)},
            )


def _batchnorm_of_claim(network: Network, _rate: float, gradients: Mapping[str, Array]) -> Iterator[Deviation]:
    """The same where an activation follows, so that the terms left out are known only by what they leave.

    A mean left out leaves a number a unit in its deltas, a variance one times the normalised values.
    """
    for index, layer in enumerate(network.layers[:-1]):
        claimed = gradients.get(layer.weight)
        held = None if claimed is None else as_weights(layer, claimed - network.penalty.get(layer.weight, 0.0))
        z = layer.pre_activation
        if layer.activation != "unknown" or not network.other or held is None or np.any(z.std(axis=0) == 0):
            continue
        unit = (z - z.mean(axis=0)) / z.std(axis=0)
        terms = {"mean": [np.ones_like(unit)], "variance": [unit], "mean and variance": [np.ones_like(unit), unit]}
        for words, parts in terms.items():
            added = _left_out(layer, held - layer.inputs.T @ layer.delta, parts)
            if added is not None:
                what = f"the terms of the batch's {words} left out in the normalisation's derivative"
                rule = _instead_of(layer.delta + added)
                yield Deviation(bug="batchnorm-statistics", layers=(index,), what=what, delta={index: rule})


def _instead_of(delta: Array) -> Callable[[Network, int, Array], Array]:
    return lambda _network, _index, _upstream: delta


def _left_out(layer: Layer, rest: Array, parts: list[Array]) -> Array | None:
    """The combination of the parts, unit by unit, that leaves this rest in the weights; None where none does."""
    if layer.inputs.shape[1] < len(parts) + 1 or not np.any(rest):
        return None
    added = np.zeros_like(layer.delta)
    for unit in range(rest.shape[1]):
        made = np.stack([layer.inputs.T @ part[:, unit] for part in parts], axis=1)
        factors = np.linalg.lstsq(made, rest[:, unit], rcond=None)[0]
        if np.linalg.norm(made @ factors - rest[:, unit]) > FITTED * np.linalg.norm(rest):
            return None
        added[:, unit] = sum(f * part[:, unit] for f, part in zip(factors, parts, strict=True))
    return added


def _normalisation(layer: Layer) -> Array | None:
    """``gamma / std`` a column where a layer's output is its pre-activation normalised over the batch; else None."""
    if layer.slope is not None or layer.pre_activation.shape[0] < 3:
        return None
    centred = layer.pre_activation - layer.pre_activation.mean(axis=0)
    output = layer.output - layer.output.mean(axis=0)
    squares = np.sum(centred**2, axis=0)
    if np.any(squares == 0):
        return None
    gain: Array = np.sum(centred * output, axis=0) / squares
    return gain if np.allclose(output, gain * centred, rtol=1e-6, atol=1e-9) else None


def _normalised(gain: Array, *, mean: bool, variance: bool) -> Callable[[Network, int, Array], Array]:
    """The derivative of a normalisation, with or without the terms of its statistics."""

    def rule(network: Network, index: int, upstream: Array) -> Array:
        z = network.layers[index].pre_activation
        unit = (z - z.mean(axis=0)) / z.std(axis=0)
        result = upstream.copy()
        if mean:
            result -= upstream.mean(axis=0)
        if variance:
            result -= unit * np.mean(upstream * unit, axis=0)
        return gain * result

    return rule


def _input_mutated(network: Network) -> Iterator[Deviation]:
    for index, layer in enumerate(network.layers):
        if np.any(layer.inputs < 0):
            yield Deviation(
                bug="input-mutated",
                layers=(index,),
                what=f"the inputs of {layer.weight}'s layer after their negative entries were set to zero",
                weight={index: lambda network, at, delta: np.maximum(network.layers[at].inputs, 0).T @ delta},
            )


def _integer_dtype(_network: Network) -> Iterator[Deviation]:
    yield Deviation(
        bug="integer-dtype",
        what="the gradient cut to whole numbers",
        finish=lambda _network, gradients: {name: np.trunc(value) for name, value in gradients.items()},
    )


def _low_precision(_network: Network) -> Iterator[Deviation]:
    def rounded(_network: Network, gradients: dict[str, Array]) -> dict[str, Array]:
        with np.errstate(over="ignore"):
            return {name: value.astype(np.float16).astype(np.float64) for name, value in gradients.items()}

    yield Deviation(bug="low-precision", what="the gradient rounded to float16", finish=rounded)


# ---------------------------------------------------------------------------------------------------------------------
# What cures look like.

REGULARISES = frozenset({EditKind.REGULARISATION})
LAMBDA = re.compile(r"\b(?:lam\w*|lmb\w*|reg\w*|l[12]\w*|weight_decay|wd|decay)\b")


def _lambdas(text: str) -> int:
    return len(LAMBDA.findall(text))


def _adds_penalty(edit: Edit) -> bool:
    return _lambdas(edit.after) > _lambdas(edit.before)


def _same_penalty(edit: Edit) -> bool:
    return _lambdas(edit.after) == _lambdas(edit.before) and _lambdas(edit.before) > 0


def _turns_sign(edit: Edit) -> bool:
    return edit.before.replace("-", "").replace("+", "").split() == edit.after.replace("-", "").replace("+", "").split()


def _other_norm(edit: Edit) -> bool:
    names = ("sign", "norm", "abs", "sqrt")
    return any((name in edit.before) != (name in edit.after) for name in names)


def _on_bias(edit: Edit) -> bool:
    pattern = r"\bd?b\d*\b|bias|\[\s*(?:0|1:|:,\s*0|:,\s*1:|-1|:-1)\s*[\],]|\[1:\]"
    return re.search(pattern, f"{edit.before} {edit.after} {edit.detail}") is not None


def _new_factor(edit: Edit) -> bool:
    return adds_division(edit) or drops_division(edit) or bool(edit.detail.strip())


def _copies(edit: Edit) -> bool:
    return re.search(r"copy|maximum|where|np\.array\(", edit.after) is not None


def _about(pattern: str) -> Callable[[Edit], bool]:
    def holds(edit: Edit) -> bool:
        return re.search(pattern, f"{edit.before} {edit.after} {edit.detail}", re.IGNORECASE) is not None

    return holds


def _whole_numbers(edit: Edit) -> bool:
    """Whether the cure makes floats of integers."""
    coarse = _about(r"float16|float32|half")(edit)
    return not coarse and _about(r"float|dtype|astype|\bint\b|randint|integers")(edit)


ANY = frozenset(EditKind)

BUGS: tuple[Bug, ...] = (
    Bug(
        id="regularisation-missing",
        family=Family.STATE,
        title="a regularisation term missing in the gradient",
        what="The loss has a penalty on the weights, and the gradient knows nothing of it.",
        why=(
            "The penalty is a part of the loss, so its derivative is a part of the gradient: for lam * "
            "sum({weights}^2) it is 2 * lam * {weights}, added to what back-propagation gives."
        ),
        formula_wrong="gradient of {weights} = {inputs}.T @ {delta}",
        formula_right="gradient of {weights} = {inputs}.T @ {delta} + 2 * lam * {weights}",
        cause="The penalty was added to the loss and forgotten in the backward pass, or in one of its layers.",
        signature="What is missing is proportional to the weights; the biases are right.",
        told_apart="Without regularisation (lam = 0) the gradient is exact.",
        example=planted(PENALISED, ("    dW2 += 2 * lam * W2\n    dW1 += 2 * lam * W1\n", "")),
        deviations=_regularisation_missing,
        explains=fitting(
            Fit(kinds=REGULARISES, score=1.0, when=_adds_penalty),
            Fit(kinds=REGULARISES, score=0.4, when=lambda edit: edit.detail == "dropped"),
            Fit(kinds=frozenset({EditKind.INSERT}), score=0.9, when=_adds_penalty),
        ),
    ),
    Bug(
        id="regularisation-factor",
        family=Family.STATE,
        title="a wrong factor of the regularisation term",
        what="The penalty's part of the gradient is there, but multiplied by a wrong constant.",
        why=(
            "The derivative of lam * {weights}^2 is 2 * lam * {weights}; that of lam/2 * {weights}^2 is lam * "
            "{weights}. And a penalty is divided by {batch} in both places or in neither."
        ),
        formula_wrong="loss + lam * sum({weights}^2), gradient + lam * {weights}",
        formula_right="loss + lam * sum({weights}^2), gradient + 2 * lam * {weights}",
        cause="A half, or a division by the number of samples, that only one of the two has.",
        signature="What is wrong is proportional to the weights; the biases are right.",
        told_apart="Without regularisation (lam = 0) the gradient is exact; the missing part tells the factor.",
        example=planted(PENALISED, ("dW2 += 2 * lam", "dW2 += lam"), ("dW1 += 2 * lam", "dW1 += lam")),
        deviations=_regularisation_factor,
        explains=fitting(
            Fit(
                kinds=REGULARISES,
                score=0.9,
                when=lambda edit: (
                    _same_penalty(edit) and _new_factor(edit) and not _turns_sign(edit) and not _other_norm(edit)
                ),
            ),
            Fit(kinds=frozenset({EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE}), score=0.9, when=_same_penalty),
        ),
    ),
    Bug(
        id="regularisation-sign",
        family=Family.STATE,
        title="a wrong sign of the regularisation term",
        what="The penalty's part of the gradient is subtracted, where it has to be added.",
        why=(
            "The penalty raises the loss of large weights, so its gradient points to larger weights and is added. "
            "Subtracted, each step makes the weights grow."
        ),
        formula_wrong="gradient of {weights} = {inputs}.T @ {delta} - 2 * lam * {weights}",
        formula_right="gradient of {weights} = {inputs}.T @ {delta} + 2 * lam * {weights}",
        cause="The minus of the update rule, written already in the gradient.",
        signature="What is wrong is -2 times the penalty's part; the biases are right.",
        told_apart="Without regularisation (lam = 0) the gradient is exact.",
        example=planted(PENALISED, ("dW2 +=", "dW2 -="), ("dW1 +=", "dW1 -=")),
        deviations=_regularisation_sign,
        explains=fitting(
            Fit(kinds=REGULARISES, score=1.0, when=lambda edit: _same_penalty(edit) and _turns_sign(edit)),
            Fit(kinds=frozenset({EditKind.NEGATE}), score=1.2, when=_same_penalty),
        ),
    ),
    Bug(
        id="regularisation-on-bias",
        family=Family.STATE,
        title="biases regularised in only one of loss and gradient",
        what="The biases are held small in the loss and not in the gradient, or the other way round.",
        why=(
            "Whether to regularise biases is your choice (most do not), but loss and gradient have to make the same "
            "one. Where the bias is a column of ones, its row of {weights} has to be left out in both."
        ),
        formula_wrong="loss + lam * sum({weights}^2), gradient of the bias + 2 * lam * bias",
        formula_right="loss + lam * sum({weights}^2), gradient of the bias without a penalty",
        cause="The penalty taken over all parameters on one side, over the weights on the other.",
        signature="Only biases are wrong, by something proportional to the bias itself.",
        told_apart="Without regularisation (lam = 0), or with biases of zero, the gradient is exact.",
        example=planted(PENALISED, ("    dW2 += 2 * lam * W2\n", "    dW2 += 2 * lam * W2\n    db2 += 2 * lam * b2\n")),
        deviations=_regularisation_on_bias,
        explains=fitting(
            Fit(kinds=REGULARISES, score=1.0, when=lambda edit: _on_bias(edit) and not _other_norm(edit)),
            Fit(kinds=REGULARISES, roles=frozenset({Role.BIAS_GRADIENT}), score=1.0),
            Fit(
                kinds=frozenset({EditKind.DELETE, EditKind.INSERT}),
                score=0.8,
                when=lambda edit: _lambdas(edit.before) != _lambdas(edit.after) and _on_bias(edit),
            ),
        ),
    ),
    Bug(
        id="regularisation-wrong-norm",
        family=Family.STATE,
        title="the gradient of another norm than the loss has",
        what="The penalty in the loss and the penalty in the gradient measure the weights in two different ways.",
        why=(
            "The sum of squares has the derivative 2 * {weights}, the sum of absolute values sign({weights}), the norm "
            "{weights} / norm. Only the one that stands in the loss is right."
        ),
        formula_wrong="loss + lam * sum(|{weights}|), gradient + lam * {weights}",
        formula_right="loss + lam * sum(|{weights}|), gradient + lam * sign({weights})",
        cause="np.linalg.norm without its square in the loss, or L1 and L2 mixed up.",
        signature="What is wrong lies along the weights, their signs, or the weights over their norm.",
        told_apart="Without regularisation (lam = 0) the gradient is exact; larger weights tell the norms apart.",
        example=planted(
            PENALISED.replace("np.sum(W1**2) + np.sum(W2**2)", "np.abs(W1).sum() + np.abs(W2).sum()")
            .replace("2 * lam * W2", "lam * np.sign(W2)")
            .replace("2 * lam * W1", "lam * np.sign(W1)"),
            ("lam * np.sign(W2)", "lam * W2"),
            ("lam * np.sign(W1)", "lam * W1"),
        ),
        deviations=_regularisation_wrong_norm,
        explains=fitting(
            Fit(kinds=REGULARISES, score=1.5, when=lambda edit: _lambdas(edit.before) > 0 and _other_norm(edit)),
            Fit(
                kinds=frozenset({EditKind.FORMULA, EditKind.REPLACE_FUNCTION, EditKind.LOSS}),
                score=0.8,
                when=lambda edit: _lambdas(edit.before) > 0 and _other_norm(edit),
            ),
        ),
    ),
    Bug(
        id="dropout-mask-missing",
        family=Family.STATE,
        title="a dropout mask missing on the way back",
        what="Units that dropout switched off on the way forward still receive a gradient on the way back.",
        why=(
            "On the way forward {a} is multiplied by the mask, so on the way back what reaches {a} is multiplied by "
            "the same mask. A unit that took no part in the output has no part in the error."
        ),
        formula_wrong="{delta} = ({above} @ {weights}.T) * f'({z})",
        formula_right="{delta} = ({above} @ {weights}.T) * mask * f'({z})",
        cause="The mask is a local variable of the forward pass, and the backward pass does not have it.",
        signature="With the mask held fixed, that layer and those before it are wrong where a unit was off.",
        told_apart="Hold the mask fixed. Without dropout (keep = 1) the gradient is exact.",
        example=planted(DROPOUT, ("mask * (1 - T1**2)", "(1 - T1**2)")),
        deviations=_dropout_mask_missing,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.MASK}), score=1.0, when=lambda edit: "mask" not in edit.before.lower()),
            Fit(kinds=frozenset({EditKind.MASK}), score=0.7),
        ),
    ),
    Bug(
        id="dropout-scale",
        family=Family.STATE,
        title="dropout without its 1/keep",
        what="The way forward divides the units that stay by the share that is kept; the way back does not, or twice.",
        why=(
            "Dropout divides by keep so that the sum over the units stays the same size on average. That is a constant "
            "factor in {a}, and the chain rule carries it back."
        ),
        formula_wrong="{a} = {a} * mask / keep, {delta} = ({above} @ {weights}.T) * mask * f'({z})",
        formula_right="{a} = {a} * mask / keep, {delta} = ({above} @ {weights}.T) * mask / keep * f'({z})",
        cause="The mask is kept as zeros and ones, and its factor is applied beside it.",
        signature="That layer and those before it are keep (or 1/keep) times the true gradient; later ones are exact.",
        told_apart="Another keep: the ratio follows it. With keep = 1 the gradient is exact.",
        example=planted(DROPOUT, ("mask * (1 - T1**2)", "(mask > 0) * (1 - T1**2)")),
        deviations=_dropout_scale,
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE, EditKind.MASK}),
                score=1.0,
                when=_about(r"keep|drop|\bp\b(?!\[)|\brate\b"),
            ),
            Fit(kinds=frozenset({EditKind.MASK}), score=0.6, when=lambda edit: "mask" in edit.before.lower()),
        ),
    ),
    Bug(
        id="batchnorm-statistics",
        family=Family.STATE,
        title="batch normalisation's mean or variance terms left out",
        what=(
            "The way back through batch normalisation treats the batch's mean and spread as constants. They depend on "
            "every sample."
        ),
        why=(
            "Moving one sample moves the mean and the variance, and with them all the other outputs. The derivative "
            "has a term for each; without them a shift of all {z} would seem to matter, and it cannot."
        ),
        formula_wrong="{delta} = g * gamma / std",
        formula_right="{delta} = gamma / std * (g - mean(g) - unit * mean(g * unit)), unit = ({z} - mean) / std",
        cause="The normalisation differentiated as if it were a multiplication.",
        signature="Only what lies before the normalisation is wrong; a bias before it truly has a gradient of zero.",
        told_apart="Add a constant to {z}: the loss does not change, so the gradients of a unit must sum to zero.",
        example=planted(
            NORMALISED,
            ("(g - g.mean(axis=0) - U1 * (g * U1).mean(axis=0)) / std", "g / std"),
        ),
        deviations=_batchnorm_statistics,
        at_rate=_batchnorm_of_claim,
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.FORMULA, EditKind.INSERT, EditKind.ADD_SUM}),
                score=0.9,
                when=_about(r"std|var|mean|norm|mu\b|inv"),
            ),
        ),
    ),
    Bug(
        id="gradient-accumulated",
        family=Family.STATE,
        title="gradients that add up over calls",
        what="Each call adds its gradient to that of the call before, and the sum is never set back to zero.",
        why="The gradient belongs to the parameters and the batch at hand; earlier batches have no part in it.",
        formula_wrong="grads += gradient",
        formula_right="grads = gradient, or set to zero before each backward pass",
        cause="+= without a reset, or arrays of zeros made once and not in each call.",
        signature="The first call is right, the second is not.",
        told_apart="Call it twice with the same data: the second result has to equal the first.",
        example=planted(ACCUMULATED, ("    total['W'][:] = 0\n    total['b'][:] = 0\n", "")),
        explains=fitting(
            Fit(kinds=frozenset({EditKind.ASSIGN}), score=1.0),
            Fit(kinds=frozenset({EditKind.INSERT, EditKind.MOVE}), score=0.7, when=_about("zero|= 0|reset|clear")),
        ),
        findings=("gradient-accumulated",),
    ),
    Bug(
        id="input-mutated",
        family=Family.STATE,
        title="arrays of the caller that are overwritten",
        what="The code changes an array that belongs to its caller: your data or an earlier result is overwritten.",
        why=(
            "`r = x` is a second name for the same array, not a copy. `r[x < 0] = 0` then changes x, and whatever "
            "needs the old x later, as the backward pass does, gets the new one."
        ),
        formula_wrong="r = x; r[x < 0] = 0",
        formula_right="r = np.maximum(x, 0)",
        cause="Assignment taken for a copy.",
        signature="Arrays differ before and after a call; gradients that need the old values are wrong.",
        told_apart="Lock the arrays (x.flags.writeable = False): the line that changes them raises.",
        overlaps=("wrong-layer-activation",),
        example=planted(RELU, ("    R = np.maximum(Z, 0)\n", "    R = Z\n    R[R < 0] = 0\n")),
        deviations=_input_mutated,
        explains=fitting(
            Fit(kinds=frozenset({EditKind.KEEP_COPY}), score=1.0),
            Fit(kinds=ANY - {EditKind.KEEP_COPY}, score=0.7, when=lambda edit: _copies(edit) and "[" in edit.before),
        ),
        findings=("input-mutated",),
    ),
    Bug(
        id="nondeterministic",
        family=Family.STATE,
        title="a result that differs from call to call",
        what="Two calls with the same parameters give two different results: something in them is drawn at random.",
        why=(
            "A gradient is the slope of one loss. When dropout or noise is drawn anew in each call, loss and gradient "
            "belong to two different draws, and nothing can be compared."
        ),
        formula_wrong="mask = np.random.rand(...) < keep, drawn in each call",
        formula_right="mask drawn once, or from a generator with the same seed in each call",
        cause="Dropout, noise or a random batch without a seed.",
        signature="Two calls differ.",
        told_apart="Seed the generator before each call, or draw the mask outside.",
        example=planted(
            FUNCTIONS,
            ("    H = predict(params)\n", "    H = predict(params) * rng.random(5)\n"),
        ),
        explains=fitting(Fit(kinds=ANY, score=0.8, when=_about(r"seed|random|rng"))),
        findings=("nondeterministic",),
    ),
    Bug(
        id="integer-dtype",
        family=Family.STATE,
        title="integer parameters",
        what="The weights are whole numbers, so a small step cannot change them: it is cut off, or NumPy refuses.",
        why="np.array([1, 2]) holds integers. Steps of 0.01 become 0 in it, and the network never learns.",
        formula_wrong="{weights} = np.array([[1, 0], [0, 1]])",
        formula_right="{weights} = np.array([[1.0, 0.0], [0.0, 1.0]])",
        cause="Weights typed without a decimal point, or drawn with randint.",
        signature="A crash in the update, a gradient of zero, or one cut to whole numbers.",
        told_apart="{weights}.dtype",
        example=planted(
            FUNCTIONS,
            (
                "{'W': rng.normal(size=(4, 5)), 'b': rng.normal(size=5)}",
                "{'W': rng.integers(-3, 3, size=(4, 5)), 'b': rng.integers(-3, 3, size=5)}",
            ),
        ),
        deviations=_integer_dtype,
        explains=fitting(Fit(kinds=ANY, score=0.9, when=_whole_numbers)),
        findings=("integer-dtype",),
    ),
    Bug(
        id="low-precision",
        family=Family.STATE,
        title="the noise of low precision",
        what="The numbers are kept with few digits, so that gradient and loss are rounded coarsely.",
        why=(
            "float16 has three decimal digits, float32 seven. Small gradients vanish beside large weights. The formula "
            "may be right all the same."
        ),
        formula_wrong="{weights}.astype(np.float16)",
        formula_right="{weights}.astype(np.float64)",
        cause="A dtype chosen to save memory.",
        signature="Errors of the size of the last digit; entries on a grid.",
        told_apart="The same in float64.",
        example=planted(
            FUNCTIONS,
            (
                "{'W': rng.normal(size=(4, 5)), 'b': rng.normal(size=5)}",
                "{'W': rng.normal(size=(4, 5)).astype('f2'), 'b': rng.normal(size=5).astype('f2')}",
            ),
        ),
        deviations=_low_precision,
        explains=fitting(Fit(kinds=ANY, score=0.8, when=_about(r"float16|float32|float64|half|astype|dtype|'f[24]'"))),
        findings=("low-precision",),
    ),
    Bug(
        id="shape-mismatch",
        family=Family.STATE,
        title="a gradient of another shape than its parameter",
        what="The gradient of {block} has another shape than {block} itself, so no update can use it as it is.",
        why=(
            "Each entry of {block} has one derivative, so the two shapes are the same. Another shape means a missing "
            "sum, a transpose too few, or that NumPy has stretched an array."
        ),
        formula_wrong="gradient of {weights} = {delta}.T @ {inputs}",
        formula_right="gradient of {weights} = {inputs}.T @ {delta}",
        cause="A transpose or a sum left out.",
        signature="Seen before any number is compared.",
        told_apart="Print the shape of every array of the backward pass beside that of its parameter.",
        example=planted(FUNCTIONS, ("'W': X.T @ dZ,", "'W': dZ.T @ X,")),
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.TRANSPOSE, EditKind.ADD_SUM, EditKind.AXIS}),
                score=0.3,
                roles=frozenset({Role.WEIGHT_GRADIENT, Role.BIAS_GRADIENT}),
            ),
        ),
        findings=("shape-mismatch",),
    ),
    Bug(
        id="crash",
        family=Family.STATE,
        title="a backward pass that raises an exception",
        what="The code that computes the gradient stops with an error, so there is nothing to compare.",
        why="The message names the line. In back-propagation it is most often two shapes that do not fit.",
        formula_wrong="{delta} @ {weights}, with shapes that do not fit",
        formula_right="{delta} @ {weights}.T",
        cause="A transpose missing, or a name that does not exist on this path.",
        signature="An exception before any number.",
        told_apart="Read the line that the message names.",
        example=planted(FUNCTIONS, ("X.T @ dZ", "X @ dZ")),
        explains=fitting(
            Fit(kinds=frozenset({EditKind.TRANSPOSE, EditKind.PRODUCT, EditKind.SWAP}), score=0.2),
        ),
        findings=("crash",),
    ),
)
