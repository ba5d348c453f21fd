"""Steps that climb: right for a likelihood or a reward, wrong for a loss; what the file calls it decides."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from gradcheck.language import tr
from gradcheck.problem import Driver
from gradcheck.records import CheckReport, Finding, Severity, Verdict

__all__ = [
    "DESCENDS",
    "adds_logarithms",
    "climbed_in",
    "climbs",
    "has_no_floor",
    "is_climbed",
    "is_negative_somewhere",
    "is_never_positive",
    "of_either_sign",
    "with_ascent_noted",
    "with_descent_noted",
]

# The finding that a step descends what is to be climbed.
DESCENDS = "likelihood-descended"
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
# What is added to a probability, so that its logarithm is finite, is less than this.
LITTLE = 1e-3
# What sums up or averages its argument, and leaves its sign.
REDUCING = {"sum", "mean", "average", "float", "item"}
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


def adds_logarithms(expression: ast.expr) -> bool:
    """Whether an expression is a probability's logarithm, times something or summed up, and nowhere with a minus.

    What has a name may be a probability, and so may 1 less that, or that and a little; ``1 + x ** 2`` is none.

    Parameters
    ----------
    expression : ast.expr

    Examples
    --------
    >>> texts = ("G * np.log(p[a])", "np.sum(y * np.log(p + 1e-9) + (1 - y) * np.log(1 - p)) / m", "np.log(p) - l * w")
    >>> [adds_logarithms(ast.parse(text, mode="eval").body) for text in texts]
    [True, True, True]
    >>> texts = ("-np.log(p)", "a * p", "np.log(1 + r ** 2)", "np.log(np.cosh(r)).sum()")
    >>> [adds_logarithms(ast.parse(text, mode="eval").body) for text in texts]
    [False, False, False, False]
    """
    match expression:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=right):
            penalty = isinstance(operator, ast.Sub) and not _takes_logarithms(right)
            more = isinstance(operator, ast.Add) and adds_logarithms(right)
            return adds_logarithms(left) and (penalty or more)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            pairs = ((left, right), (right, left))
            return any(adds_logarithms(one) and not _is_negated(other) for one, other in pairs)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return adds_logarithms(left) and not _is_negated(right)
        case ast.Call(func=ast.Attribute(attr="log") | ast.Name(id="log"), args=[argument, *_]):
            return _may_be_probability(argument)
        case ast.Call():
            reduced = _reduced(expression)
            return reduced is not None and adds_logarithms(reduced)
    return False


def _may_be_probability(argument: ast.expr) -> bool:
    match argument:
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return True
        case ast.BinOp(left=ast.Constant(value=1 | 1.0), op=ast.Sub(), right=right):
            return _may_be_probability(right)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=float(little))) if little < LITTLE:
            return _may_be_probability(left)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Name(id=name)) if name.lower().startswith("eps"):
            return _may_be_probability(left)
        case ast.Call(func=ast.Attribute(attr="clip" | "maximum"), args=[first, *_]):
            return _may_be_probability(first)
    return False


def _reduced(call: ast.Call) -> ast.expr | None:
    """What ``np.sum(x)``, ``x.mean()``, ``float(x)`` are made of."""
    match call:
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=args) if name in REDUCING:
            return args[0] if args and isinstance(value, ast.Name) else value
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in REDUCING:
            return first
    return None


def _takes_logarithms(expression: ast.expr) -> bool:
    calls = (part.func for part in ast.walk(expression) if isinstance(part, ast.Call))
    names = (func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls)
    return any(name.startswith("log") for name in names)


def _is_negated(expression: ast.expr) -> bool:
    return any(isinstance(part, ast.USub) for part in ast.walk(expression))


def is_never_positive(driver: Driver) -> bool:
    """Whether a quantity is below zero wherever it is looked at, as a likelihood's logarithm is, and no usual loss."""
    return all(np.isfinite(value) and value < 0.0 for value in _near(driver))


def is_negative_somewhere(driver: Driver) -> bool:
    """Whether a quantity is below zero near or far, as an advantage times a logarithm is; no error or distance is."""
    return any(value < 0.0 for values in (_near(driver), *_far_away(driver)) for value in values)


def _near(driver: Driver) -> list[float]:
    """Values at multiples of the parameters."""
    values = []
    driver.begin()
    try:
        for factor in MULTIPLES:
            driver.restore()
            values.append(float(np.real(np.ravel(driver.loss([factor * array for array in driver.values()]))[0])))
    finally:
        driver.end()
    return values


def has_no_floor(driver: Driver) -> bool:
    """Whether a quantity falls without end whichever way the parameters go: nobody means such a one to be descended.

    So does a likelihood's logarithm, also less a penalty; a cosine or an output of either sign does not.
    """
    return all(
        np.all(np.isfinite(values)) and values[2] < FALLING * values[1] < FALLING**2 * values[0] < 0.0
        for values in _far_away(driver)
    )


def _far_away(driver: Driver) -> list[list[float]]:
    """Values farther and farther along each of some random directions."""
    rng = np.random.default_rng(SEED)
    found: list[list[float]] = []
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
            found.append(values)
    finally:
        driver.end()
    return found


def with_ascent_noted(report: CheckReport) -> CheckReport:
    """Said, since whoever means it to be descended must know."""
    message = tr(
        "The step climbs a likelihood's logarithm or a reward, as it should. Were it the negative one, which is "
        "descended, every gradient would have the wrong sign."
    )
    finding = Finding(id="gradient-ascent", severity=Severity.INFO, message=message)
    return dataclasses.replace(report, findings=(*report.findings, finding))


def with_descent_noted(report: CheckReport, loss: str) -> CheckReport:
    """Said of the check of the opposite sign, in which every block is wrong."""
    message = tr(
        "The step descends {loss}, the logarithms of probabilities: a log-likelihood is to be climbed. Add the "
        "gradient instead of subtracting it, or descend the negative of it.",
        loss=loss,
    )
    finding = Finding(id=DESCENDS, severity=Severity.ERROR, message=message)
    return dataclasses.replace(report, findings=(*report.findings, finding))


def of_either_sign(report: CheckReport, loss: str) -> CheckReport:
    """Two readings, one of which passes and one of which fails, and nothing in the file that says which is meant."""
    reason = tr(
        "The step climbs {loss}, which can be below zero, and nothing says whether that is meant: if it is to "
        "become large (a log-likelihood, a reward), the gradient is right; if it is a loss, every sign is wrong. Call "
        "it log_likelihood or reward where it is to be climbed, or compute the loss that is to be descended.",
        loss=loss,
    )
    blocks = tuple(dataclasses.replace(block, verdict=Verdict.INCONCLUSIVE) for block in report.blocks)
    finding = Finding(id="ambiguous-sign", severity=Severity.WARNING, message=reason)
    return dataclasses.replace(
        report, verdict=Verdict.INCONCLUSIVE, reason=reason, blocks=blocks, findings=(*report.findings, finding)
    )
