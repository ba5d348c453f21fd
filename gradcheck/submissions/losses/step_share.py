"""A number that is typed beside the learning rate: a part of the step's length where the gradient is right without it.

``p.data -= 0.3 * lr * p.grad`` takes 0.3 of the rate. Read as a part of the gradient, the 0.3 would make a right one
wrong; so it is a part of the step where that, and no other reading, makes what the file computes the loss of the step.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses.own_loss import AGREEMENT, multiples
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.text.counts import COUNT
from gradcheck.submissions.text.updates import is_number, rate_name

__all__ = ["take_share", "typed_shares"]

# What makes a mean of a sum, after which a division is one too many.
AVERAGED = re.compile(r"mean|average|/")


def take_share(experiment: Experiment, found: list[Scalar], rng: np.random.Generator) -> None:
    """Make a number that stands beside the rate in every update a part of the step, where some scalar says so.

    Parameters
    ----------
    experiment : Experiment
        Its ``gain`` is set, and what to say of that noted.
    found : list of Scalar
        What the step computes.
    rng : numpy.random.Generator
    """
    pool = [scalar for scalar in found if not scalar.is_metric]
    share = _beside(experiment, _typed_beside, literal=False)
    divisor = _beside(experiment, _divided_by, literal=True)
    if not pool or experiment.read is not None or (share in (None, 1.0) and divisor is None):
        return
    ratios = np.array(multiples(experiment, pool, rng))
    if np.any(np.abs(ratios - 1.0) <= AGREEMENT):
        return
    if divisor is not None:
        _take_divisor(experiment, str(divisor), pool, ratios)
        return
    assert isinstance(share, float)
    if not np.any(np.abs(ratios / share - 1.0) <= AGREEMENT):
        return
    experiment.gain *= share
    message = tr(
        "Every update multiplies the learning rate by {share}: that was taken for a part of the step's length, not of "
        "the gradient.",
        share=f"{share:g}",
    )
    experiment.noted.append(Finding(id="step-share", severity=Severity.INFO, message=message))


def _take_divisor(experiment: Experiment, divisor: str, pool: list[Scalar], ratios: npt.NDArray[Any]) -> None:
    """``lr * g / batch_size``: of a loss that is a sum over the batch, whose sum the gradient is."""
    log = experiment.observe(experiment.values())
    experiment.restore()
    sizes = {size for _, *sides in log.pairs for side in sides for size in np.shape(side)}
    for scalar, ratio in zip(pool, ratios, strict=True):
        count = round(1.0 / ratio) if np.isfinite(ratio) and 0.0 < ratio < 1.0 else 1
        averaged = any(AVERAGED.search(site.text) for site in scalar.sites)
        if count < 2 or count not in sizes or abs(ratio * count - 1.0) > AGREEMENT or averaged:
            continue
        experiment.gain /= count
        message = tr(
            "Every update divides by {divisor}, {count} here, beside the learning rate: that was taken for a part of "
            "the step's length. Loss and gradient are sums over the batch.",
            divisor=divisor,
            count=count,
        )
        experiment.noted.append(Finding(id="step-share", severity=Severity.INFO, message=message))
        return


def _beside(
    experiment: Experiment, reading: Callable[[str, Collection[str]], float | str | None], *, literal: bool
) -> float | str | None:
    """What all updates have beside the rate, if they have the same; a rate may be ``literal``, without a name."""
    shares = _readings(experiment, reading, literal=literal)
    return shares.pop() if len(shares) == 1 else None


def typed_shares(experiment: Experiment) -> list[float]:
    """Numbers that stand beside the rate, each in one update at least.

    Parameters
    ----------
    experiment : Experiment
    """
    return [share for share in _readings(experiment, _typed_beside, literal=False) if isinstance(share, float)]


def _readings(
    experiment: Experiment, reading: Callable[[str, Collection[str]], float | str | None], *, literal: bool
) -> set[float | str | None]:
    """What each update has beside the rate; nothing where some update has none, or is not known."""
    sites, rates = experiment.runtime.sites, experiment.rates
    named = [sites[number] for number in (rates.sites if literal else rates.sites - rates.literals)]
    if not named or rates.scaled or any(site.owner < 0 for site in named):
        return set()
    words = {site.name for site in named}
    return {reading(sites[site.owner].text, words) for site in named}


def _divided_by(text: str, rates: Collection[str]) -> str | None:
    """What the product of a rate and one thing with a name is divided by, if that is called a number of samples.

    Examples
    --------
    >>> _divided_by("w - rate * g / batch_size", {"rate"}), _divided_by("w - 0.2 / len(xb) * dW", {"0.2"})
    ('batch_size', 'len(xb)')
    >>> _divided_by("w - lr * g / np.sqrt(v)", {"lr"}) is None
    True
    """
    try:
        node: ast.expr = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        node = node.right
    divisors = [part.right for part in ast.walk(node) if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div)]
    if len(divisors) != 1 or not COUNT.fullmatch(ast.unparse(divisors[0])):
        return None
    others = [part for part in _factors(_undivided(node)) if not {rate_name(part), ast.unparse(part)} & {*rates}]
    return ast.unparse(divisors[0]) if len(others) == 1 and not isinstance(others[0], ast.Constant) else None


def _undivided(node: ast.expr) -> ast.expr:
    """The same without its division."""
    if isinstance(node, ast.UnaryOp):
        return _undivided(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return node.left
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return ast.BinOp(left=_undivided(node.left), op=ast.Mult(), right=_undivided(node.right))
    return node


def _typed_beside(text: str, rates: Collection[str]) -> float | None:
    """The number that a product of a rate and one thing with a name holds besides.

    Examples
    --------
    >>> _typed_beside("-0.3 * lr * p.grad", {"lr"}), _typed_beside("W - lr * 0.5 * dW", {"lr"})
    (0.3, 0.5)

    A formula's numbers are the formula's, whole ones too.

    >>> _typed_beside("0.5 * lr * (p - y)", {"lr"}), _typed_beside("2 * lr * dW", {"lr"})
    (None, None)
    """
    try:
        node: ast.expr = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        node = node.right
    factors = list(_factors(node))
    typed = [part.value for part in factors if isinstance(part, ast.Constant) and is_number(part)]
    others = [part for part in factors if not isinstance(part, ast.Constant) and rate_name(part) not in rates]
    if len(others) != 1 or not isinstance(others[0], (ast.Name, ast.Attribute, ast.Subscript)):
        return None
    if not typed or len(typed) + 2 != len(factors) or not all(isinstance(number, float) for number in typed):
        return None
    return math.prod(number for number in typed if isinstance(number, float)) or None


def _factors(node: ast.expr) -> list[ast.expr]:
    """Of a product, without its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _factors(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node]
