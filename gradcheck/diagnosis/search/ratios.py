"""Blocks that are constant multiples of the truth, whatever the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcheck.diagnosis.matching import Observation, proportion, same_factor
from gradcheck.diagnosis.network import Array, Network, block_layers
from gradcheck.diagnosis.search.factors import Factors, Vector
from gradcheck.diagnosis.search.paths import REPEATED_FACTOR, FactorUse, Path

__all__ = ["ratio_path"]


def ratio_path(
    observations: Sequence[Observation], network: Network | None, wrong: Sequence[str], factors: Factors
) -> Path | None:
    """The path that explains all wrong blocks as constant multiples of the true ones.

    Parameters
    ----------
    observations : sequence of Observation
    network : Network or None
        Of the first of them that has one.
    wrong : sequence of str
        The blocks to explain.
    factors : Factors
        Of the same observations.

    Returns
    -------
    Path or None
        None where one of them is no constant multiple in every configuration, or a constant is out of question.
    """
    ratios: dict[str, Vector] = {}
    worst = 0.0
    for name in observations[0].claimed:
        fits = [proportion(each.claimed[name], each.true[name], each.floor) for each in observations]
        if all(fit is not None for fit in fits):
            ratios[name] = tuple(fit[0] for fit in fits if fit is not None)
            worst = max([worst, *(fit[1] for fit in fits if fit is not None)])
    if any(name not in ratios for name in wrong):
        return None
    uses = _as_uses(ratios, block_layers(network, tuple(ratios)), _kinds(network, observations[0].claimed))
    prices = [factors.cost(use.factor) for use in uses]
    if not uses or any(price is None for price in prices):
        return None
    return Path(
        deltas=(),
        running=(),
        factors=tuple(uses),
        explained=tuple(ratios),
        cost=_repeated(uses, [price or 0.0 for price in prices]),
        error=worst,
    )


def _as_uses(ratios: Mapping[str, Vector], layers: Mapping[str, int], kinds: Mapping[str, str]) -> list[FactorUse]:
    """Ratios by block as factors from a layer on, and on single blocks."""
    last = max(layers.values(), default=0)
    groups: list[tuple[Vector, list[str]]] = []
    for name, ratio in ratios.items():
        if not same_factor(ratio, (1.0,) * len(ratio)):
            group = next((names for vector, names in groups if same_factor(vector, ratio)), None)
            if group is None:
                groups.append((ratio, [name]))
            else:
                group.append(name)
    uses = []
    for vector, names in groups:
        top = max(layers[name] for name in names)
        below = [name for name in ratios if layers[name] <= top]
        whole = all(name in names or same_factor(ratios[name], vector) for name in below)
        if whole and (len(names) > 1 or top == last):
            uses.append(FactorUse(factor=vector, layer=top))
        else:
            uses += [
                FactorUse(factor=vector, layer=layers[name], block=name, kind=kinds.get(name, "weight"))
                for name in names
            ]
    return uses


def _kinds(network: Network | None, claimed: Mapping[str, Array]) -> dict[str, str]:
    """Blocks that are summed over the batch: biases, and what else has one number a unit and no layer."""
    layers = () if network is None else network.layers
    kinds = {layer.bias: "bias" for layer in layers if layer.bias is not None}
    weights = {layer.weight for layer in layers}
    for name, value in claimed.items():
        if name not in weights and value.size > 1 and max(value.shape) == value.size:
            kinds[name] = "bias"
    return kinds


def _repeated(uses: Sequence[FactorUse], prices: Sequence[float]) -> float:
    total = 0.0
    for place, (use, price) in enumerate(zip(uses, prices, strict=True)):
        again = any(each.kind == use.kind and same_factor(each.factor, use.factor) for each in uses[:place])
        total += REPEATED_FACTOR if again else price
    return total
