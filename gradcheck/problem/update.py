"""The gradient of code that only applies it: recovered from what one training step does to the parameters.

A step ``theta' = theta - rate * g`` gives ``g = (theta - theta') / rate`` up to the round-off of the subtraction,
``eps * |theta| / rate`` an entry. The rate is therefore chosen so that this stays below 1e-8 of the gradient. A step
whose change is not proportional to the rate is looked at more closely: the change is fitted as
``offset + rate * g + rate**2 * c`` from three rates.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.problem.live import LiveDriver
from gradcheck.problem.structure import Array
from gradcheck.records import Finding, Severity

__all__ = ["UpdateDriver"]

# Change of the parameters, relative to their size, that a trial step aims at: large enough that cancellation leaves
# 1e-13 of the gradient, small enough that a step which depends on the rate stays in its quadratic regime.
TARGET_CHANGE = 1e-3
# Two recovered gradients that differ by more than this (relative to their norm) depend on the rate; cancellation at
# TARGET_CHANGE leaves 1e-12.
RATE_TOLERANCE = 1e-8
EPS = float(np.finfo(np.float64).eps)


class UpdateDriver(LiveDriver):
    """Drives ``loss()`` and ``step(rate)`` (or ``step()`` at the code's own rate) over live parameters.

    Parameters
    ----------
    loss, step : callable
        ``step`` changes the parameters once by gradient descent.
    params : mapping of name to array or Ref
    learning_rate : float, optional
        The rate of ``step()``; for ``step(rate)`` the rate that the code trains with, if known (parameter units
        squared over loss units).

    Raises
    ------
    InvalidArgumentError
        If ``step`` takes no rate and none is given, or the rate is not a positive finite number.
    """

    def __init__(
        self,
        loss: Callable[[], Any],
        step: Callable[..., Any],
        params: Mapping[str, Any],
        learning_rate: float | None = None,
    ) -> None:
        self._takes_rate = _takes_argument(step)
        if learning_rate is not None and not (np.isfinite(learning_rate) and learning_rate > 0.0):
            raise InvalidArgumentError(f"learning_rate={learning_rate!r}; expected a positive finite number.")
        if learning_rate is None and not self._takes_rate:
            raise InvalidArgumentError(
                "step() takes no rate and learning_rate=None: pass the rate that the code uses, "
                "or a step that takes the rate as its argument."
            )
        super().__init__(loss, step, params, label="step")
        self._own_rate = learning_rate
        self._rate: float | None = None
        self._errors: tuple[float, ...] = (0.0,) * len(self.blocks)
        self._extrapolate = False
        self._findings: list[Finding] = []

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The gradient that one step applies, one array a block."""
        kept = [np.array(array, copy=True) for array in arrays]
        if self._rate is None:
            self._study(kept)
        assert self._rate is not None
        if not self._extrapolate:
            return self._recovered(kept, self._rate)
        near, far = self._recovered(kept, self._rate), self._recovered(kept, 2.0 * self._rate)
        self._errors = tuple(3.0 * error for error in self._errors)
        return [2.0 * a - b for a, b in zip(near, far, strict=True)]

    def gradient_error(self) -> tuple[float, ...]:
        """Per block, what the subtraction has cost each entry of the last gradient."""
        return self._errors

    def findings(self) -> tuple[Finding, ...]:
        """What the steps have shown: dependence on the rate, momentum, adaptive steps."""
        return tuple(self._findings)

    def _study(self, arrays: list[Array]) -> None:
        """Choose the rate, and see how the step depends on it and on what went before."""
        natural = self._own_rate if self._own_rate is not None else 0.1
        self._rate = natural
        change = self._changes(arrays, natural)
        self._look_for_adaptive_steps(arrays, change)
        self._look_for_momentum(arrays, change, natural)
        if not self._takes_rate:
            return
        size = max((float(np.linalg.norm(array)) for array in arrays), default=0.0) or 1.0
        moved = max((float(np.linalg.norm(delta)) for delta in change), default=0.0)
        if moved == 0.0 or not np.isfinite(moved):
            return
        rate = natural * min(1.0, TARGET_CHANGE * size / moved) if moved > TARGET_CHANGE * size else natural
        while rate * moved / natural < 1e-6 * size and rate < 1e12:
            rate *= 10.0
        self._judge_rates(arrays, rate, natural)

    def _judge_rates(self, arrays: list[Array], rate: float, natural: float) -> None:
        whole, half = self._recovered(arrays, rate), self._recovered(arrays, rate / 2.0)
        depends = [
            not np.allclose(a, b, rtol=0.0, atol=RATE_TOLERANCE * float(np.linalg.norm(a)) + 8.0 * error)
            for a, b, error in zip(whole, half, self._errors, strict=True)
        ]
        moved = [bool(np.any(a)) for a in whole]
        self._rate = rate
        if not any(depends):
            return
        steady = [name.name for name, d, m in zip(self.blocks, depends, moved, strict=True) if m and not d]
        unsteady = [name.name for name, d in zip(self.blocks, depends, strict=True) if d]
        if steady:
            self._rate = natural
            self._findings.append(
                Finding(
                    id="updated-weights-used",
                    severity=Severity.WARNING,
                    message=f"The step of {', '.join(unsteady)} is not proportional to the learning rate, that of "
                    f"{', '.join(steady)} is: part of the backward pass reads parameters that were already updated. "
                    "Compute every gradient first, then update.",
                )
            )
            return
        self._extrapolate = True
        self._rate = rate * 1e-3
        self._findings.append(
            Finding(
                id="rate-dependent-step",
                severity=Severity.INFO,
                message="What a step does is not proportional to the learning rate in any block, as in a loop over "
                "samples that updates after each: the gradient was read off in the limit of a small rate.",
            )
        )

    def _look_for_momentum(self, arrays: list[Array], first: list[Array], rate: float) -> None:
        second = self._changes(arrays, rate, again=True)
        if all(np.allclose(a, b, rtol=1e-9, atol=EPS * _size(x)) for a, b, x in zip(first, second, arrays, strict=True)):
            return
        third = self._changes(arrays, rate, again=True)
        growth = [c - b for b, c in zip(second, third, strict=True)]
        earlier = [b - a for a, b in zip(first, second, strict=True)]
        same = all(
            np.allclose(a, b, rtol=1e-6, atol=4.0 * EPS * _size(x))
            for a, b, x in zip(growth, earlier, arrays, strict=True)
        )
        kind = "gradient-accumulated" if same else "stateful-step"
        self._findings.append(
            Finding(
                id=kind,
                severity=Severity.ERROR,
                message="A second step from the same parameters adds the gradient of the first one again: "
                "the gradient is accumulated across calls and never reset."
                if same
                else "A second step from the same parameters does something else: the step keeps state (momentum, "
                "an adaptive rate, a schedule), so that the gradient cannot be read off it. Check the gradient itself, or "
                "pass a step of plain gradient descent.",
            )
        )

    def _look_for_adaptive_steps(self, arrays: list[Array], change: list[Array]) -> None:
        """All entries move by one amount, and by the same amount from other parameters too."""
        first = _common_size(change)
        if first is None:
            return
        elsewhere = [array + 0.1 * (1.0 + np.abs(array)) * np.cos(np.arange(array.size)).reshape(array.shape) for array in arrays]
        second = _common_size(self._changes(elsewhere, self._rate or 0.1))
        if second is not None and abs(first - second) <= 1e-3 * first:
            self._findings.append(
                Finding(
                    id="adaptive-step",
                    severity=Severity.ERROR,
                    message="Every parameter moves by the same amount whatever its gradient, as in Adam, RMSprop or "
                    "sign descent: the gradient cannot be read off such a step. Check the gradient itself, or pass a "
                    "step of plain gradient descent.",
                )
            )

    def _recovered(self, arrays: list[Array], rate: float) -> list[Array]:
        changes = self._changes(arrays, rate)
        self._errors = tuple(EPS * _size(array) / rate for array in arrays)
        return [-delta / rate for delta in changes]

    def _changes(self, arrays: list[Array], rate: float, *, again: bool = False) -> list[Array]:
        """What one step adds to the parameters; the code's other state is put back first, unless ``again``."""
        if not again:
            self.restore()
            self._forward(arrays)
        given = [np.array(array, copy=True) for array in arrays]
        with self._placed(given):
            self._watching, watching = False, self._watching
            try:
                self._callables["step"](*((rate,) if self._takes_rate else ()))
                now = [group[0].get() for group in self._groups]
            finally:
                self._watching = watching
        for block, before, after in zip(self.blocks, arrays, now, strict=True):
            if after.shape != before.shape:
                raise ValueError(
                    f"a step turned {block.name} from shape {before.shape} into {after.shape}: "
                    "its gradient has the wrong shape"
                )
        return [after.astype(np.float64) - before.astype(np.float64) for before, after in zip(arrays, now, strict=True)]

    def _forward(self, arrays: list[Array]) -> None:
        """A backward pass may read what the forward pass stored: run it at these parameters first."""
        self.loss([np.array(array, copy=True) for array in arrays])


def _size(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def _common_size(changes: list[Array]) -> float | None:
    """The one absolute size of all moved entries, if there is one and at least four entries moved."""
    sizes = np.concatenate([np.abs(delta).ravel() for delta in changes] or [np.empty(0)])
    sizes = sizes[sizes > 0.0]
    if sizes.size < 4 or float(sizes.max()) > float(sizes.min()) * (1.0 + 1e-3):
        return None
    return float(sizes.max())


def _takes_argument(step: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):  # built-in callables without a signature
        return False
    return any(
        p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL) for p in parameters
    )
