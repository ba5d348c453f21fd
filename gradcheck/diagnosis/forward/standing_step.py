"""Forward passes recorded with a step before them: at a rate of zero, what that step computes moves nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from gradcheck.diagnosis.programs.program import Forward, Intermediate

__all__ = ["without_the_step"]


def without_the_step(forward: Forward) -> Forward:
    """The same, but that nothing which reaches the loss only through a rate of zero counts as something it depends on.

    The backward pass of such a step is computed from the parameters, and its lines would be taken for lines of the
    forward pass: an adjoint of zero there says that they are none.

    Parameters
    ----------
    forward : Forward

    Returns
    -------
    Forward
        With ``adjoint`` None for what the step computes.
    """
    readers: dict[int, list[Intermediate]] = defaultdict(list)
    for value in forward.values:
        for number in value.inputs:
            readers[number].append(value)
    idle: set[int] = set()
    for value in reversed(forward.values):
        flat = value.adjoint is not None and not value.adjoint.any() and value.block is None
        if flat and all(
            reader.adjoint is None or reader.number in idle or _is_at_rate_zero(forward, reader, value.number)
            for reader in readers[value.number]
        ):
            idle.add(value.number)
    if not idle:
        return forward
    values = (replace(value, adjoint=None) if value.number in idle else value for value in forward.values)
    return replace(forward, values=tuple(values))


def _is_at_rate_zero(forward: Forward, product: Intermediate, number: int) -> bool:
    """Whether a product multiplies a value by a constant that is zero."""
    others = [forward.values[other] for other in product.inputs if other != number]
    return product.operation == "multiply" and any(
        other.operation == "constant" and not other.value.any() for other in others
    )
