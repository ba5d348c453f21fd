"""Why a step that descends no loss may be right all the same: what it applies is meant to be no gradient of that loss.

An estimate from random draws, a fitted direction, a step of a fixed length and a penalty that is computed nowhere have
marks of their own, which a wrong derivative does not have. Of a step that descends the loss in some block, or is one
multiple of its gradient, only what cannot be a wrong derivative is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.language import listed, tr
from gradcheck.submissions.losses.scores import is_function_of_the_loss
from gradcheck.submissions.losses.slopes import AGREEMENT, block_ratios, dot, slope
from gradcheck.submissions.losses.step_losses import decays_beside
from gradcheck.submissions.losses.step_share import typed_shares
from gradcheck.submissions.running.runtime import as_number
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.place_names import last_word

__all__ = ["why_no_gradient"]

# What rounding leaves of a number that does not change, and how much of one that does has to.
STILL, MOVED = 1e-9, 1e-6
# A small change of the parameters, relative to each, along which a direction of fixed length turns.
NUDGE = 1e-3
# A rate at which a proximal step is hardly one, as part of the code's own, and how near the gradient it is then.
SMALL, NEAR = 1e-5, 1e-3
# How well a decay is known that is a small part of a gradient.
ROUGHLY = 0.02
# What only the strength of a penalty is called: l2 may be a layer, and regression is none.
PENALISED = re.compile(r"(?<![a-z])(lam|λ|reg(?!r)|weight_?decay|penal)", re.IGNORECASE)
SEEDS = (101, 202)
POINTS = 3


def why_no_gradient(experiment: Experiment, loss: Callable[[Any], Any], text: str, rng: np.random.Generator) -> str:
    """What a step does instead of descending a loss, and what helps; empty where nothing but an error explains it.

    Parameters
    ----------
    experiment : Experiment
    loss : callable
        ``loss(step)`` at the present parameters.
    text : str
        How the file computes it.
    rng : numpy.random.Generator
    """
    items, experiment.items = experiment.items, experiment.items[:1]
    try:
        experiment.restore()
        if experiment.tolerant or _agrees(experiment, loss, rng):
            return ""
        known = _by_condition(experiment, rng) or _by_decay(experiment, loss, rng)
        if known:
            return known
        ratios = block_ratios(experiment, loss, rng)
        if all(np.isfinite(ratio) for ratio in ratios.values()):
            return _by_shares(experiment, ratios) or _by_half(experiment, ratios, text)
        if any(np.isfinite(ratio) for ratio in ratios.values()):
            known = _by_penalty(experiment, loss, ratios, rng)
            climbed = all(abs(ratio + 1.0) <= AGREEMENT for ratio in ratios.values() if np.isfinite(ratio))
            return known or (_by_chance(experiment, rng) if climbed else "")  # an actor, and the critic beside it
        return (
            _by_chance(experiment, rng)
            or _by_draws(experiment, loss, rng)
            or _by_length(experiment, rng)
            or _by_function(experiment, loss, rng)
            or _by_limit(experiment, loss, rng)
            or _by_fit(experiment, loss, rng)
            or _by_second_look(experiment, rng)
        )
    except Exception:  # of a step that is broken, which is said elsewhere
        return ""
    finally:
        experiment.items = items
        experiment.restore()


def _agrees(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> bool:
    """Whether the step descends the loss along a direction: then nothing has to be explained."""
    point = experiment.random_values(rng)
    along = {name: rng.standard_normal(value.shape) for name, value in point.items()}
    claimed = dot(experiment.claimed(point), along)
    return abs(claimed - slope(experiment, loss, point, along)) <= AGREEMENT * abs(claimed)


def _by_decay(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> str:
    """Beside a gradient that is right, blocks shrink by a share of themselves, in statements of their own."""
    if not decays_beside(experiment):
        return ""
    shares: dict[str, list[float]] = {}
    for _ in range(POINTS):
        point = experiment.random_values(rng)
        gradient = experiment.claimed(point, SMALL * experiment.rate)
        for name, value in point.items():
            along = {name: rng.standard_normal(value.shape)}
            claimed = dot(gradient, along)
            excess = claimed - slope(experiment, loss, point, along)
            share = excess / dot(point, along) if abs(excess) > AGREEMENT * abs(claimed) else 0.0
            shares.setdefault(name, []).append(share)
    steady = all(np.ptp(found) <= ROUGHLY * max(found) for found in shares.values())
    if not steady or max(map(max, shares.values())) <= 0.0:
        return ""
    return tr(
        "beside a gradient that is right it shrinks parameters in statements of their own (decoupled weight decay), "
        "which the loss does not contain. Check the gradient without them, or add their penalty to the loss and to "
        "the gradient"
    )


def _by_condition(experiment: Experiment, rng: np.random.Generator) -> str:
    """At some parameters a step moves all of them, at others none: it is taken where something else allows it."""
    experiment.restore()
    points = [experiment.values(), *(experiment.random_values(rng) for _ in range(2 * POINTS))]
    moved = [[bool(np.any(part)) for part in experiment.claimed(point).values()] for point in points]
    if any(map(all, moved)) and not all(map(any, moved)):
        return tr(
            "at some parameters it moves them, at others it moves none: it is taken only if a condition holds, as "
            "where the loss is less than one that was kept in the turn before. Hand the gradient out of a function of "
            "its own, or compute what the condition compares in the turn itself"
        )
    return ""


def _by_shares(experiment: Experiment, ratios: Mapping[str, float]) -> str:
    """A gradient that is right but for numbers that stand beside the rate, in some updates others than in others.

    A slip is made at one update: a number that is meant is that of several, of a layer's weights and its biases.
    """
    shares = {1.0, *typed_shares(experiment)}
    explained = all(any(abs(ratio - share) <= AGREEMENT * share for share in shares) for ratio in ratios.values())
    alike = [sum(abs(other - ratio) <= AGREEMENT * ratio for other in ratios.values()) for ratio in ratios.values()]
    if not explained or min(alike) == 1 or max(alike) == len(ratios):
        return ""
    return tr(
        "the gradient is right but for numbers that the updates type beside the learning rate, in some blocks others "
        "than in others: a rate of its own for each block is meant, or a factor is wrong. Give each rate a name "
        "(lr_first = 0.1 * lr) that the updates use"
    )


def _by_half(experiment: Experiment, ratios: Mapping[str, float], text: str) -> str:
    """Half the gradient in the errors' term and in the penalty's: no single slip leaves out two factors."""
    if not PENALISED.search(text) or any(abs(ratio - 0.5) > AGREEMENT for ratio in ratios.values()):
        return ""
    experiment.restore()
    numbers = experiment.in_reach()
    strengths = [place.value for place in numbers if np.ndim(place.value) == 0 and PENALISED.search(last_word(place))]
    if strengths and not any(strengths):  # then nothing is known of the penalty's term
        return ""
    return tr(
        "the step applies half the derivative in every term of the loss, the penalty's, too: the factor 2 of squares "
        "is left out, as a part of the learning rate. Compute half the loss, or put the factor into the gradient"
    )


def _by_function(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> str:
    """Along the gradient everywhere, and at each place by another part of it: of a square where its root is kept."""
    if not is_function_of_the_loss(experiment, loss, rng):
        return ""
    return tr(
        "it goes along the gradient everywhere, but by another part of it at each place: what is descended is another "
        "function of the same errors (the mean square where its root was taken for the loss, say), or the outermost "
        "factor of the chain rule is left out. Keep the loss that is descended, or multiply the gradient by that factor"
    )


def _by_chance(experiment: Experiment, rng: np.random.Generator) -> str:
    """Something is drawn by probabilities that the parameters give: an action, or a unit's state."""
    logs = [experiment.observe(experiment.values()), experiment.observe(experiment.random_values(rng))]
    experiment.restore()
    for (line, value), (_, other) in zip(logs[0].chances, logs[1].chances, strict=False):
        if np.shape(value) != np.shape(other) or not np.array_equal(value, other):
            return tr(
                "line {line} draws by probabilities that depend on the parameters, as policy gradients and contrastive "
                "divergence do: such a step follows a gradient in the mean of many draws, and not the derivative of "
                "the number that was taken for its loss. Compute the loss whose derivative the update is, with what "
                "was drawn held fixed (-log(probability) * return, say), or use an adapter",
                line=line,
            )
    return ""


def _by_draws(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> str:
    """The step is another one with other random numbers, and the loss the same."""
    if not experiment.draws():
        return ""
    point = experiment.random_values(rng)
    losses, claims = [], []
    for seed in SEEDS:
        with experiment.other_draws(seed):
            experiment.restore()
            experiment.put(point)
            losses.append(float(np.real(as_number(loss(experiment.step)))))
            claims.append(_flat(experiment.claimed(point)))
    if abs(losses[0] - losses[1]) > STILL * abs(losses[0]) or _is_same(claims[0], claims[1], MOVED):
        return ""
    return tr(
        "the step draws random numbers that the loss does not depend on: it is an estimate (evolution strategies, "
        "noise that is added), or the loss is of other data than the drawn ones. Compute the loss with what was drawn, "
        "of the same data, or use an adapter"
    )


def _by_length(experiment: Experiment, rng: np.random.Generator) -> str:
    """Whichever way it goes, it is as long as ever: the gradient is divided by its own length."""
    point = experiment.random_values(rng)
    near = {name: value + NUDGE * abs(value) * rng.standard_normal(value.shape) for name, value in point.items()}
    claims = [experiment.claimed(at) for at in (point, near, experiment.random_values(rng))]
    for names in (tuple(point), *((name,) for name in point)):
        rows = [np.concatenate([np.ravel(claim[name]) for name in names]) for claim in claims]
        lengths = [float(np.linalg.norm(row)) for row in rows]
        turns = not _is_same(rows[0], rows[1], MOVED)
        if rows[0].size > 1 and turns and np.ptp(lengths) <= STILL * lengths[0]:
            return tr(
                "every step of {names} has the same length, {length:.6g} times the learning rate, whichever way it "
                "goes: the gradient is divided by its own length (or clipped to one), and cannot be read off the step. "
                "Check it without that, or hand it out of a function of its own",
                names=listed(names),
                length=lengths[0],
            )
    return ""


def _by_limit(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> str:
    """At a small rate every block follows the gradient, at the code's own none does: what is left out is no derivative.

    Where parameters that are updated already are read, the block that is updated first goes with the rate.
    """
    own = experiment.rate
    point = experiment.random_values(rng)
    small, whole = (experiment.claimed(point, rate) for rate in (SMALL * own, own))
    along = {name: rng.standard_normal(value.shape) for name, value in point.items()}
    claimed = dot(small, along)
    if abs(claimed - slope(experiment, loss, point, along)) > NEAR * abs(claimed):
        return ""
    if any(_is_same(np.ravel(small[name]), np.ravel(whole[name]), NEAR) for name in point):
        return ""
    return tr(
        "in the limit of a small rate a step goes along the gradient, at the code's own rate it does something else "
        "beside (a proximal step, a projection), so that the gradient cannot be read off it. Hand the gradient out of "
        "a function of its own"
    )


def _by_fit(experiment: Experiment, loss: Callable[[Any], Any], rng: np.random.Generator) -> str:
    """The step is the best approximation of the gradient by something that is fitted to it, as a tree in boosting.

    Notes
    -----
    A projection c of k g has <k g, c> = <c, c>, with the same k everywhere. So has a gradient of which some entries are
    left out, which is no fit: there any direction within the other entries has that slope.
    """
    factors, partial = [], []
    for _ in range(POINTS):
        point = experiment.random_values(rng)
        claim = experiment.claimed(point)
        within = {name: rng.standard_normal(value.shape) * (value != 0.0) for name, value in claim.items()}
        factors.append(slope(experiment, loss, point, claim) / dot(claim, claim))
        partial.append(slope(experiment, loss, point, within) / dot(claim, within))
    steady = factors[0] > 0 and np.ptp(factors) <= AGREEMENT * factors[0]
    if not steady or np.ptp(partial) <= AGREEMENT * abs(partial[0]):
        return ""
    return tr(
        "each step goes along the best fit to the gradient that some other model gives (gradient boosting, a projected "
        "gradient), and not along the gradient itself. Check the gradient that the fit is made to in a function of its "
        "own, or use an adapter"
    )


def _by_second_look(experiment: Experiment, rng: np.random.Generator) -> str:
    """A step compares outputs with the same targets twice, and the second outputs depend on the targets already.

    So they are of other parameters, which a first gradient was used for: the step goes along a gradient there. What a
    function computes that returns one number is no gradient: a search along a line looks at the loss alone.
    """
    point = experiment.random_values(rng)
    looks: dict[int, list[tuple[Any, Any]]] = {}
    log, sites = experiment.observe(point), experiment.runtime.sites
    numbers = {sites[site].function for site, _ in log.notes if sites[site].kind == "return"}
    for site, left, right in log.pairs:
        if sites[site].function not in numbers:
            looks.setdefault(site, []).append((left, right))
    for site, found in looks.items():
        for side in (0, 1):
            target = found[0][side]
            known = isinstance(target, np.ndarray) and target.size > 1 and all(pair[side] is target for pair in found)
            if len(found) < 2 or not known or not target.flags.writeable:
                continue
            kept = target.copy()
            experiment.restore()
            experiment.put(point)
            target[...] = np.roll(kept, 1, axis=0)
            log = experiment.run(experiment.items[0], rate=0.0)
            target[...] = kept
            after = [pair for other, *pair in log.pairs if other == site]
            first, second = (np.array_equal(found[at][1 - side], after[at][1 - side]) for at in (0, 1))
            if first and not second:
                return tr(
                    "a step computes outputs a second time, at other parameters than its own, and goes along the "
                    "gradient there (sharpness-aware, extra-gradient or look-ahead steps). Hand the gradient out of a "
                    "function of its own"
                )
    return ""


def _by_penalty(
    experiment: Experiment, loss: Callable[[Any], Any], ratios: Mapping[str, float], rng: np.random.Generator
) -> str:
    """Some blocks get a term beside the loss's gradient that nothing behind them has a part in.

    Notes
    -----
    What comes back through the right blocks vanishes with them, right or wrong; what is left there, and is the same
    whatever they are, is no part of any derivative of this loss, if that has no slope there either.
    """
    right = [name for name, ratio in ratios.items() if abs(ratio - 1.0) <= AGREEMENT]
    rest = [name for name, ratio in ratios.items() if not np.isfinite(ratio)]
    if not right or len(right) + len(rest) < len(ratios):
        return ""
    start, other = experiment.random_values(rng), experiment.random_values(rng)
    along = {name: rng.standard_normal(start[name].shape) for name in rest}
    points = [start, {**start, **{name: other[name] for name in right}}]
    excess = []
    for point in points:
        claimed = dot(experiment.claimed(point), along)
        excess.append(claimed - slope(experiment, loss, point, along))
        if abs(excess[-1]) <= AGREEMENT * abs(claimed):
            return ""
    bare = {**start, **{name: np.zeros_like(start[name]) for name in right}}
    flat = abs(slope(experiment, loss, bare, along)) <= AGREEMENT * abs(excess[0])
    left = dot(experiment.claimed(bare), along)
    if not flat or max(abs(value - excess[0]) for value in (excess[1], left)) > AGREEMENT * abs(excess[0]):
        return ""
    return tr(
        "the step adds a term to the gradient of {names} that does not come from this loss: it is the same whatever "
        "the parameters behind them are, as that of a penalty on activations. Compute that penalty, too, and add it to "
        "the loss",
        names=listed(rest),
    )


def _flat(claim: Mapping[str, Any]) -> Any:
    return np.concatenate([np.ravel(value) for value in claim.values()])


def _is_same(one: Any, two: Any, part: float) -> bool:
    return bool(np.linalg.norm(one - two) <= part * np.linalg.norm(one))
