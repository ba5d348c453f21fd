"""Steps that climb: right for a likelihood or a reward, wrong for a loss; what the file calls it decides."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from gradcheck.language import tr
from gradcheck.problem import Driver
from gradcheck.records import CheckReport, Finding, Severity, Verdict

__all__ = [
    "climbed_in",
    "climbs",
    "has_no_floor",
    "is_climbed",
    "is_never_positive",
    "of_either_sign",
    "with_ascent_noted",
]

# Ratios of all blocks that agree with -1 to this; a smoothed loss moves each by about 1e-7.
AGREEMENT = 1e-4
# Names of what is meant to be as large as possible; a negative one is meant to be small.
CLIMBED = re.compile(
    r"likelihood|log_?lik|posterior|log_?post|elbo|reward|utility|fitness|(^|_)(ll|llh|logl)($|_|\d)|vraisemblance|"
    r"belohnung|似然|后验|奖励|回报",
    re.IGNORECASE,
)
DESCENDED = re.compile(
    r"loss|cost|err|mse|nll|neg|entropy|(^|_)j($|_)|verlust|kosten|fehler|abweichung|perte|co[uû]t|损失|代价|误差|成本|负",
    re.IGNORECASE,
)
# How far and in how many directions it is seen whether a quantity goes on falling, and how much at every doubling: what
# falls as a straight line does doubles at last.
FARTHER, DIRECTIONS, FALLING, SEED = (4.0, 8.0, 16.0), 8, 1.5, 11
# Multiples of the parameters at which a quantity's sign is looked at.
MULTIPLES = (1.0, 0.5, -1.0, 2.0)


def climbs(report: CheckReport) -> bool:
    """Whether every block is the gradient of what was taken for the loss, with the other sign."""
    ratios = [block.ratio for block in report.blocks]
    opposite = all(ratio is not None and abs(ratio + 1.0) <= AGREEMENT for ratio in ratios)
    return report.verdict is Verdict.FAIL and bool(ratios) and opposite


def is_climbed(names: Sequence[str]) -> bool | None:
    """Whether what has these names is meant to be large; None where they do not say."""
    descended = any(DESCENDED.search(name) for name in names)
    climbed = any(CLIMBED.search(name) for name in names)
    return climbed if climbed is not descended else (False if descended else None)


def climbed_in(name: str) -> str | None:
    """The part of a name that says that something is meant to be large; None where none does."""
    found = CLIMBED.search(name)
    return None if found is None else found[0].strip("_")


def is_never_positive(driver: Driver) -> bool:
    """Whether a quantity is below zero wherever it is looked at, as a likelihood's logarithm is, and no usual loss."""
    values = []
    driver.begin()
    try:
        for factor in MULTIPLES:
            driver.restore()
            values.append(float(np.real(np.ravel(driver.loss([factor * array for array in driver.values()]))[0])))
    finally:
        driver.end()
    return all(np.isfinite(value) and value < 0.0 for value in values)


def has_no_floor(driver: Driver) -> bool:
    """Whether a quantity falls without end whichever way the parameters go: nobody means such a one to be descended.

    So does a likelihood's logarithm, also less a penalty; a cosine or an output of either sign does not.
    """
    rng = np.random.default_rng(SEED)
    driver.begin()
    try:
        start = driver.values()
        for _ in range(DIRECTIONS):
            along = [rng.standard_normal(np.shape(array)) for array in start]
            values = []
            for factor in FARTHER:
                driver.restore()
                far = [np.asarray(factor * array, dtype=old.dtype) for array, old in zip(along, start, strict=True)]
                values.append(float(np.real(np.ravel(driver.loss(far))[0])))
            if not np.all(np.isfinite(values)) or not values[2] < FALLING * values[1] < FALLING**2 * values[0] < 0.0:
                return False
    finally:
        driver.end()
    return True


def with_ascent_noted(report: CheckReport) -> CheckReport:
    """Said, since whoever means it to be descended must know."""
    message = tr(
        "The step climbs what is called a likelihood, as it should. Were it the negative likelihood, which is "
        "descended, every gradient would have the wrong sign."
    )
    finding = Finding(id="gradient-ascent", severity=Severity.INFO, message=message)
    return dataclasses.replace(report, findings=(*report.findings, finding))


def of_either_sign(report: CheckReport, loss: str) -> CheckReport:
    """Two readings, one of which passes and one of which fails, and nothing in the file that says which is meant."""
    reason = tr(
        "The step climbs {loss}, which is below zero everywhere, and nothing says whether that is meant: if it is to "
        "become large (a log-likelihood, a reward), the gradient is right; if it is a loss, every sign is wrong. Call "
        "it log_likelihood or reward where it is to be climbed, or compute the loss that is to be descended.",
        loss=loss,
    )
    blocks = tuple(dataclasses.replace(block, verdict=Verdict.INCONCLUSIVE) for block in report.blocks)
    finding = Finding(id="ambiguous-sign", severity=Severity.WARNING, message=reason)
    return dataclasses.replace(
        report, verdict=Verdict.INCONCLUSIVE, reason=reason, blocks=blocks, findings=(*report.findings, finding)
    )
