"""The number of samples, read off the shapes of a forward pass where nothing else says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.programs.program import Forward

__all__ = ["in_batches", "with_batch"]

# Arrays of the forward pass that must share a length for it to be the number of samples: fewer share one by chance.
ENOUGH = 3
# Of the next most common length's count: how much more common it must be.
CLEARLY = 2.0


def with_batch(sizes: Mapping[str, float], forward: Forward | None) -> Mapping[str, float]:
    """Sizes with ``batch``: the length that most tables of the forward pass have, and no parameter.

    Parameters
    ----------
    sizes : mapping
        As ``Program.sizes``; unchanged where they have it.
    forward : Forward or None
        Unchanged where there is none.
    """
    if "batch" in sizes or forward is None:
        return sizes
    taken = {length for each in forward.values if each.block is not None for length in each.value.shape}
    seen = Counter(
        length
        for each in forward.values
        if each.block is None and each.adjoint is not None and each.value.ndim > 1
        for length in each.value.shape
        if length > 1 and length not in taken
    )
    (length, often), (_, next_often) = (*seen.most_common(2), (0, 0), (0, 0))[:2]
    if often < ENOUGH or often < CLEARLY * next_often:
        return sizes
    return {**sizes, "batch": float(length)}


def in_batches(network: Network, sizes: Mapping[str, float]) -> Network:
    """A network whose samples are those of several batches, with the size of one; else as it is.

    Parameters
    ----------
    network : Network
    sizes : mapping
        With ``batch``, as :func:`with_batch` gives it.
    """
    one = int(sizes.get("batch", 0))
    return replace(network, samples=one) if one > 1 and network.batch > one and network.batch % one == 0 else network
