"""Losses that an output and its targets may belong to, when a submission computes none itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.language import mark, tr

__all__ = ["KEPT_DIFFERS", "MENU", "MenuLoss", "describe_factor", "rescaled", "usual_name"]


# The finding of a loss that the file keeps elsewhere, and that the step does not descend as it is.
KEPT_DIFFERS = "kept-loss-differs"


@dataclass(frozen=True, slots=True)
class MenuLoss:
    """A loss summed over all entries; its mean or half differ by a positive constant."""

    id: str
    name: str
    evaluate: Callable[[Any, Any], Any]
    applies: Callable[[Any, Any], bool]


def _always(output: Any, target: Any) -> bool:  # noqa: ARG001 (the signature of its neighbours)
    return True


def _between(output: Any, target: Any) -> bool:
    return bool(np.all((output > 0) & (output < 1)) and np.all((target >= 0) & (target <= 1)))


def _distribution(output: Any, target: Any) -> bool:
    return bool(np.size(output) > 1 and _between(output, target))


MENU = (
    MenuLoss("squared-error", mark("sum of squares"), lambda o, y: np.sum((o - y) ** 2), _always),
    MenuLoss(
        "binary-cross-entropy",
        mark("binary cross-entropy"),
        lambda o, y: -np.sum(y * np.log(o) + (1 - y) * np.log(1 - o)),
        _between,
    ),
    MenuLoss("cross-entropy", mark("cross-entropy"), lambda o, y: -np.sum(y * np.log(o)), _distribution),
)


def describe_factor(loss: MenuLoss, factor: float, batch: int, outputs: int) -> str:
    """The usual name of ``factor`` times a summed loss of a batch.

    Examples
    --------
    >>> describe_factor(MENU[0], 0.5, 10, 1)
    'half the sum of squares'
    >>> describe_factor(MENU[0], 0.1, 10, 1)
    'mean squared error'
    """
    usual = usual_name(loss, factor, batch, outputs) or usual_name(loss, factor, outputs, batch)
    return usual or tr("{factor:.4g} x the {loss}", factor=factor, loss=tr(loss.name))


def usual_name(loss: MenuLoss, factor: float, batch: int, outputs: int) -> str | None:
    """The same; None for a factor that is not usual.

    Examples
    --------
    >>> usual_name(MENU[0], 0.3, 10, 1) is None
    True
    """
    names = _usual(loss, batch, outputs)
    at = _which(names, factor)
    return None if at is None else names[at][1]


def rescaled(loss: MenuLoss, factor: float, shape: tuple[int, int], other: tuple[int, int]) -> float:
    """The factor by which a loss keeps its usual name at other sizes: a mean over fewer samples has a larger one.

    Parameters
    ----------
    loss : MenuLoss
    factor : float
        At ``shape``.
    shape, other : tuple of int
        Rows and columns of the output, samples being either.

    Examples
    --------
    >>> rescaled(MENU[0], 0.1, (10, 1), (5, 1)), rescaled(MENU[0], 0.5, (10, 1), (5, 1))
    (0.2, 0.5)
    """
    for one, two in ((shape, other), (shape[::-1], other[::-1])):
        at = _which(_usual(loss, *one), factor)
        if at is not None:
            return _usual(loss, *two)[at][0]
    return factor


def _which(names: list[tuple[float, str]], factor: float) -> int | None:
    return next((at for at, (value, _) in enumerate(names) if abs(factor - value) <= 1e-4 * value), None)


def _usual(loss: MenuLoss, batch: int, outputs: int) -> list[tuple[float, str]]:
    """Factors that are usual, and what the loss is called with them."""
    if loss.id == "squared-error":
        return [
            (1.0, tr("sum of squares")),
            (0.5, tr("half the sum of squares")),
            (1.0 / (batch * outputs), tr("mean squared error")),
            (0.5 / (batch * outputs), tr("half the mean squared error")),
            (1.0 / batch, tr("sum of squares over the batch size")),
            (0.5 / batch, tr("half the sum of squares over the batch size")),
        ]
    return [
        (1.0, tr("summed {loss}", loss=tr(loss.name))),
        (1.0 / batch, tr("mean {loss}", loss=tr(loss.name))),
        (1.0 / (batch * outputs), tr("mean {loss} over all outputs", loss=tr(loss.name))),
    ]
