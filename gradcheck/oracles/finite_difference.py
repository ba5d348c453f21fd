"""Central differences along a line, with an estimate of both of their errors.

``D(h) = (f(x + h v) - f(x - h v)) / (2 h)`` has a truncation error ``h**2 f''' / 6`` and a round-off error of about
``eps |f| / h``. Three or more steps show on which branch each lies; one Richardson extrapolation of two of them removes
the ``h**2`` term.

References
----------
.. [1] W. H. Press et al., *Numerical Recipes*, section 5.7, "Numerical derivatives".
.. [2] J. J. Moré and S. M. Wild, "Estimating derivatives of noisy simulations", ACM TOMS 38 (2012).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Difference", "Estimate", "central_difference", "estimate", "extrapolate", "slope_jump"]

# A loss summed in floating point is off by a few units in the last place; four covers sums over a batch (pairwise
# summation in NumPy keeps the growth logarithmic).
ROUND_OFF_FACTOR = 4.0

# A difference is off by no more than this many times its round-off error, unless something else is.
NOISY = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One central difference.

    Attributes
    ----------
    step : float
        ``h``, in units of the direction.
    plus, minus : float
        ``f(x + h v)`` and ``f(x - h v)``.
    value : float
        ``D(h)``, units of the loss per unit of the direction.
    round_off_error : float
        A-priori round-off error of ``value``, same units.
    """

    step: float
    plus: float
    minus: float
    value: float
    round_off_error: float

    @property
    def informative(self) -> bool:
        """False when the loss did not change at all: it is constant, or the step is below its resolution."""
        return self.plus != self.minus


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A directional derivative with both parts of its error, and the step that it rests on."""

    value: float
    truncation_error: float
    round_off_error: float
    step: float

    @property
    def error_bound(self) -> float:
        """Truncation and round-off error together."""
        return self.truncation_error + self.round_off_error


def central_difference(phi: Callable[[float], float], step: float, eps: float, floor: float = 0.0) -> Difference:
    """One central difference of ``phi`` at 0.

    Parameters
    ----------
    phi : callable
        ``phi(t) = f(x + t v)``; called twice.
    step : float
        ``h > 0``.
    eps : float
        Relative spacing of the loss's numbers (``2**-52`` for float64), dimensionless.
    floor : float, optional
        Absolute noise of the loss where it has been measured to be above ``eps |f|`` (units of the loss).

    Examples
    --------
    >>> import math
    >>> difference = central_difference(math.exp, 1e-5, 2.0**-52)
    >>> abs(difference.value - 1.0) < 1e-9
    True
    """
    plus, minus = phi(step), phi(-step)
    noise = max(ROUND_OFF_FACTOR * eps * (abs(plus) + abs(minus)), 2.0 * floor)
    return Difference(
        step=step,
        plus=plus,
        minus=minus,
        value=(plus - minus) / (2.0 * step),
        round_off_error=noise / (2.0 * step),
    )


def extrapolate(fine: Difference, coarse: Difference) -> Estimate:
    """Richardson extrapolation of two central differences; the error left is of order ``h**4``.

    The truncation error is bounded by the correction itself, which is the error of the finer difference.
    """
    ratio = (coarse.step / fine.step) ** 2
    correction = (fine.value - coarse.value) / (ratio - 1.0)
    return Estimate(
        value=fine.value + correction,
        truncation_error=abs(correction),
        round_off_error=(ratio * fine.round_off_error + coarse.round_off_error) / (ratio - 1.0),
        step=fine.step,
    )


def estimate(differences: Sequence[Difference]) -> Estimate | None:
    """The best value that a ladder of steps supports, with what its neighbours on the ladder say of its error.

    A value's truncation error is its largest distance from its neighbours' values (a finer neighbour carries a part
    ``1 / r**2`` of the same error, which is added back); the one whose errors add up to least is taken. Where a finer
    step is off by more than its round-off error, the loss is noisier than its last place (``log(1 - p + 1e-8)`` near
    ``p = 1``): such noise is in inverse proportion to the step, and a coarser value carries its part of it. ``None``
    when fewer than two steps are informative.

    Parameters
    ----------
    differences : sequence of Difference
        In any order.
    """
    ladder = sorted((d for d in differences if d.informative), key=lambda d: d.step)
    if len(ladder) < 2:
        return None
    candidates = []
    for position, difference in enumerate(ladder):
        neighbours = ladder[max(position - 1, 0) : position] + ladder[position + 1 : position + 2]
        candidates.append(
            Estimate(
                value=difference.value,
                truncation_error=max(
                    [_distance(difference, other) for other in neighbours]
                    + [_noise(difference, finer) for finer in ladder[:position]]
                ),
                round_off_error=difference.round_off_error,
                step=difference.step,
            )
        )
    for finest, fine, coarse in zip(ladder, ladder[1:], ladder[2:], strict=False):
        first, second = extrapolate(finest, fine), extrapolate(fine, coarse)
        candidates.append(
            Estimate(
                value=first.value,
                truncation_error=abs(first.value - second.value),
                round_off_error=first.round_off_error,
                step=first.step,
            )
        )
    return min(candidates, key=lambda candidate: candidate.error_bound)


def _distance(difference: Difference, neighbour: Difference) -> float:
    """Error of a difference, as far as a neighbour on the ladder shows it."""
    part = min((neighbour.step / difference.step) ** 2, 1.0)
    gap = abs(difference.value - neighbour.value)
    return gap / (1.0 - part) if part < 1.0 else gap


def _noise(difference: Difference, finer: Difference) -> float:
    """What a finer step is off beyond its round-off error, as far as it reaches a coarser one."""
    gap = abs(difference.value - finer.value)
    return gap * finer.step / difference.step if gap > NOISY * finer.round_off_error else 0.0


def slope_jump(difference: Difference, centre: float) -> float:
    """``(f(x + h v) + f(x - h v) - 2 f(x)) / h``: tends to 0 with ``h``, or to the jump of the slope at a kink."""
    return (difference.plus + difference.minus - 2.0 * centre) / difference.step
