"""What is left of a claimed gradient beside the true one, where it has the form of a penalty's gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gradcheck.diagnosis.backward import in_block_shape
from gradcheck.diagnosis.matching import Observation, proportion, same_factor
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.search.factors import Factors, Vector
from gradcheck.language import mark, tr

__all__ = ["residues"]

FORMS: dict[str, Callable[[Array], Array]] = {
    mark("the weights"): lambda weights: weights,
    mark("the signs of the weights"): np.sign,
    mark("the weights over their norm"): lambda weights: weights / np.linalg.norm(weights),
}


def residues(
    observations: Sequence[Observation], factors: Factors
) -> Iterator[tuple[str, str, list[dict[str, Array]]]]:
    """Penalties that would account for what is wrong with one block of weights, applied to all weights.

    Parameters
    ----------
    observations : sequence of Observation
        All with a network.
    factors : Factors
        Of the same observations: the strength must be the same in all of them, up to a known constant.

    Yields
    ------
    bug, what, penalties : str, str, list of dict
        The catalogue's id, what stands in the gradient, and its part by block in each configuration.
    """
    networks = [each.network for each in observations if each.network is not None]
    yield from _of_biases(observations, networks)
    seen: list[tuple[str, Vector]] = []
    for index in range(len(networks[0].layers)):
        for form, function in FORMS.items():
            strengths = _strengths(observations, networks, index, function)
            if strengths is None or any(form == known and same_factor(strengths, other) for known, other in seen):
                continue
            seen.append((form, strengths))
            own = [_own_strength(network, index, function) for network in networks]
            bug, what = _named(form, strengths, own, factors)
            if bug:
                yield (
                    bug,
                    what,
                    [
                        _penalty(network, function, strength)
                        for network, strength in zip(networks, strengths, strict=True)
                    ],
                )


def _of_biases(
    observations: Sequence[Observation], networks: Sequence[Network]
) -> Iterator[tuple[str, str, list[dict[str, Array]]]]:
    """Biases beside whose gradient stands a multiple of themselves, the same one for all of them."""
    parts: list[dict[str, Array]] = []
    strengths: list[float] = []
    for each, network in zip(observations, networks, strict=True):
        held = {
            layer.bias: layer.bias_values.reshape(network.shapes[layer.bias])
            for layer in network.layers
            if layer.bias in each.claimed and layer.bias_values is not None and layer.bias is not None
        }
        rests = {
            name: each.claimed[name] - each.true[name]
            for name, value in held.items()
            if each.claimed[name].shape == value.shape
        }
        fits = [proportion(rest, held[name], each.floor) for name, rest in rests.items() if rest.size > 1]
        found = [fit[0] for fit in fits if fit is not None and not math.isnan(fit[0])]
        if not found:
            return
        strengths.append(found[-1])
        added = {
            name: strengths[-1] * value
            for name, value in held.items()
            if name not in rests or np.linalg.norm(rests[name]) > each.floor
        }
        known = {name: network.penalty[name] + part for name, part in added.items() if name in network.penalty}
        parts.append({**network.penalty, **added, **known})
    own = [_any_strength(network) for network in networks]
    relative = [strength / other for strength, other in zip(strengths, own, strict=True) if other]
    as_the_weights = len(relative) == len(strengths) and same_factor(relative, (relative[0],) * len(relative))
    if parts and (as_the_weights or same_factor(strengths, (strengths[0],) * len(strengths))):
        yield "regularisation-on-bias", tr("a multiple of the biases, which the loss does not have"), parts


def _any_strength(network: Network) -> float | None:
    """The strength of the loss's own penalty on weights: the first one of them that has one."""
    found = (_own_strength(network, index, FORMS["the weights"]) for index in range(len(network.layers)))
    return next((strength for strength in found if strength), None)


def _held(network: Network, index: int) -> Array:
    """The weights that a penalty is on: without the row that is the bias, where the loss leaves that out."""
    layer = network.layers[index]
    held = in_block_shape(network, layer, layer.weights)
    part = network.penalty.get(layer.weight)
    if layer.bias_in_weights is None or part is None or not np.any(part):
        return held
    weights: Array = np.where(part != 0, held, 0.0)
    return weights


def _strengths(
    observations: Sequence[Observation], networks: Sequence[Network], index: int, function: Callable[[Array], Array]
) -> Vector | None:
    """What the difference is to the form, in every configuration; None where it is no multiple of it."""
    found = []
    for each, network in zip(observations, networks, strict=True):
        name = network.layers[index].weight
        if name not in each.claimed or each.claimed[name].shape != each.true[name].shape:
            return None
        rest = each.claimed[name] - each.true[name]
        if np.linalg.norm(rest) <= each.floor:  # there the two strengths agree
            found.append(0.0)
            continue
        fit = proportion(rest, function(_held(network, index)), each.floor)
        if fit is None or math.isnan(fit[0]):
            return None
        found.append(fit[0])
    return tuple(found) if any(found) and _held(networks[0], index).size > 1 else None


def _own_strength(network: Network, index: int, function: Callable[[Array], Array]) -> float | None:
    """The strength of the loss's own penalty in this form: 0 where there is none, None where it has another form."""
    part = network.penalty.get(network.layers[index].weight)
    if part is None or not np.any(part):
        return 0.0
    fit = proportion(part, function(_held(network, index)), 0.0)
    return None if fit is None else fit[0]


def _named(form: str, strengths: Vector, own: Sequence[float | None], factors: Factors) -> tuple[str, str]:
    """The bug, by how the strength in the gradient relates to the one in the loss."""
    if any(each is None for each in own):
        return "regularisation-wrong-norm", tr("a multiple of {form}, where the loss has another norm", form=tr(form))
    known = [each for each in own if each is not None]
    if not all(known):
        return _unknown_to_loss(form, strengths, factors) if not any(known) else ("", "")
    ratio = tuple(1.0 + strength / true for strength, true in zip(strengths, known, strict=True))
    if all(abs(each) < 1e-5 for each in ratio):
        return "regularisation-missing", tr("no regularisation in the gradient")
    if same_factor(ratio, (-1.0,) * len(ratio)):
        return "regularisation-sign", tr("the regularisation's gradient subtracted")
    if factors.cost(ratio) is None:
        return "", ""
    return "regularisation-factor", tr("{factor} times the regularisation's gradient", factor=f"{ratio[0]:.6g}")


def _unknown_to_loss(form: str, strengths: Vector, factors: Factors) -> tuple[str, str]:
    """The same where the loss has no penalty; where the strength is set to 0 the gradient has none either."""
    if all(strength <= 0.0 for strength in strengths):  # a penalty that rewards large weights is never meant
        return "regularisation-sign", tr("a multiple of {form}, subtracted", form=tr(form))
    told = all(strengths) and factors.cost(tuple(strength / strengths[0] for strength in strengths)) is not None
    what = tr("a multiple of {form} that the loss does not have", form=tr(form))
    return ("regularisation-factor", what) if told else ("", "")


def _penalty(network: Network, function: Callable[[Array], Array], strength: float) -> dict[str, Array]:
    parts = dict(network.penalty)
    for index, layer in enumerate(network.layers):
        if not network.penalty or layer.weight in network.penalty:
            part = strength * function(_held(network, index))
            parts[layer.weight] = parts[layer.weight] + part if layer.weight in parts else part
    return parts
