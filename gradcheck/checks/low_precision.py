"""Closer looks, where a loss in low precision is too coarse for differences: along the claim, and block by block.

In 16 bits one wrong block hides among right ones. Along the gradient claimed of one block alone, a wrong sign or
factor of that block is off by all of itself, which a line fitted to many losses shows even in bfloat16.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from gradcheck.checks.directions import Direction, claimed_direction, random_signs
from gradcheck.checks.evaluator import Evaluator, Point
from gradcheck.checks.line_fits import MOVES, Fit, Line, typical_size
from gradcheck.checks.places import Examined, State, state_of
from gradcheck.checks.probing import Outcome, Tolerance, probe
from gradcheck.records import BlockReport, Probe, Verdict

__all__ = ["GROSS", "looked_at_closely", "reports_of_blocks"]

# In low precision steps cross kinks, and average slopes of right ReLU networks were off by up to a tenth (relative);
# those over the moves below by up to 0.3.
GROSS = 0.3
# What disagrees is looked at again over moves this many times smaller, and smaller yet where noise is so low that it
# leaves room, by this many fits: what a few kinks in a move add to the slope (0.39 at worst in a thousand right ReLU
# kernels) is less there, a wrong gradient is as wrong.
CLOSER, CLOSEST, REPEATS = 4.0, 32.0, 8
# What a slope must be known to (relative), so that one that is off by half stands clear of one that is off by GROSS.
KNOWN = 0.1
# ... or this part of what it is off by: a wrong sign, off by 2, stands as clear where the slope is known to 0.4. Of the
# bias of a last layer, which moves a loss but little, no more may be known.
CLEAR = 0.2
# ... and one where none is claimed: ten standard errors tell it from zero.
MOVING = 0.5
# Directions of a block of which nothing is claimed: one alone may cross its gradient at a right angle.
DRAWS = 3
# Random directions of all blocks together that must agree within GROSS where each block does along its own claim: what
# a claim lacks shows across it. Half of a block's entries left at zero moves a slope by 0.7 of its scale (normal, with
# that deviation): four agree by chance once in 80 at one point; kinks move it by more than GROSS once in twenty.
ACROSS = 4
# A block whose claim moves the loss by less than this part of what the largest does may be rounding alone (the bias of
# an attention's keys, whose true gradient is zero); it is left open where its own slope may yet be the second part.
FAINT, SLIGHT = 1.0 / 64.0, 0.1


def looked_at_closely(
    evaluator: Evaluator,
    place: Examined,
    tolerance: Tolerance,
    ladder: tuple[float, ...],
    rng: np.random.Generator,
    before: Sequence[Examined] = (),
) -> Examined:
    """The place with what shows there besides, where loss or claim come in low precision.

    Parameters
    ----------
    evaluator : Evaluator
    place : Examined
        As joint directions left it.
    tolerance, ladder
        Of those.
    rng : numpy.random.Generator
        Draws the directions across the claims, and those of blocks whose claim is zero.
    before : sequence of Examined
        Places seen already: at one point the blocks are looked at once.

    Notes
    -----
    In float32 one probe along the claim of all blocks: a wrong factor shows whole there, otherwise by chance. In 16
    bits each block by itself; where all agree so, several directions across, in the place of a joint one that is open
    or disagrees. Losses for that count towards no budget: some forty to a hundred a block and place.
    """
    precisions = {evaluator.loss_precision, place.point.claim.precision}
    claimed = bool(np.any(place.point.claim.values))
    if "float16" in precisions and (claimed or place.state is not State.VACUOUS):
        with evaluator.aside():
            seen = next((other.single for other in before if other.point is place.point and other.single), None)
            single = _by_block(evaluator, place.point, rng) if seen is None else seen
            if single and all(outcome.verdict is Verdict.PASS for outcome in single):
                outcomes = [outcome for outcome in place.outcomes if outcome.verdict is Verdict.PASS]
                telling = _telling(evaluator, place.point)
                across = _across(evaluator, place.point, telling, rng)
                # Where nothing was open, and of faint blocks, as far as the loss can resolve them.
                outcomes += across if len(outcomes) < len(place.outcomes) else _resolved(across)
                faint = [outcome.direction.blocks[0] for outcome in single]
                faint = [block for block in faint if block not in telling]
                outcomes += _resolved(_across(evaluator, place.point, faint, rng)) if faint else []
            else:
                outcomes = [_settled(evaluator, place.point, outcome, tolerance) for outcome in place.outcomes]
        outcomes += single
        return Examined(place.point, tuple(outcomes), state_of(place.point, outcomes))
    coarse = precisions != {"float64"} and place.gap < GROSS
    direction = claimed_direction(place.point.claim.values, evaluator.slices) if coarse else None
    if direction is None:
        return place
    gross = dataclasses.replace(tolerance, rtol=max(GROSS, tolerance.rtol))
    outcome = probe(evaluator, place.point, direction, gross, ladder=ladder)
    return place.joined_by(outcome) if outcome.verdict is Verdict.FAIL else place


def _by_block(evaluator: Evaluator, point: Point, rng: np.random.Generator) -> list[Outcome]:
    """One outcome for each block, along its own claim; none where claim and slope are too faint to tell from zero."""
    norms = [float(np.linalg.norm(point.claim.values[where])) for where in evaluator.slices]
    spans = _spans(evaluator, point)
    largest = max(norm * span for norm, span in zip(norms, spans, strict=True))
    outcomes = []
    for index, block in enumerate(evaluator.blocks):
        if not block.size:
            continue
        outcome = _alone(evaluator, point, index, rng)
        most = (abs(outcome.probe.numeric) + outcome.probe.error_bound) * spans[index] * (norms[index] or 1.0)
        slight = norms[index] * spans[index] <= FAINT * largest and most <= SLIGHT * largest
        if outcome.verdict is not Verdict.INCONCLUSIVE or not slight:
            outcomes.append(outcome)
    return outcomes


def _alone(evaluator: Evaluator, point: Point, index: int, rng: np.random.Generator) -> Outcome:
    """What one block says along its claim; where nothing is claimed of it, along the steepest of several directions."""
    where = evaluator.slices[index]
    claim = point.claim.values[where]
    norm = float(np.linalg.norm(claim))
    parts = [claim / norm / norm] if norm > 0.0 else [random_signs(claim.size, rng) for _ in range(DRAWS)]
    outcomes = []
    for part in parts:
        vector = np.zeros(point.theta.size)
        vector[where] = part
        direction = Direction(vector=vector, blocks=(index,), weights=(float(norm > 0.0),))
        outcomes.append(_judged(evaluator, point, direction, GROSS, KNOWN if norm > 0.0 else MOVING, CLEAR))
    told = max(outcomes, key=lambda found: (found.verdict is Verdict.FAIL, abs(found.probe.numeric)))
    return dataclasses.replace(told, alone=True)


def _spans(evaluator: Evaluator, point: Point) -> list[float]:
    """How far each block moves when every entry moves by as much as it is; times a gradient, what that does."""
    return [
        typical_size(point.theta[where]) * float(np.sqrt(block.size))
        for block, where in zip(evaluator.blocks, evaluator.slices, strict=True)
    ]


def _across(evaluator: Evaluator, point: Point, blocks: list[int], rng: np.random.Generator) -> list[Outcome]:
    """Random directions of some blocks together until one does not agree, which leaves the place open.

    No FAIL comes of them: each block agrees by itself, and the kinks of all add up.
    """
    outcomes: list[Outcome] = []
    moves: tuple[float, ...] = MOVES
    while len(outcomes) < ACROSS and all(outcome.verdict is Verdict.PASS for outcome in outcomes):
        vector = np.zeros(point.theta.size)
        for block in blocks:
            part = point.claim.values[evaluator.slices[block]]
            vector[evaluator.slices[block]] = random_signs(part.size, rng) / np.linalg.norm(part)
        direction = Direction(vector=vector, blocks=tuple(blocks), weights=(1.0,) * len(blocks))
        line = Line(evaluator, point, direction)
        fit, moves = _known(line, moves)
        agrees = fit is not None and fit.bound <= GROSS and abs(fit.slope - line.claimed) <= GROSS
        outcomes.append(_outcome(line, fit, GROSS, Verdict.PASS if agrees else Verdict.INCONCLUSIVE))
    return outcomes


def _resolved(outcomes: list[Outcome]) -> list[Outcome]:
    """Those whose slope is known to GROSS."""
    return [outcome for outcome in outcomes if outcome.probe.error_bound <= GROSS]


def _known(line: Line, moves: tuple[float, ...]) -> tuple[Fit | None, tuple[float, ...]]:
    """The fit of about the smallest move that knows the slope to GROSS, else of the last; and the moves from there."""
    last, enough = None, 0.0
    for position, move in enumerate(moves):
        fit = line.fit(move) if move >= enough else None
        if fit is None:
            continue
        if fit.bound <= GROSS:
            return fit, moves[position:]
        last, enough = fit, min(move * fit.bound / GROSS, moves[-1])  # of a move that is longer the noise is less
    return last, moves


def _telling(evaluator: Evaluator, point: Point) -> list[int]:
    """The blocks whose claim is not faint: magnified to the weight of these the others would drown them."""
    claims = [float(np.linalg.norm(point.claim.values[where])) for where in evaluator.slices]
    effects = [claim * span for claim, span in zip(claims, _spans(evaluator, point), strict=True)]
    return [block for block, effect in enumerate(effects) if effect > FAINT * max(effects)]


def _settled(evaluator: Evaluator, point: Point, outcome: Outcome, tolerance: Tolerance) -> Outcome:
    """An outcome that differences left open, by a fit along the same direction; the same one if that is open too."""
    direction = outcome.direction
    telling = _telling(evaluator, point)
    kept = [place for place, block in enumerate(direction.blocks) if block in telling]
    if outcome.verdict is not Verdict.INCONCLUSIVE or not kept:
        return outcome
    vector = np.zeros_like(direction.vector)
    for place in kept:
        where = evaluator.slices[direction.blocks[place]]
        vector[where] = direction.vector[where]
    direction = Direction(
        vector=vector,
        blocks=tuple(direction.blocks[place] for place in kept),
        weights=tuple(direction.weights[place] for place in kept),
    )
    limit = tolerance.rtol * outcome.scale + tolerance.atol
    fitted = _judged(evaluator, point, direction, limit, limit, 0.0)
    return outcome if fitted.verdict is Verdict.INCONCLUSIVE else fitted


def reports_of_blocks(evaluator: Evaluator, place: Examined) -> tuple[BlockReport, ...] | None:
    """What is said of each block where they were looked at one by one; ``None`` where none of them failed by itself."""
    single = {outcome.direction.blocks[0]: outcome for outcome in place.single}
    if not any(outcome.verdict is Verdict.FAIL for outcome in single.values()):
        return None
    return tuple(_reported(block.name, block.shape, single.get(index)) for index, block in enumerate(evaluator.blocks))


def _reported(name: str, shape: tuple[int, ...], outcome: Outcome | None) -> BlockReport:
    if outcome is None:
        return BlockReport(name=name, shape=shape, verdict=Verdict.INCONCLUSIVE)
    probe = outcome.probe
    largest = max(abs(probe.analytic), abs(probe.numeric)) or 1.0
    return BlockReport(
        name=name,
        shape=shape,
        verdict=outcome.verdict,
        relative_error=probe.relative_error if np.isfinite(probe.numeric) else None,
        error_bound=probe.error_bound / largest if np.isfinite(probe.error_bound) else None,
    )


def _judged(
    evaluator: Evaluator, point: Point, direction: Direction, limit: float, known: float, clear: float
) -> Outcome:
    """The claim along a direction against the fit of the smallest move that knows the slope well enough.

    ``limit`` and ``known`` are those of a claim; where nothing is claimed they are relative to the slope. A slope that
    is known to part ``clear`` of the disagreement is known well enough for that.
    """
    line = Line(evaluator, point, direction)
    best: Fit | None = None
    verdict = Verdict.INCONCLUSIVE
    enough = 0.0
    for move in MOVES:
        fit = line.fit(move) if move >= enough else None
        if fit is None:
            continue
        best = fit
        unit = 1.0 if max(direction.weights) else abs(fit.slope)
        gap = abs(fit.slope - line.claimed)
        told = fit.bound <= known * unit
        if gap > limit * unit + fit.bound and (told or fit.bound <= clear * gap):
            closer = min(max(CLOSER * known * unit / fit.bound, CLOSER), CLOSEST)
            if _persists(line, move / closer, limit * unit):
                verdict = Verdict.FAIL
            if told or verdict is Verdict.FAIL:
                break
        if told and gap <= limit * unit:
            verdict = Verdict.PASS
            break
        if not told and known * unit > 0.0:  # of a move that is longer the noise is in proportion less
            enough = min(move * fit.bound / (known * unit) / 2.0, MOVES[-2])
    return _outcome(line, best, limit, verdict)


def _persists(line: Line, move: float, limit: float) -> bool:
    """Whether a disagreement is one over a much smaller move too, on the average of several fits."""
    fits = [line.fit(move, offset) for offset in np.arange(REPEATS) / REPEATS]
    slopes = [fit.slope for fit in fits if fit is not None]
    return bool(slopes) and abs(float(np.mean(slopes)) - line.claimed) > limit


def _outcome(line: Line, fit: Fit | None, limit: float, verdict: Verdict) -> Outcome:
    direction = line.direction
    slope = float("nan") if fit is None else fit.slope
    scale = max(direction.weights) or (abs(slope) if np.isfinite(slope) and slope else 1.0)
    return Outcome(
        probe=Probe(
            point=line.point.name,
            blocks=tuple(line.evaluator.blocks[block].name for block in direction.blocks),
            analytic=line.claimed,
            numeric=slope,
            truncation_error=0.0,
            round_off_error=float("inf") if fit is None else fit.bound,
            tolerance=limit * (1.0 if max(direction.weights) else scale),
            step=0.0 if fit is None else fit.widest.step,
            oracle="finite-difference",
            verdict=verdict,
        ),
        direction=direction,
        differences=() if fit is None else (fit.widest,),
        scale=scale,
        resolvable=verdict is not Verdict.INCONCLUSIVE,
        reach=0.0 if fit is None else fit.widest.step / line.unit,
        kink=0.0,
        settled=verdict is not Verdict.INCONCLUSIVE,
        fitted=True,
    )
