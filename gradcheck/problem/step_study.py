"""How one training step depends on its rate and on what went before, and how the gradient is best read off it.

Steps are compared at the same parameters and the same state. A plain step is proportional to the rate. Part of it is
not where the backward pass reads weights that were already updated; none of it is in a loop over samples; what is left
at rate zero is weight decay, or a buffer. A step that does something else after another step keeps state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from gradcheck.problem import step_findings
from gradcheck.problem.structure import Array, Block
from gradcheck.records import Finding, Severity

__all__ = ["Change", "Plan", "Stepper", "is_plain", "study"]

# Change of the parameters, relative to their norm, from which the limit of rate zero is extrapolated, over the cube
# root of the precision: truncation and rounding are both small there (5e-5 in float64, 0.04 in float32).
LIMIT = 8.0
# A trial step is so many times larger: rounding leaves little of it, and dependence on the rate shows its first order.
TRIAL = 20.0
LARGEST_TRIAL = 0.1
# Trial steps until one has about the wanted size.
ATTEMPTS = 12
# Gradients read at two rates differ if by more than this part of their norm (an updated weight gives 1e-3, a layer that
# hardly matters far less).
SAME_GRADIENT = 1e-9
# Steps differ by state if by more than this part; shuffled samples give 1e-3, momentum and the like tenths.
SAME_STEP = 2e-2
# What a later step must fit to be the first one times a constant, or added once more.
SAME_FACTOR = 1e-3
# A rate at which gradients that depend on it are off by about this part.
PLAIN_TO_SEE = 0.05
# What rounding leaves of a block's gradient where large terms cancel, in the precision of the largest block's.
CANCELLED = 16.0
# Entries that a fit of two numbers must explain to say anything.
FITTED = 6
# What rounding may leave of a block's gradient, and how far beyond a change of the parameters' own size rates may go.
ROUNDING = 1e-9
LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a step added to one block, the rounding error of each entry of that, and the dtype it was stored in."""

    delta: Array
    error: float
    dtype: np.dtype[Any]

    @property
    def size(self) -> float:
        """Its norm."""
        return float(np.linalg.norm(self.delta))

    @property
    def noise(self) -> float:
        """Norm of the rounding errors."""
        return self.error * float(np.sqrt(self.delta.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to read the gradient: at which rate, or in the limit from there, and what the steps have shown."""

    rate: float
    extrapolate: bool = False
    findings: tuple[Finding, ...] = ()


class Stepper(Protocol):
    """Code whose steps can be tried."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Names, shapes and dtypes of the parameters."""

    @property
    def several_updates(self) -> bool:
        """Whether one step is known to make several updates, one after the other."""

    def change(self, arrays: Sequence[Array], rate: float, *, again: bool = False) -> list[Change]:
        """What one step adds; from the state at the beginning, or from that after the last step."""

    def slope(self, arrays: Sequence[Array], direction: Sequence[Array]) -> float:
        """The derivative of the loss along a direction divided by its norm."""


def study(stepper: Stepper, arrays: list[Array], first: list[Change], natural: float, *, can_vary: Any) -> Plan:
    """Try steps at and near these parameters.

    Parameters
    ----------
    stepper : Stepper
    arrays : list of ndarray
    first : list of Change
        What a step at the natural rate does.
    natural : float
        The code's own rate, or a usual one.
    can_vary : object
        Whether (by its truth) rates other than the natural one can be tried.

    Returns
    -------
    Plan
    """
    plan = Plan(rate=natural)
    trial, near = natural, first
    if can_vary:
        try:
            trial, near = _trial(stepper, arrays, first, natural)
        except Exception:  # the code refuses such rates
            can_vary = False
    top = max((change.size / trial for change in near), default=0.0)
    if not 0.0 < top < np.inf:
        return plan
    unit = _scale(arrays) / top
    finding = _state(stepper, arrays, near, trial) or _adaptive(stepper, arrays, near, trial)
    if finding is not None:
        plan = replace(plan, findings=(finding,))
    if not can_vary or (finding is not None and finding.severity is Severity.ERROR):
        return plan
    offset = _offset(stepper, arrays, near, trial)
    if offset is not None:
        return replace(plan, findings=(*plan.findings, offset))
    return _by_rates(stepper, arrays, near, trial, replace(plan, rate=max(natural, trial)), unit)


def is_plain(whole: Sequence[Change], half: Sequence[Change]) -> bool:
    """Whether a step, and one at half its rate, are proportional to the rate, and rounding leaves little of any block.

    Parameters
    ----------
    whole, half : sequence of Change
        Of the same parameters and state.
    """
    return all(
        a.delta.shape == b.delta.shape
        and 0.0 < a.size < np.inf
        and a.noise <= ROUNDING * a.size
        and _norm(a.delta - 2.0 * b.delta) <= SAME_GRADIENT * a.size + 4.0 * a.noise + 8.0 * b.noise
        for a, b in zip(whole, half, strict=True)
    )


def _trial(stepper: Stepper, arrays: list[Array], first: list[Change], natural: float) -> tuple[float, list[Change]]:
    """A rate at which a step is small and well above rounding, and the step there."""
    rate, changes, low, high = natural, first, 0.0, np.inf
    wanted = _trial_size(first) * _scale(arrays)
    for _ in range(ATTEMPTS):
        size = max((change.size for change in changes), default=0.0)
        if 0.25 * wanted < size < 4.0 * wanted:
            break
        low, high = (max(low, rate), high) if size < wanted else (low, min(high, rate))
        guess = rate * wanted / size if 0.0 < size < np.inf else 0.0
        if not low < guess < high:  # what a step does is no multiple of the rate there
            guess = float(np.sqrt(low * high)) if low > 0.0 and high < np.inf else rate * (1e3 if low else 1e-6)
        rate = _power_of_two(guess)
        changes = stepper.change(arrays, rate)
    return rate, changes


def _scale(arrays: list[Array]) -> float:
    return max((float(np.linalg.norm(array)) for array in arrays), default=0.0) or 1.0


def _limit(changes: list[Change]) -> float:
    coarsest = max((float(np.finfo(change.dtype).eps) for change in changes), default=0.0)
    return float(LIMIT * np.cbrt(coarsest))


def _trial_size(changes: list[Change]) -> float:
    return min(TRIAL * _limit(changes), LARGEST_TRIAL)


def _by_rates(stepper: Stepper, arrays: list[Array], near: list[Change], trial: float, plan: Plan, unit: float) -> Plan:
    """The plan that suits the way in which the step depends on the rate."""
    half = stepper.change(arrays, trial / 2.0)
    gaps = [
        _norm(a.delta - 2.0 * b.delta) / (a.size or 1.0) if a.delta.shape == b.delta.shape else 1.0
        for a, b in zip(near, half, strict=True)
    ]
    left = _cancelled(near)
    blurs = [(4.0 * a.noise + 8.0 * b.noise + left) / (a.size or 1.0) for a, b in zip(near, half, strict=True)]
    depends = [gap > SAME_GRADIENT + 4.0 * blur for gap, blur in zip(gaps, blurs, strict=True)]
    if not any(depends):
        return replace(plan, rate=_large_rate(stepper, arrays, near, trial, unit))
    decay = _decay_after_step(arrays, near, half, depends, trial)
    if decay is not None:
        return Plan(rate=trial * _limit(near) / _trial_size(near), extrapolate=True, findings=(*plan.findings, decay))
    strongest = max(gap for gap, unsteady in zip(gaps, depends, strict=True) if unsteady)
    names = [block.name for block in stepper.blocks]
    unsteady = [name for name, found in zip(names, depends, strict=True) if found]
    steady = [
        name
        for name, change, gap, blur in zip(names, near, gaps, blurs, strict=True)
        if change.size and gap <= blur < 0.1 * strongest
    ]
    if steady and not stepper.several_updates:  # one of samples alone may use some: it is updated once
        visible = max(plan.rate, trial * PLAIN_TO_SEE / strongest)
        return replace(plan, rate=visible, findings=(*plan.findings, step_findings.updated_weights(unsteady, steady)))
    return Plan(
        rate=trial * _limit(near) / _trial_size(near),
        extrapolate=True,
        findings=(*plan.findings, step_findings.rate_dependent()),
    )


def _decay_after_step(
    arrays: list[Array], near: list[Change], half: list[Change], depends: list[bool], rate: float
) -> Finding | None:
    """Weights that are shrunk after the gradient was applied: ``theta' = (1 - rate * decay) (theta - rate * g)``.

    The gradient read at a rate is then ``G - rate * (decay * G - decay**2 * theta)`` with ``G = g + decay * theta``.
    """
    chosen = [
        (np.asarray(array, dtype=np.float64), -whole.delta / rate, -2.0 * part.delta / rate)
        for array, whole, part, found in zip(arrays, near, half, depends, strict=True)
        if found and whole.delta.shape == part.delta.shape == array.shape
    ]
    if sum(theta.size for theta, _, _ in chosen) < FITTED:
        return None
    theta, whole_gradient, half_gradient = (
        np.concatenate([part.ravel() for part in parts]) for parts in zip(*chosen, strict=True)
    )
    bend = 2.0 * (whole_gradient - half_gradient) / rate
    basis = np.stack([2.0 * half_gradient - whole_gradient, theta], axis=1)
    if not (np.isfinite(basis).all() and np.isfinite(bend).all()):
        return None
    factors = np.linalg.lstsq(basis, bend, rcond=None)[0]
    if factors[0] >= 0.0 or _norm(bend - basis @ factors) > SAME_FACTOR * _norm(bend):
        return None
    return step_findings.weight_decay(-float(factors[0]), per_rate=True)


def _large_rate(stepper: Stepper, arrays: list[Array], near: list[Change], trial: float, unit: float) -> float:
    """A rate at which rounding leaves little of any block's gradient, if the step is the same there."""
    wanted = [change.noise * trial / (ROUNDING * change.size) for change in near if change.size]
    large = _power_of_two(min(max([unit, *wanted]), LARGEST * unit))
    try:
        far = stepper.change(arrays, large)
    except Exception:  # it checks its weights, or runs its own loss at them
        return trial
    ratio = large / trial
    same = all(
        _norm(a.delta - b.delta / ratio) <= SAME_GRADIENT * a.size + 4.0 * a.noise + 4.0 * b.noise / ratio
        for a, b in zip(near, far, strict=True)
    )
    return large if same else trial


def _state(stepper: Stepper, arrays: list[Array], near: list[Change], rate: float) -> Finding | None:
    """Whether a step does something else after another one, and what that looks like."""
    elsewhere = _elsewhere(arrays)
    try:
        fresh = stepper.change(elsewhere, rate)
        stepper.change(arrays, rate)
        later = stepper.change(elsewhere, rate, again=True)
        if all(_close(a, b, SAME_STEP) for a, b in zip(fresh, later, strict=True)):
            return None
        stepper.change(arrays, rate)
        second = stepper.change(arrays, rate, again=True)
        third = stepper.change(arrays, rate, again=True)
    except Exception:  # the code does not run there: nothing is known
        return None
    if _is_schedule(near, second, fresh, later):
        return step_findings.schedule()
    once, twice = _minus(second, near), _minus(third, second)
    added = [_close(a, b, SAME_FACTOR) and _close(b, c, SAME_FACTOR) for a, b, c in zip(near, once, twice, strict=True)]
    kept = [_close(a, b, SAME_STEP) and _close(a, c, SAME_STEP) for a, b, c in zip(near, second, third, strict=True)]
    grows = any(again and not same for again, same in zip(added, kept, strict=True))
    if grows and all(again or same for again, same in zip(added, kept, strict=True)):  # some may be put to zero
        return step_findings.accumulated()
    return step_findings.stateful()


def _is_schedule(near: list[Change], second: list[Change], fresh: list[Change], later: list[Change]) -> bool:
    """Whether the second step is the first one times a constant, and the same constant elsewhere."""
    factors = [_factor(near, second), _factor(fresh, later)]
    return factors[0] > 0.0 and abs(factors[0] - factors[1]) <= SAME_FACTOR * factors[0]


def _factor(before: list[Change], after: list[Change]) -> float:
    a = np.concatenate([change.delta.ravel() for change in before])
    b = np.concatenate([change.delta.ravel() for change in after])
    factor = float(a @ b) / (float(a @ a) or 1.0)
    noise = float(np.linalg.norm([change.noise for change in (*before, *after)]))
    fits = float(np.linalg.norm(b - factor * a)) <= SAME_FACTOR * float(np.linalg.norm(b)) + 4.0 * noise
    return factor if fits else -1.0


def _adaptive(stepper: Stepper, arrays: list[Array], near: list[Change], rate: float) -> Finding | None:
    """All entries move by one amount, by the same from other parameters too, and the loss does not ask for that."""
    first = _common_size(near)
    if first is None:
        return None
    try:
        second = _common_size(stepper.change(_elsewhere(arrays), rate))
        if second is None or abs(first - second) > SAME_FACTOR * first:
            return None
        direction = [change.delta / rate for change in near]
        claimed, slope = float(np.linalg.norm([_norm(part) for part in direction])), stepper.slope(arrays, direction)
    except Exception:  # the code does not run there: nothing is known
        return None
    return None if abs(abs(slope) - claimed) <= PLAIN_TO_SEE * claimed else step_findings.adaptive_step()


def _common_size(changes: list[Change]) -> float | None:
    """The one absolute size of all moved entries, if there is one and at least four entries moved."""
    sizes = np.concatenate([np.abs(change.delta).ravel() for change in changes])
    sizes = sizes[sizes > 0.0]
    if sizes.size < 4 or float(sizes.max()) > float(sizes.min()) * (1.0 + SAME_FACTOR):
        return None
    return float(sizes.max())


def _offset(stepper: Stepper, arrays: list[Array], near: list[Change], trial: float) -> Finding | None:
    """What a step does that has nothing to do with the rate."""
    rate = 1e-6 * trial
    try:
        least = stepper.change(arrays, rate)
    except Exception:  # the code refuses such a rate
        return None
    rounded = _cancelled(least)
    left = [
        (np.asarray(array, dtype=np.float64), small)
        for array, small, large in zip(arrays, least, near, strict=True)
        if small.size > 1e-5 * large.size + 8.0 * small.noise + rounded
    ]
    if not left:
        return None
    shrinking = []
    for array, small in left:
        part = float(np.vdot(array, small.delta)) / (float(np.vdot(array, array)) or 1.0)
        if _norm(small.delta - part * array) > SAME_FACTOR * small.size + 8.0 * small.noise:
            return step_findings.stateful()
        shrinking.append(-part)
    return step_findings.weight_decay(max(shrinking)) if min(shrinking) > 0.0 else step_findings.stateful()


def _cancelled(changes: list[Change]) -> float:
    """Size of a change that may be rounding alone: a bias's, say, whose samples pull it both ways alike."""
    return max(
        (CANCELLED * float(np.finfo(change.dtype).eps) * change.size for change in changes if change.size < np.inf),
        default=0.0,
    )


def _elsewhere(arrays: list[Array]) -> list[Array]:
    """Other parameters, a tenth of their size away."""
    moved = [
        a + 0.1 * (float(np.sqrt(np.mean(np.abs(a) ** 2))) or 1.0) * np.cos(np.arange(a.size)).reshape(a.shape)
        if a.size
        else a
        for a in arrays
    ]
    return [np.asarray(m, dtype=a.dtype) for m, a in zip(moved, arrays, strict=True)]


def _minus(a: list[Change], b: list[Change]) -> list[Change]:
    return [Change(delta=x.delta - y.delta, error=x.error + y.error, dtype=x.dtype) for x, y in zip(a, b, strict=True)]


def _close(a: Change, b: Change, part: float) -> bool:
    return a.delta.shape == b.delta.shape and _norm(a.delta - b.delta) <= part * max(a.size, b.size) + 4.0 * (
        a.noise + b.noise
    )


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array))


def _power_of_two(rate: float) -> float:
    """The nearest one: multiplying and dividing by it rounds nothing."""
    return float(2.0 ** np.round(np.log2(rate)))
