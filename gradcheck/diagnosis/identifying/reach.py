"""Which blocks one bug makes wrong: where those of the output layer are right, it lies before that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import Forward, Intermediate

__all__ = ["Reach", "reach_of"]

# What leaves a value in the layer that it is of: biases are added, batches are put together.
WITHIN = frozenset({"add", "subtract", "negative", "positive"})
# Products of one block that are followed, and how far: all are alike where a loop makes them one by one.
MOST, STEPS = 4, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which blocks one bug makes wrong: that alone tells the family of bugs that it is of.

    Attributes
    ----------
    biases, weights : bool
        Only biases; only weights, and not those of a whole stack of layers.
    output : bool
        Everything from the output layer on.
    """

    biases: bool = False
    weights: bool = False
    output: bool = False


def reach_of(blocks: Collection[str], network: Network | None, forward: Forward | None = None) -> Reach | None:
    """The reach of a bug that makes these blocks wrong; None where the layers are not known.

    Parameters
    ----------
    blocks : collection of str
    network : Network or None
    forward : Forward, optional
        Tells what is nearest to the loss in code that is no chain of layers.
    """
    if not blocks:
        return None
    found = None if network is None else _of_layers(set(blocks), network)
    return _of_graph(set(blocks), forward) if found is None and forward is not None else found


def _of_layers(wrong: set[str], network: Network) -> Reach | None:
    biases = {layer.bias for layer in network.layers if layer.bias is not None}
    weights = {layer.weight for layer in network.layers}
    if len(weights) < len(network.layers):  # one block for several layers
        return None
    if not wrong & (biases | weights):  # of no layer: what normalises, embeds or attends
        return Reach(biases=True) if all("b" in name.lower() for name in wrong) else Reach(weights=True)
    if wrong <= biases - weights:
        return Reach(biases=True)
    alone = wrong <= weights and all(layer.bias is not None for layer in network.layers if layer.weight in wrong)
    if alone or (len(wrong) == 1 and wrong != {network.layers[0].weight} and wrong <= weights):
        return Reach(weights=True)
    return Reach(output=network.layers[-1].weight in wrong)


def _of_graph(wrong: set[str], forward: Forward) -> Reach | None:
    """By where blocks enter: what is only added is a bias; one that is right beside weights proves their delta."""
    owners = _owners(forward)
    last = _nearest_to_loss(forward, owners)
    entered: dict[str, list[Intermediate]] = {}
    readers: dict[int, list[Intermediate]] = {}
    for value in forward.values:
        for number in value.inputs if value.number not in owners else ():
            readers.setdefault(number, []).append(value)
            if number in owners:
                entered.setdefault(owners[number], []).append(value)
    biases = {block for block, values in entered.items() if all(value.operation in WITHIN for value in values)}
    if wrong <= biases:
        return Reach(biases=True)
    mates = {block: _added_to(entered.get(block, []), owners, readers) & biases for block in wrong - biases}
    if mates and all(own - wrong for own in mates.values()) and not wrong & biases:
        return Reach(weights=True)
    return None if not last else Reach(output=not last.isdisjoint(wrong))


def _added_to(
    products: list[Intermediate], owners: Mapping[int, str], readers: Mapping[int, list[Intermediate]]
) -> set[str]:
    """Blocks that are added to what another one is multiplied into, which may be summed and rearranged before."""
    found: set[str] = set()
    for product in products[:MOST]:
        value, steps = product, 0
        while steps < STEPS:
            following = readers.get(value.number, [])
            if len(following) != 1:
                break
            value, steps = following[0], steps + 1
            if value.operation in WITHIN:
                found |= {owners[number] for number in value.inputs if number in owners}
            elif value.operation != "sum" and value.entries is None:
                break
    return found


def _owners(forward: Forward) -> dict[int, str]:
    """Which values are blocks, or parts of them."""
    owners: dict[int, str] = {}
    for value in forward.values:
        if value.block is not None:
            owners[value.number] = value.block
        elif value.inputs and value.inputs[0] in owners and _is_of(value):
            owners[value.number] = owners[value.inputs[0]]
    return owners


def _nearest_to_loss(forward: Forward, owners: Mapping[int, str]) -> frozenset[str]:
    """Blocks from which the loss is reached without passing what another block is multiplied into."""
    found: set[str] = set()
    waiting, seen = [forward.loss], {forward.loss}
    while waiting:
        value = forward.values[waiting.pop()]
        own = {owners[number] for number in value.inputs if number in owners}
        found |= own
        if own and value.operation not in WITHIN:
            continue
        new = [number for number in value.inputs if number not in seen and number not in owners]
        seen.update(new)
        waiting += new
    return frozenset(found)


def _is_of(value: Intermediate) -> bool:
    """Whether a value is a part of its operand, or what an update has made of it."""
    return value.operation == "subtract" or (value.entries is not None and len(value.inputs) == 1)
