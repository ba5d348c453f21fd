"""Points at which a bound on the length of the gradient is at work: what is claimed there is shorter than computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from gradcheck.diagnosis.observing import Look
from gradcheck.diagnosis.programs.program import Array

__all__ = ["cut_off", "may_be_cut_off"]

# Of a block's length, and of the whole gradient's: the bound is a number, and what it leaves is right to round-off.
ALIKE = 1e-6


def cut_off(looks: Sequence[Look]) -> list[Look]:
    """Looks at points where the whole gradient was cut to a length, as other points show.

    Parameters
    ----------
    looks : sequence of Look
        Of the same program, or of one that differs in its sizes and rates.

    Returns
    -------
    list of Look
        Those where all blocks that are right elsewhere are one and the same smaller multiple of the truth, and those
        whose claims are as long as each other though the truth is not.
    """
    shown = [look for look in looks if look.claimed]
    right = {name for look in shown for name in look.true if name not in look.wrong()}
    found = [look for look in shown if right & set(look.wrong()) and _shrunk(look, right)]
    if found or right:
        return found
    lengths = [_length(look.claimed.values()) for look in shown]
    return [
        look
        for i, look in enumerate(shown)
        if any(_close(lengths[i], other) for j, other in enumerate(lengths) if i != j)
        and not any(_close(_length(look.true.values()), _length(o.true.values())) for o in shown if o is not look)
    ]


def may_be_cut_off(look: Look) -> bool:
    """Whether nothing is right at a point, and some block is a smaller multiple of the truth there."""
    if not look.claimed or len(look.wrong()) < len(look.true):
        return False
    factors = (_factor(look.claimed, look.true, name) for name in look.true)
    return any(factor is not None and 0.0 < factor < 1.0 - ALIKE for factor in factors)


def _shrunk(look: Look, names: Iterable[str]) -> bool:
    """Whether these blocks are one constant between 0 and 1 times the truth."""
    factors = [_factor(look.claimed, look.true, name) for name in names if name in look.true]
    sure = [factor for factor in factors if factor is not None]
    if not sure or len(sure) < len(factors):
        return False
    return min(sure) > 0.0 and max(sure) < 1.0 - ALIKE and _close(min(sure), max(sure))


def _factor(claimed: Mapping[str, Array], true: Mapping[str, Array], name: str) -> float | None:
    claim, truth = claimed.get(name), true[name]
    size = float(np.vdot(truth, truth))
    if claim is None or claim.shape != truth.shape or size == 0.0:
        return None
    factor = float(np.vdot(claim, truth)) / size
    near = float(np.linalg.norm(claim - factor * truth)) <= ALIKE * abs(factor) * size**0.5
    return factor if near else None


def _length(parts: Iterable[Array]) -> float:
    return float(np.sqrt(sum(float(np.vdot(part, part)) for part in parts)))


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= ALIKE * max(abs(one), abs(other))
