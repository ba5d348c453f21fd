"""What a check could have missed: its power for each block, and the bugs that the points looked at cannot show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from gradcheck.checks.evaluator import Point
from gradcheck.checks.probing import Outcome
from gradcheck.language import listed, tr, trn
from gradcheck.problem import Block
from gradcheck.records import Finding, Severity, Verdict

__all__ = ["blind_spots", "power", "unresolved", "vacuity"]

CONFIDENCE = 0.999
# A column that is not dead shows within a few rows, which is all that a large matrix is then read of.
FIRST_ROWS = 16
# The derivative along a random direction (entries of root-mean-square 1.04) of an error in a random direction of unit
# norm is close to normal with this standard deviation, so that |it| < x has probability below x * DENSITY.
DENSITY = 2.0 / (np.sqrt(2.0 * np.pi) * 1.04)
WAYS = 2.0  # in which two coincidences make a miss
# Bugs that a square weight matrix, one output unit, zero biases or a flat point hide (CATALOGUE ids).
ONE_OUTPUT = ("bias-sum-without-axis", "softmax-elementwise", "target-broadcast", "output-count-factor")
SQUARE = ("transposed-weights", "transposed-block", "wrong-layer-weights")
NEAR_ZERO = ("derivative-at-activation", "missing-hidden-derivative", "derivative-twice", "wrong-derivative-formula")
ZERO_BIAS = ("relu-mask-wrong-layer", "bias-gradient-is-bias")


def power(blocks: Sequence[Block], outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Smallest error caught with probability 0.999, by block.

    The error is its norm over the norm of the block's claimed gradient (dimensionless), in a random direction. A probe
    with tolerance and error bound ``t`` and block weight ``w`` misses an error ``e`` with probability at most
    ``0.77 t / (e w)``. A check misses it when two independent probes do, in either of two ways: those of both points,
    or those of a neighbour and another point after the first disagreed, which looks like a kink. In 16 bits several
    fits across the claims must agree, and all of them must miss it; those along a claim see no random direction.

    Returns
    -------
    dict
        ``None`` for a block that no conclusive probe moved, or whose claimed gradient is zero.
    """
    result: dict[str, float | None] = {}
    for index, block in enumerate(blocks):
        told = [o for o in outcomes if index in o.direction.blocks and o.verdict in (Verdict.PASS, Verdict.FAIL)]
        told = [outcome for outcome in told if not outcome.alone]
        fitted = [outcome for outcome in told if outcome.fitted]
        limits = []
        for outcome in fitted or told:
            weight = outcome.direction.weights[outcome.direction.blocks.index(index)]
            if weight > 0.0:
                limits.append(DENSITY * (outcome.probe.tolerance + outcome.probe.round_off_error) / weight)
        if not limits:
            result[block.name] = None
            continue
        best = limits if fitted else sorted(limits)[:2]
        result[block.name] = float((WAYS * np.prod(best) / (1.0 - CONFIDENCE)) ** (1.0 / len(best)))
    return result


def unresolved(
    found: Mapping[str, float | None], blocks: Sequence[Block], slices: Sequence[slice], points: Sequence[Point]
) -> list[Finding]:
    """A finding for each block of a passing check in which an error as large as its gradient could have been missed.

    Of those whose gradient is zero at every point ``vacuity`` says so.
    """
    weak = [
        block.name
        for block, where in zip(blocks, slices, strict=True)
        if block.size
        and ((power := found[block.name]) is None or power > 1.0)
        and any(np.any(point.claim.values[where]) for point in points)
    ]
    return [
        Finding(
            id="block-not-resolved",
            severity=Severity.WARNING,
            message=tr(
                "The gradient of {block} is too small beside the loss, at every point that could be judged, for an "
                "error in it to show: it was not really checked.",
                block=name,
            ),
        )
        for name in weak
    ]


def vacuity(
    blocks: Sequence[Block], slices: Sequence[slice], points: Sequence[Point], wrong: Collection[str] = ()
) -> list[Finding]:
    """Findings about blocks and units whose claimed gradient is zero at every point looked at.

    Not about those by the names ``wrong``, where the loss does not agree. That it agrees elsewhere was probed (the
    floor of a joint direction magnifies such blocks); what was not seen is whether the code is right where the gradient
    is not zero.
    """
    findings = []
    for block, where in zip(blocks, slices, strict=True):
        if block.size == 0 or block.name in wrong:
            continue
        live = np.zeros(block.shape[1:] if len(block.shape) == 2 else (), dtype=bool)  # columns, or the whole
        for point in points:
            part = point.claim.values[where].reshape(block.shape)
            for rows in (part[:FIRST_ROWS], part[FIRST_ROWS:]) if live.shape else (part,):
                if not np.all(live):
                    live |= np.any(rows, axis=0 if live.shape else None)
        if not np.any(live):
            message = tr(
                "The gradient of {block} is zero, claimed and numeric, at every point looked at: "
                "the loss does not depend on it there, so a wrong formula could not show.",
                block=block.name,
            )
            findings.append(Finding(id="zero-gradient-block", severity=Severity.WARNING, message=message))
        elif len(block.shape) == 2 and min(block.shape) > 1:
            dead = [int(unit) for unit in np.flatnonzero(~live)]
            if dead:
                message = trn(
                    "Column {columns} of the gradient of {block} is zero at every point looked at (dead or saturated "
                    "units): errors there could not show.",
                    "Columns {columns} of the gradient of {block} are zero at every point looked at (dead or saturated "
                    "units): errors there could not show.",
                    len(dead),
                    columns=listed(dead, most=6),
                    block=block.name,
                )
                findings.append(Finding(id="dead-units", severity=Severity.INFO, message=message))
    return findings


def blind_spots(blocks: Sequence[Block], slices: Sequence[slice], points: Sequence[Point]) -> tuple[str, ...]:
    """Catalogue ids that cannot show in blocks of these shapes at these points."""
    matrices = [block for block in blocks if len(block.shape) == 2 and min(block.shape) > 1]
    vectors = [block for block in blocks if block.size and (len(block.shape) == 1 or 1 in block.shape)]
    spots: list[str] = []
    if vectors and vectors[-1].size == 1:
        spots += ONE_OUTPUT
    if matrices and all(block.shape[0] == block.shape[1] for block in matrices):
        spots += SQUARE
    if all(_near_zero(blocks, slices, point) for point in points):
        spots += NEAR_ZERO
    if all(_zero_vectors(blocks, slices, point) for point in points):
        spots += ZERO_BIAS
    return tuple(dict.fromkeys(spots))


def _near_zero(blocks: Sequence[Block], slices: Sequence[slice], point: Point) -> bool:
    matrices = [where for block, where in zip(blocks, slices, strict=True) if len(block.shape) >= 2 and block.size > 1]
    matrices.sort(key=lambda where: where.stop - where.start)  # a small one that is not near zero settles it
    return bool(matrices) and all(
        float(np.linalg.norm(point.theta[where])) < 0.05 * (where.stop - where.start) ** 0.5 for where in matrices
    )


def _zero_vectors(blocks: Sequence[Block], slices: Sequence[slice], point: Point) -> bool:
    parts = [
        point.theta[where]
        for block, where in zip(blocks, slices, strict=True)
        if block.size and (len(block.shape) == 1 or 1 in block.shape) and block.size != 1
    ]
    return bool(parts) and not any(np.any(part) for part in parts)
