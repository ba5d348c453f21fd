"""A number that is typed beside the learning rate: a part of the step's length where the gradient is right without it.

``p.data -= 0.3 * lr * p.grad`` takes 0.3 of the rate. Read as a part of the gradient, the 0.3 would make a right one
wrong; so it is a part of the step where that, and no other reading, makes what the file computes the loss of the step.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection

import numpy as np

from gradcheck.language import tr
from gradcheck.records import Finding, Severity
from gradcheck.submissions.losses.own_loss import AGREEMENT, multiples
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.text.updates import is_number, rate_name

__all__ = ["take_share"]


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
    share = _share(experiment)
    pool = [scalar for scalar in found if not scalar.is_metric]
    if share is None or not pool or experiment.read is not None:
        return
    ratios = np.array(multiples(experiment, pool, rng))
    if np.any(np.abs(ratios - 1.0) <= AGREEMENT) or not np.any(np.abs(ratios / share - 1.0) <= AGREEMENT):
        return
    experiment.gain *= share
    message = tr(
        "Every update multiplies the learning rate by {share}: that was taken for a part of the step's length, not of "
        "the gradient.",
        share=f"{share:g}",
    )
    experiment.noted.append(Finding(id="step-share", severity=Severity.INFO, message=message))


def _share(experiment: Experiment) -> float | None:
    """What all updates type beside the rate, if they type the same."""
    sites, rates = experiment.runtime.sites, experiment.rates
    named = [sites[number] for number in rates.sites - rates.literals]
    if not named or rates.scaled or any(site.owner < 0 for site in named):
        return None
    words = {site.name for site in named}
    shares = {_typed_beside(sites[site.owner].text, words) for site in named}
    share = shares.pop() if len(shares) == 1 else None
    return None if share in (None, 1.0) else share


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
