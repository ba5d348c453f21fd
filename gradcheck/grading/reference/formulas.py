"""Activations, losses and penalties as formulas that can be differentiated: one table row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp

__all__ = ["ACTIVATION_FUNCTIONS", "LOSS_FORMS", "PENALTY_FORMS", "LossForm", "loss_value"]

LEAK = 0.01
# Below every probability that a double can hold the complement of.
TINY = 1e-300


def _sigmoid(z: Any) -> Any:
    """By ``tanh``, which does not overflow."""
    return 0.5 * (anp.tanh(0.5 * z) + 1.0)


def _softplus(z: Any) -> Any:
    return anp.logaddexp(0.0, z)


def _elu(z: Any) -> Any:
    return anp.where(z > 0, z, anp.exp(anp.minimum(z, 0.0)) - 1.0)


def _softmax(z: Any) -> Any:
    shifted = anp.exp(z - anp.max(z, axis=-1, keepdims=True))
    return shifted / anp.sum(shifted, axis=-1, keepdims=True)


ACTIVATION_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: 1.0 * z,
    "sigmoid": _sigmoid,
    "tanh": anp.tanh,
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "leaky-relu": lambda z: anp.where(z > 0, z, LEAK * z),
    "elu": _elu,
    "softplus": _softplus,
    "softmax": _softmax,
}


def _squares(outputs: Any, targets: Any, _epsilon: float) -> Any:
    return (outputs - targets) ** 2


def _log(probability: Any) -> Any:
    """Of a probability that may have come to be zero: zero times its logarithm is zero."""
    return anp.log(anp.maximum(probability, TINY))


def _bernoulli(outputs: Any, targets: Any, epsilon: float) -> Any:
    return -(targets * _log(outputs + epsilon) + (1.0 - targets) * _log(1.0 - outputs + epsilon))


def _categorical(outputs: Any, targets: Any, epsilon: float) -> Any:
    return -targets * _log(outputs + epsilon)


def _logits(outputs: Any, targets: Any, epsilon: float) -> Any:
    if epsilon:
        return _categorical(_softmax(outputs), targets, epsilon)
    shifted = outputs - anp.max(outputs, axis=-1, keepdims=True)
    return -targets * (shifted - anp.log(anp.sum(anp.exp(shifted), axis=-1, keepdims=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LossForm:
    """A loss: a sum of terms times a constant.

    Attributes
    ----------
    term : callable
        ``term(outputs, targets, epsilon)``, one value an entry.
    over : str
        What the sum is divided by: ``entries``, ``samples`` or ``nothing``.
    factor : float
    text : str or None
        The sum of the terms as an expression of ``{o}`` and ``{y}`` in any layout; None where there is none.
    """

    term: Callable[[Any, Any, float], Any]
    over: str
    factor: float = 1.0
    text: str | None = None


SQUARES = "np.sum(({o} - {y}) ** 2)"
BERNOULLI = "-np.sum({y} * np.log({o}) + (1.0 - {y}) * np.log(1.0 - {o}))"
CATEGORICAL = "-np.sum({y} * np.log({o}))"
LOSS_FORMS: dict[str, LossForm] = {
    "mse": LossForm(term=_squares, over="entries", text=SQUARES),
    "half-mse": LossForm(term=_squares, over="entries", factor=0.5, text=SQUARES),
    "mse-by-sample": LossForm(term=_squares, over="samples", text=SQUARES),
    "half-mse-by-sample": LossForm(term=_squares, over="samples", factor=0.5, text=SQUARES),
    "sse": LossForm(term=_squares, over="nothing", text=SQUARES),
    "half-sse": LossForm(term=_squares, over="nothing", factor=0.5, text=SQUARES),
    "bce": LossForm(term=_bernoulli, over="entries", text=BERNOULLI),
    "bce-by-sample": LossForm(term=_bernoulli, over="samples", text=BERNOULLI),
    "bce-sum": LossForm(term=_bernoulli, over="nothing", text=BERNOULLI),
    "cross-entropy": LossForm(term=_categorical, over="samples", text=CATEGORICAL),
    "cross-entropy-sum": LossForm(term=_categorical, over="nothing", text=CATEGORICAL),
    "softmax-cross-entropy": LossForm(term=_logits, over="samples"),
    "softmax-cross-entropy-sum": LossForm(term=_logits, over="nothing"),
}

# By batch, what the sum of all squared weights is multiplied by, besides l2.
PENALTY_FORMS: dict[str, Callable[[int], float]] = {
    "half": lambda _batch: 0.5,
    "full": lambda _batch: 1.0,
    "half-mean": lambda batch: 0.5 / batch,
}


def loss_value(name: str, outputs: Any, targets: Any, epsilon: float = 0.0) -> Any:
    """A loss without its penalty.

    Parameters
    ----------
    name : str
        A key of ``LOSS_FORMS``.
    outputs, targets : ndarray of shape (batch, outputs)
    epsilon : float
        Added inside logarithms.
    """
    form = LOSS_FORMS[name]
    divisor = {"entries": outputs.shape[0] * outputs.shape[1], "samples": outputs.shape[0], "nothing": 1}[form.over]
    return form.factor / divisor * anp.sum(form.term(outputs, targets, epsilon))
