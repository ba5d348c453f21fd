"""Between the layers: dropout and batch normalisation on the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gradcheck.diagnosis.backward import Deviation
from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.fit import Fit, about, counts_rows, fitting
from gradcheck.diagnosis.catalogue.planting import DROPOUT, NORMALISED, planted
from gradcheck.diagnosis.edit import Edit, EditKind
from gradcheck.diagnosis.matching import as_weights
from gradcheck.diagnosis.network import Array, Layer, Network
from gradcheck.language import mark, tr

__all__ = ["BUGS"]

FITTED = 1e-6  # of what is wrong: what a combination of terms may leave of it
KEEPS = (0.5, 0.8, 0.9)  # the shares that dropout usually keeps
MEAN_TERMS = mark("the terms of the batch's mean left out in the normalisation's derivative")
VARIANCE_TERMS = mark("the terms of the batch's variance left out in the normalisation's derivative")
BOTH_TERMS = mark("the terms of the batch's mean and variance left out in the normalisation's derivative")


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
        yield _masked(
            bug, index, None, tr("the mask of {weights}'s layer not applied on the way back", weights=layer.weight)
        )
        following = network.layers[index + 1]
        if following.bias_in_weights is None and following.inputs.shape == layer.output.shape:
            yield Deviation(
                bug=bug,
                layers=(index + 1,),
                what=tr("the activation before its mask in the gradient of {block}", block=following.weight),
                weight={index + 1: lambda network, at, delta: network.layers[at - 1].output.T @ delta},
            )


def _dropout_scale(network: Network) -> Iterator[Deviation]:
    bug = "dropout-scale"
    for index, layer in enumerate(network.layers[:-1]):
        if layer.mask is None:
            continue
        binary = (layer.mask != 0).astype(np.float64)
        if not np.array_equal(binary, layer.mask):
            yield _masked(bug, index, binary, tr("the mask applied on the way back without its 1/keep"))
            yield _masked(bug, index, layer.mask**2, tr("the mask's 1/keep applied twice on the way back"))
            continue
        for keep in KEEPS:
            yield _masked(
                bug, index, binary / keep, tr("the mask divided by keep = {keep} on the way back only", keep=keep)
            )


def _batchnorm_statistics(network: Network) -> Iterator[Deviation]:
    bug = "batchnorm-statistics"
    for index, layer in enumerate(network.layers[:-1]):
        gain = _normalisation(layer)
        if gain is None:
            continue
        terms = {BOTH_TERMS: (False, False), VARIANCE_TERMS: (True, False), MEAN_TERMS: (False, True)}
        for words, (mean, variance) in terms.items():
            yield Deviation(
                bug=bug,
                layers=(index,),
                what=tr(words),
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
        terms = {MEAN_TERMS: [np.ones_like(unit)], VARIANCE_TERMS: [unit], BOTH_TERMS: [np.ones_like(unit), unit]}
        for words, parts in terms.items():
            added = _left_out(layer, held - layer.inputs.T @ layer.delta, parts)
            if added is not None:
                rule = _instead_of(layer.delta + added)
                yield Deviation(bug="batchnorm-statistics", layers=(index,), what=tr(words), delta={index: rule})


def _instead_of(delta: Array) -> Callable[[Network, int, Array], Array]:
    return lambda _network, _index, _upstream: delta


def _left_out(layer: Layer, rest: Array, parts: list[Array]) -> Array | None:
    """The combination of the parts, unit by unit, that leaves this rest in the weights; None where none does."""
    known = np.isfinite(rest).all() and all(np.isfinite(part).all() for part in (layer.inputs, *parts))
    if layer.inputs.shape[1] < len(parts) + 1 or not np.any(rest) or not known:
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


def _adds_batch_mean(edit: Edit) -> bool:
    """Whether the cured formula takes more means over the batch than the wrong one: no activation's slope has any."""
    return edit.after.count(".mean(axis=0)") > edit.before.count(".mean(axis=0)")


# What names of a batch's mean and spread have in them.
_OF_A_BATCH = about(r"std|var|mean|norm|mu\b|inv")

BUGS: tuple[Bug, ...] = (
    Bug(
        id="dropout-mask-missing",
        family=Family.STATE,
        title=mark("a dropout mask missing on the way back"),
        what=mark("Units that dropout switched off on the way forward still receive a gradient on the way back."),
        why=mark(
            "On the way forward {a} is multiplied by the mask, so on the way back what reaches {a} is multiplied by "
            "the same mask. A unit that took no part in the output has no part in the error."
        ),
        formula_wrong="{delta} = ({above} @ {upper}.T) * f'({z})",
        formula_right="{delta} = ({above} @ {upper}.T) * mask * f'({z})",
        cause=mark("The mask is a local variable of the forward pass, and the backward pass does not have it."),
        signature=mark("With the mask held fixed, that layer and those before it are wrong where a unit was off."),
        told_apart=mark("Hold the mask fixed. Without dropout (keep = 1) the gradient is exact."),
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
        title=mark("dropout without its 1/keep"),
        what=mark(
            "The way forward divides the units that stay by the share that is kept; the way back does not, or twice."
        ),
        why=mark(
            "Dropout divides by keep so that the sum over the units stays the same size on average. That is a constant "
            "factor in {a}, and the chain rule carries it back."
        ),
        formula_wrong="{a} = {a} * mask / keep, {delta} = ({above} @ {upper}.T) * mask * f'({z})",
        formula_right="{a} = {a} * mask / keep, {delta} = ({above} @ {upper}.T) * mask / keep * f'({z})",
        cause=mark("The mask is kept as zeros and ones, and its factor is applied beside it."),
        signature=mark(
            "That layer and those before it are keep (or 1/keep) times the true gradient; later ones are exact."
        ),
        told_apart=mark("Another keep: the ratio follows it. With keep = 1 the gradient is exact."),
        example=planted(DROPOUT, ("mask * (1 - T1**2)", "(mask > 0) * (1 - T1**2)")),
        deviations=_dropout_scale,
        explains=fitting(
            Fit(
                kinds=frozenset({EditKind.SCALE, EditKind.UNSCALE, EditKind.RESCALE, EditKind.MASK}),
                score=1.0,
                when=about(r"keep|drop|\bp\b(?!\[)|\brate\b"),
            ),
            Fit(kinds=frozenset({EditKind.MASK}), score=0.6, when=lambda edit: "mask" in edit.before.lower()),
        ),
    ),
    Bug(
        id="batchnorm-statistics",
        family=Family.STATE,
        title=mark("batch normalisation's mean or variance terms left out"),
        what=mark(
            "The way back through batch normalisation treats the batch's mean and spread as constants. They depend on "
            "every sample."
        ),
        why=mark(
            "Moving one sample moves the mean and the variance, and with them all the other outputs. The derivative "
            "has a term for each; without them a shift of all {z} would seem to matter, and it cannot."
        ),
        formula_wrong="{delta} = g * gamma / std",
        formula_right="{delta} = gamma / std * (g - mean(g) - unit * mean(g * unit)), unit = ({z} - mean) / std",
        cause=mark("The normalisation differentiated as if it were a multiplication."),
        signature=mark(
            "Only what lies before the normalisation is wrong; a bias before it truly has a gradient of zero."
        ),
        told_apart=mark(
            "Add a constant to {z}: the loss does not change, so the gradients of a unit must sum to zero."
        ),
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
                when=lambda edit: _OF_A_BATCH(edit) and not counts_rows(edit),
            ),
            Fit(kinds=frozenset({EditKind.FORMULA}), score=1.4, when=_adds_batch_mean),
            Fit(kinds=frozenset({EditKind.FORMULA}), score=2.0, when=lambda edit: edit.detail == "batch normalisation"),
        ),
    ),
)
