"""Regularisation: another penalty's gradient in the place of the true one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from gradcheck.diagnosis.backward import Deviation, in_block_shape
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import Fit, adds_division, drops_division, fitting
from gradcheck.diagnosis.catalogue.planting import PENALISED, planted
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import mark, tr

__all__ = ["BUGS"]

REGULARISES = frozenset({EditKind.REGULARISATION})
LAMBDA = re.compile(r"\b(?:(?i:lam\w*|lmb\w*|reg\w*|weight_decay|wd|decay)|l[12]\w*)\b")


def _instead(bug: str, what: str, penalty: Mapping[str, Array], block: str = "") -> Deviation:
    return Deviation(bug=bug, block=block, what=what, penalty=lambda _network: penalty)


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
    yield _instead(bug, tr("no regularisation in the gradient"), {})
    if len(penalty) > 1:
        for name in penalty:
            rest = {other: part for other, part in penalty.items() if other != name}
            yield _instead(bug, tr("no regularisation in the gradient of {block}", block=name), rest, block=name)


def _regularisation_factor(network: Network) -> Iterator[Deviation]:
    m = network.averaged
    factors = {"2": 2.0, "1/2": 0.5, "1/m": 1 / m, "m": float(m), "2/m": 2 / m, "m/2": m / 2}
    seen = [1.0]
    for words, factor in factors.items():
        if network.penalty and not any(np.isclose(factor, other) for other in seen):
            seen.append(factor)
            parts = {name: factor * part for name, part in network.penalty.items()}
            what = tr("{factor} times the regularisation's gradient", factor=words)
            yield _instead("regularisation-factor", what, parts)


def _regularisation_sign(network: Network) -> Iterator[Deviation]:
    if network.penalty:
        parts = {name: -part for name, part in network.penalty.items()}
        yield _instead("regularisation-sign", tr("the regularisation's gradient subtracted"), parts)


def _regularisation_on_bias(network: Network) -> Iterator[Deviation]:
    bug, penalty = "regularisation-on-bias", network.penalty
    biases = {layer.bias for layer in network.layers if layer.bias is not None}
    if biases & set(penalty):
        rest = {name: part for name, part in penalty.items() if name not in biases}
        yield _instead(bug, tr("the biases regularised in the loss and not in the gradient"), rest)
    values = _parameters(network)
    strength = _strength(network, values)
    if strength is None:
        return
    added = {name: strength * values[name] for name in sorted(biases - set(penalty)) if name in values}
    if any(np.any(part) for part in added.values()):
        yield _instead(bug, tr("the biases regularised in the gradient and not in the loss"), {**penalty, **added})
    rows = {layer.weight: _bias_row(network, layer, penalty, strength) for layer in network.layers}
    changed = {name: part for name, part in rows.items() if part is not None}
    if changed:
        yield _instead(bug, tr("the bias row regularised in only one of loss and gradient"), {**penalty, **changed})


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
        tr("W, as for a squared norm"): dict(known),
        tr("sign(W), as for a sum of absolute values"): {name: np.sign(value) for name, value in known.items()},
        tr("W / norm(W), as for a norm"): {name: value / np.linalg.norm(value) for name, value in known.items()},
        tr("W / norm of all weights, as for one norm"): {name: value / whole for name, value in known.items()},
    }
    own, strength = _own_form(penalty, directions)
    if own is None:
        return
    for words, parts in directions.items():
        for what, share in {
            words: 1.0,
            tr("half of {form}", form=words): 0.5,
            tr("twice {form}", form=words): 2.0,
        }.items():
            other = {name: share * strength * part for name, part in parts.items()}
            if words != own and not all(np.allclose(other[name], part) for name, part in penalty.items()):
                yield _instead(bug, what, other)


def _own_form(penalty: Mapping[str, Array], directions: Mapping[str, Mapping[str, Array]]) -> tuple[str | None, float]:
    """The form that the true penalty has, with one constant for all blocks; None where it has none of them."""
    for words, parts in directions.items():
        factors = [_factor(penalty[name], part) for name, part in parts.items()]
        first = factors[0]
        if first is not None and all(f is not None and np.isclose(f, first, rtol=1e-6) for f in factors):
            return words, first
    return None, 0.0


def _lambdas(text: str) -> int:
    return len(LAMBDA.findall(text))


def _adds_penalty(edit: Edit) -> bool:
    return _lambdas(edit.after) > _lambdas(edit.before)


def _drops_penalty(edit: Edit) -> bool:
    return _lambdas(edit.after) < _lambdas(edit.before)


def _same_penalty(edit: Edit) -> bool:
    return _lambdas(edit.after) == _lambdas(edit.before) and _lambdas(edit.before) > 0


def _turns_sign(edit: Edit) -> bool:
    return edit.before.replace("-", "").replace("+", "").split() == edit.after.replace("-", "").replace("+", "").split()


def _turns_penalty(edit: Edit) -> bool:
    return _same_penalty(edit) and _turns_sign(edit)


def _other_norm(edit: Edit) -> bool:
    names = ("sign", "norm", "abs", "sqrt")
    return any((name in edit.before) != (name in edit.after) for name in names)


def _on_bias(edit: Edit) -> bool:
    pattern = r"\bd?b\d*\b|bias|\[\s*(?:0|1:|:,\s*0|:,\s*1:|-1|:-1)\s*[\],]|\[1:\]"
    return re.search(pattern, f"{edit.before} {edit.after} {edit.detail}") is not None


def _new_factor(edit: Edit) -> bool:
    return adds_division(edit) or drops_division(edit) or bool(edit.detail.strip())


BUGS: tuple[Bug, ...] = (
    Bug(
        id="regularisation-missing",
        family=Family.STATE,
        title=mark("a regularisation term missing in the gradient"),
        what=mark("The loss has a penalty on the weights, and the gradient knows nothing of it."),
        why=mark(
            "The penalty is a part of the loss, so its derivative is a part of the gradient: for lam * "
            "sum({weights}^2) it is 2 * lam * {weights}, added to what back-propagation gives."
        ),
        formula_wrong=mark("gradient of {weights} = {inputs}.T @ {delta}"),
        formula_right=mark("gradient of {weights} = {inputs}.T @ {delta} + 2 * lam * {weights}"),
        cause=mark("The penalty was added to the loss and forgotten in the backward pass, or in one of its layers."),
        signature=mark("What is missing is proportional to the weights; the biases are right."),
        told_apart=mark("Without regularisation (lam = 0) the gradient is exact."),
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
        title=mark("a wrong factor of the regularisation term"),
        what=mark("The penalty's part of the gradient is there, but multiplied by a wrong constant."),
        why=mark(
            "The derivative of lam * {weights}^2 is 2 * lam * {weights}; that of lam/2 * {weights}^2 is lam * "
            "{weights}. And a penalty is divided by {batch} in both places or in neither."
        ),
        formula_wrong="loss + lam * sum({weights}^2), gradient + lam * {weights}",
        formula_right="loss + lam * sum({weights}^2), gradient + 2 * lam * {weights}",
        cause=mark("A half, or a division by the number of samples, that only one of the two has."),
        signature=mark("What is wrong is proportional to the weights; the biases are right."),
        told_apart=mark("Without regularisation (lam = 0) the gradient is exact; the missing part tells the factor."),
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
        title=mark("a wrong sign of the regularisation term"),
        what=mark("The penalty's part of the gradient is subtracted, where it has to be added."),
        why=mark(
            "The penalty raises the loss of large weights, so its gradient points to larger weights and is added. "
            "Subtracted, each step makes the weights grow."
        ),
        formula_wrong=mark("gradient of {weights} = {inputs}.T @ {delta} - 2 * lam * {weights}"),
        formula_right=mark("gradient of {weights} = {inputs}.T @ {delta} + 2 * lam * {weights}"),
        cause=mark("The minus of the update rule, written already in the gradient."),
        signature=mark("What is wrong is -2 times the penalty's part; the biases are right."),
        told_apart=mark("Without regularisation (lam = 0) the gradient is exact."),
        example=planted(PENALISED, ("dW2 +=", "dW2 -="), ("dW1 +=", "dW1 -=")),
        deviations=_regularisation_sign,
        explains=fitting(
            Fit(kinds=REGULARISES, score=2.0, when=_turns_penalty),
            Fit(kinds=frozenset({EditKind.NEGATE}), score=1.2, when=_same_penalty),
        ),
    ),
    Bug(
        id="regularisation-on-bias",
        family=Family.STATE,
        title=mark("biases regularised in only one of loss and gradient"),
        what=mark("The biases are held small in the loss and not in the gradient, or the other way round."),
        why=mark(
            "Whether to regularise biases is your choice (most do not), but loss and gradient have to make the same "
            "one. Where the bias is a column of ones, its row of {weights} has to be left out in both."
        ),
        formula_wrong=mark("loss + lam * sum({weights}^2), gradient of the bias + 2 * lam * bias"),
        formula_right=mark("loss + lam * sum({weights}^2), gradient of the bias without a penalty"),
        cause=mark("The penalty taken over all parameters on one side, over the weights on the other."),
        signature=mark("Only biases are wrong, by something proportional to the bias itself."),
        told_apart=mark("Without regularisation (lam = 0), or with biases of zero, the gradient is exact."),
        example=planted(PENALISED, ("    dW2 += 2 * lam * W2\n", "    dW2 += 2 * lam * W2\n    db2 += 2 * lam * b2\n")),
        deviations=_regularisation_on_bias,
        explains=fitting(
            Fit(
                kinds=REGULARISES,
                score=1.0,
                when=lambda edit: _on_bias(edit) and not _other_norm(edit) and not _turns_penalty(edit),
            ),
            Fit(
                kinds=REGULARISES,
                roles=frozenset({Role.BIAS_GRADIENT}),
                score=1.0,
                when=lambda edit: not _turns_penalty(edit),
            ),
            Fit(kinds=frozenset({EditKind.FORMULA}), roles=frozenset({Role.BIAS_GRADIENT}), when=_drops_penalty),
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
        title=mark("the gradient of another norm than the loss has"),
        what=mark("The penalty in the loss and the penalty in the gradient measure the weights in two different ways."),
        why=mark(
            "The sum of squares has the derivative 2 * {weights}, the sum of absolute values sign({weights}), the norm "
            "{weights} / norm. Only the one that stands in the loss is right."
        ),
        formula_wrong="loss + lam * sum(|{weights}|), gradient + lam * {weights}",
        formula_right="loss + lam * sum(|{weights}|), gradient + lam * sign({weights})",
        cause=mark("np.linalg.norm without its square in the loss, or L1 and L2 mixed up."),
        signature=mark("What is wrong lies along the weights, their signs, or the weights over their norm."),
        told_apart=mark("Without regularisation (lam = 0) the gradient is exact; larger weights tell the norms apart."),
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
)
