"""The gradient of code that only applies it: recovered from what one training step does to the parameters.

A step ``theta' = theta - rate * g`` gives ``g = (theta - theta') / rate`` up to the rounding of ``theta'``, which is
``eps * |theta'| / rate`` an entry. So the rate is chosen, not taken: where the step is proportional to it, one so large
that this stays below 1e-9 of every block's gradient; where it is not (a loop over samples), three small ones, from
which the limit of rate zero is extrapolated. ``step_study`` says which it is.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import InvalidArgumentError
from gradcheck.language import listed, tr
from gradcheck.problem import step_findings
from gradcheck.problem.live import LiveDriver, norm
from gradcheck.problem.local import silent
from gradcheck.problem.state import Home
from gradcheck.problem.step_study import Change, Plan, is_plain, study
from gradcheck.problem.structure import Array, StructureMismatchError
from gradcheck.records import Finding

__all__ = ["UpdateDriver", "change_of"]

# Rate of the first trial where the code's own is not known.
DEFAULT_RATE = 0.1
# A place that holds the code's rate is looked for among at most so many that hold its value.
MAX_HOMES = 8
# A block that moved by no more than rounding when steps were studied has shown nothing; by so many times that it does.
SHOWN = 100.0
# What the rate does not reach moves alike at two of them (relative).
ALIKE = 1e-3
_RATE_NAME = re.compile(r"^(lr|eta|alpha|rate|step_?size|.*_lr|lr_.*|.*rate)$", re.IGNORECASE)


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
    several_updates : bool, optional
        Whether one step is known to make several updates, each from the parameters that the one before has left: then
        the gradient is read off in the limit of a small rate, whichever parameters' steps are proportional to it.

    Attributes
    ----------
    reset : callable or None
        The problem's own; called before each step from the state at ``begin``.

    Raises
    ------
    InvalidArgumentError
        If ``step`` takes no rate and none is given, or needs more than a rate, or the rate is not a positive finite
        number.

    Notes
    -----
    Where ``step()`` has its own rate, the place that holds it (an attribute, a global, a closure) is looked for, and
    the rate varied there. Where none is found the gradient is what the step applies at that rate: updated weights that
    the backward pass reads then show in the numbers.
    """

    def __init__(
        self,
        loss: Callable[[], Any],
        step: Callable[..., Any],
        params: Mapping[str, Any],
        learning_rate: float | None = None,
        *,
        several_updates: bool = False,
    ) -> None:
        if learning_rate is not None and not _is_rate(learning_rate):
            raise InvalidArgumentError(
                tr("{argument}; expected a positive finite number.", argument=f"learning_rate={learning_rate!r}")
            )
        self._rate_goes = _where_rate_goes(step, known=learning_rate is not None)
        if learning_rate is None and self._rate_goes is None:
            raise InvalidArgumentError(
                tr(
                    "step() takes no rate and learning_rate=None: pass the rate that the code uses, "
                    "or a step that takes the rate as its argument."
                )
            )
        super().__init__(loss, step, params, label="step")
        self.reset: Callable[[], Any] | None = None
        self.several_updates = several_updates
        self._natural = DEFAULT_RATE if learning_rate is None else float(learning_rate)
        self._natural_known = learning_rate is not None
        self._presumed: float | None = None
        self._forget()

    def _forget(self) -> None:
        self._rate_home: Home | None = None
        self._plan: Plan | None = None if self._presumed is None else Plan(rate=self._presumed)
        self._errors: tuple[float, ...] = (0.0,) * len(self.blocks)
        self._unseen: set[int] = set()
        self._own: set[int] = set()

    def begin(self) -> None:
        """Remember the parameters as they are now, and all reachable state; steps are studied anew."""
        super().begin()
        self._forget()

    def gradient(self, arrays: Sequence[Array]) -> list[Any]:
        """The gradient that one step applies, one array a block.

        Raises
        ------
        StructureMismatchError
            If the step turns a parameter into another shape.
        """
        kept = [np.array(array, copy=True) for array in arrays]
        if self._plan is None:
            self._plan = self._study(kept)
        if self._plan.extrapolate:
            return self._limit(kept, self._plan.rate)
        if self._plan.rate != self._natural:
            try:
                return self._recovered(kept, self._plan.rate)
            except Exception:  # a rate of ours that the code does not take here; its own remains
                return self._recovered(kept, self._natural)
        return self._recovered(kept, self._natural)

    @property
    def plain_rate(self) -> float | None:
        """Where steps have shown to be proportional to the rate, and nothing else, the one that suits; None before."""
        plan = self._plan
        if plan is None or plan.extrapolate or plan.findings or self._unseen or self._own or self._rate_goes is None:
            return None
        return plan.rate

    def gradient_at(self, arrays: Sequence[Array], rate: float) -> list[Array] | None:
        """The gradient as ``gradient`` reads it, at a rate that has suited other parameters or data of the same code.

        Parameters
        ----------
        arrays : sequence of ndarray
        rate : float

        Returns
        -------
        list of ndarray or None
            None where it does not suit here: then ``gradient`` must study the steps.
        """
        try:
            with silent():
                whole, half = (self.change(arrays, part) for part in (rate, rate / 2.0))
        except Exception:  # the code refuses such rates
            return None
        if not is_plain(whole, half):
            return None
        self._errors = tuple(change.error / rate for change in whole)
        return [(-change.delta / rate).astype(change.dtype) for change in whole]

    def presume(self, rate: float) -> None:
        """Begin with what was found before of the same code at the same parameters: that steps are plain at a rate."""
        self._presumed = rate
        self._forget()

    def gradient_error(self) -> tuple[float, ...]:
        """Per block, what the subtraction has cost each entry of the last gradient."""
        return self._errors

    def known(self) -> Any:
        """What the study of steps has come to, for ``know`` after another ``begin``; None before it."""
        if self._plan is None:
            return None
        return self._plan, self._rate_home, frozenset(self._unseen), frozenset(self._own)

    def know(self, known: Any) -> None:
        """Take steps as they were found to be at an earlier ``begin`` of the same code."""
        self._plan, self._rate_home, unseen, own = known
        self._unseen, self._own = set(unseen), set(own)

    def study_again(self) -> None:
        """Forget how steps depend on the rate, not where the rate is kept: the code has been changed."""
        self._plan = None
        self._own.clear()

    def findings(self) -> tuple[Finding, ...]:
        """What the steps have shown: dependence on the rate, momentum, adaptive steps."""
        own = () if self._plan is None else self._plan.findings
        if self._plan is not None and self._rate_goes is None and self._rate_home is None:
            own = (*own, step_findings.fixed_rate(self._natural))
        return (*super().findings(), *own)

    def _study(self, arrays: list[Array]) -> Plan:
        first = self.change(arrays, self._natural)
        self._unseen = {index for index, change in enumerate(first) if change.size <= change.noise}
        if self._rate_goes is None:
            self._find_rate_home(arrays, first)
        with silent():
            can_vary = self._rate_goes is not None or self._rate_home is not None
            return study(self, arrays, first, self._natural, can_vary=can_vary)

    def _find_rate_home(self, arrays: list[Array], first: list[Change]) -> None:
        """The place whose value is the rate: of two small values there, the one makes a step twice as long."""
        if self._guard is None or norm([change.delta for change in first]) == 0.0:
            return
        held = self._guard.homes(lambda value: isinstance(value, float) and value == self._natural)
        for _, home in held[:MAX_HOMES]:
            self._rate_home = home
            if any(self._doubles(arrays, part * self._natural) for part in (1e-3, 1e-6)):
                return
        self._rate_home = None

    def _doubles(self, arrays: list[Array], rate: float) -> bool:
        try:
            with silent():
                short, long = (norm([change.delta for change in self.change(arrays, r)]) for r in (rate, 2.0 * rate))
        except Exception:  # it was something else
            return False
        return 1.8 * short < long < 2.2 * short

    def change(self, arrays: Sequence[Array], rate: float, *, again: bool = False) -> list[Change]:
        """What one step adds to the parameters; the code's other state is put back first, unless ``again``."""
        if not again:
            self.restore()
            if self.reset is not None:
                self.reset()
        self.loss([np.array(array, copy=True) for array in arrays])  # a backward pass may read what it stores
        given = [np.array(array, copy=True) for array in arrays]
        after = self._with(given, lambda: self._stepped(rate), expected=True)
        return [
            change_of(block.name, before, now) for block, before, now in zip(self.blocks, arrays, after, strict=True)
        ]

    def slope(self, arrays: Sequence[Array], direction: Sequence[Array]) -> float:
        """The derivative of the loss along a direction divided by its norm, by one central difference."""
        self.restore()
        return self._slope(arrays, direction)

    def _stepped(self, rate: float) -> list[list[Array]]:
        """Run the step; per block, the arrays that it now is (several, if the step has untied it)."""
        step = self._callables["step"]
        if self._rate_home is not None:
            self._rate_home.put(rate)
            try:
                step()
            finally:
                self._rate_home.put(self._natural)
        elif self._rate_goes is None:
            step()
        elif self._rate_goes:
            step(**{self._rate_goes: rate})
        else:
            step(rate)
        return [list({id(slot.now()): slot.get() for slot in group}.values()) for group in self._groups]

    def _recovered(self, arrays: list[Array], rate: float) -> list[Array]:
        changes = self.change(arrays, rate)
        self._look_at_unseen(arrays, changes, rate)
        rates = [self._natural if index in self._own else rate for index in range(len(changes))]
        self._errors = tuple(change.error / own for change, own in zip(changes, rates, strict=True))
        return [(-change.delta / own).astype(change.dtype) for change, own in zip(changes, rates, strict=True)]

    def _look_at_unseen(self, arrays: list[Array], changes: list[Change], rate: float) -> None:
        """Blocks of a saturated layer that move for the first time: the rate put in may not be theirs."""
        shown = {index for index in self._unseen if changes[index].size > SHOWN * changes[index].noise}
        if not shown or not self._natural_known or rate == self._natural:
            return
        half = self.change(arrays, rate / 2.0)
        self._unseen -= shown
        self._own |= {
            index for index in shown if norm([changes[index].delta - half[index].delta]) <= ALIKE * changes[index].size
        }

    def _limit(self, arrays: list[Array], rate: float) -> list[Array]:
        """The limit of rate zero, from three rates; its error is what the third of them has changed."""
        runs = [self.change(arrays, rate / divisor) for divisor in (1.0, 2.0, 4.0)]
        limits, errors = [], []
        for one, two, four in zip(*runs, strict=True):
            a, b, c = -one.delta / rate, -2.0 * two.delta / rate, -4.0 * four.delta / rate
            limit, linear = (8.0 * c - 6.0 * b + a) / 3.0, 2.0 * c - b
            rounding = (32.0 * four.error + 12.0 * two.error + one.error) / (3.0 * rate)
            limits.append(limit.astype(one.dtype))
            errors.append(rounding + float(np.max(np.abs(limit - linear), initial=0.0)))
        self._errors = tuple(errors)
        return limits


def change_of(name: str, before: Array, after: list[Array]) -> Change:
    """What a step has added to a block; of the arrays that it now is, several where the step has untied it.

    Raises
    ------
    StructureMismatchError
        If it has another shape now.
    """
    wide = np.promote_types(before.dtype, np.float64)
    try:
        deltas = [now.astype(wide) - before.astype(wide) for now in after]
    except ValueError:
        raise StructureMismatchError(
            tr(
                "a step turns {name} from shape {before} into {after}, so its gradient has another shape",
                name=name,
                before=before.shape,
                after=after[0].shape,
            )
        ) from None
    same = all(np.array_equal(delta, deltas[0]) for delta in deltas[1:])
    dtype = after[0].dtype if after[0].dtype.kind == "f" else np.dtype(np.float64)
    size = max(float(np.max(np.abs(array), initial=0.0)) for array in (before, *after))
    error = float(np.finfo(dtype).eps) * size
    return Change(delta=np.asarray(deltas[0] if same else sum(deltas)), error=error, dtype=dtype)


def _is_rate(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(np.isfinite(value)) and bool(value > 0)


def _where_rate_goes(step: Callable[..., Any], *, known: bool) -> str | None:
    """The name of the argument that takes the rate, ``""`` for the first position, None for none.

    An optional argument takes it if it is named like a rate, or if nothing else could (the rate is not ``known``).
    """
    try:
        parameters = list(inspect.signature(step).parameters.values())
    except (TypeError, ValueError):  # built-in callables without a signature
        return None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    required = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(required) > 1:
        raise InvalidArgumentError(
            tr(
                "step needs {names}; expected step(rate) or step(). Wrap it: lambda rate: step(..., rate).",
                names=listed(p.name for p in required),
            )
        )
    named = [p for p in parameters if p.kind is not p.POSITIONAL_ONLY and _RATE_NAME.match(p.name)]
    for parameter in required or named:
        return parameter.name if parameter.kind is parameter.KEYWORD_ONLY or parameter in named else ""
    return "" if positional and not known else None
