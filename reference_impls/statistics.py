"""Wilson's interval for a rate, and what it says about a claim."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal, TypeAlias

__all__ = ["Judgement", "Outcome", "judge", "judgement", "wilson_interval"]

Outcome: TypeAlias = Literal["holds", "does not hold", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A measured rate beside the rate that a claim requires.

    Attributes
    ----------
    outcome : {'holds', 'does not hold', 'undecided'}
        Where the interval lies relative to `rate_required`.
    successes, trials : int
        Counts.
    rate, lower, upper, rate_required, confidence : float
        Shares in [0, 1]; ``(lower, upper)`` is Wilson's interval at level `confidence`.
    """

    outcome: Outcome
    successes: int
    trials: int
    rate: float
    lower: float
    upper: float
    rate_required: float
    confidence: float


def wilson_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval for a binomial rate.

    Parameters
    ----------
    successes, trials : int
        Counts, ``0 <= successes <= trials`` and ``trials >= 1``.
    confidence : float
        Two-sided level in (0, 1).

    Returns
    -------
    lower, upper : float
        Shares in [0, 1].

    Raises
    ------
    ValueError
        If the counts or the level are out of range.

    Notes
    -----
    With ``p = successes/trials`` and the normal quantile ``z``, the interval is
    ``(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``. Unlike ``p -+ z s`` it stays inside [0, 1]
    and does not collapse when every run succeeds.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> lower, upper = wilson_interval(100, 100)
    >>> round(lower, 4), round(upper, 4)
    (0.963, 1.0)
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"successes={successes}, trials={trials}: expected 0 <= successes <= trials and trials >= 1")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence}: expected a level between 0 and 1, such as 0.95")
    quantile = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, correction = successes / trials, quantile**2 / trials
    centre = rate + correction / 2
    half_width = quantile * sqrt(rate * (1 - rate) / trials + correction / (4 * trials))
    lower, upper = (centre - half_width) / (1 + correction), (centre + half_width) / (1 + correction)
    return (0.0 if successes == 0 else lower), (1.0 if successes == trials else upper)


def judgement(successes: int, trials: int, rate_required: float, *, confidence: float = 0.95) -> Judgement:
    """Compare a measured rate with a required one.

    Parameters
    ----------
    successes, trials : int
        Counts.
    rate_required : float
        Share in (0, 1).
    confidence : float
        Level of the interval, in (0, 1). A claim whose true rate is just `rate_required` is judged either way with
        a probability of about ``(1 - confidence) / 2`` each: up to 6 % at the level 0.95, and up to 8 % where fewer
        than three successes (or failures) are expected, since counts are whole numbers.

    Returns
    -------
    Judgement
        ``'holds'`` when the whole interval is at or above `rate_required`, ``'does not hold'`` when it is below,
        else ``'undecided'``.

    Raises
    ------
    ValueError
        If a count, rate or level is out of range.
    """
    if not 0 < rate_required < 1:
        raise ValueError(f"rate_required={rate_required}: expected a share between 0 and 1, such as 0.95")
    lower, upper = wilson_interval(successes, trials, confidence=confidence)
    outcome: Outcome = "undecided"
    if lower >= rate_required:
        outcome = "holds"
    elif upper < rate_required:
        outcome = "does not hold"
    return Judgement(
        outcome=outcome,
        successes=successes,
        trials=trials,
        rate=successes / trials,
        lower=lower,
        upper=upper,
        rate_required=rate_required,
        confidence=confidence,
    )


def judge(successes: int, n: int, rate_required: float) -> Outcome:
    """Say whether a claim holds, from Wilson's interval at the 95 % level; `judgement` gives the interval too.

    Examples
    --------
    >>> judge(100, 100, 0.95), judge(81, 100, 0.95), judge(95, 100, 0.95)
    ('holds', 'does not hold', 'undecided')
    """
    return judgement(successes, n, rate_required).outcome
