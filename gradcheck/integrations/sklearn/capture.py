"""The objective that ``fit`` hands to SciPy's optimiser, taken where it is handed over."""

from __future__ import annotations

import contextlib
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import scipy.optimize

from gradcheck.errors import InvalidArgumentError

__all__ = ["captured"]


class _Handed(BaseException):
    """Carries what the optimiser was called with."""

    def __init__(self, objective: Callable[..., Any], start: Any, args: Sequence[Any]) -> None:
        super().__init__()
        self.objective, self.start, self.args_ = objective, start, args


def captured(estimator: Any, data: Sequence[Any]) -> tuple[Callable[..., Any], Any, tuple[Any, ...]]:
    """Objective, starting parameters and further arguments of the first optimisation in ``estimator.fit(*data)``.

    Raises
    ------
    InvalidArgumentError
        If there is none with a gradient.
    """
    if not callable(getattr(estimator, "fit", None)):
        raise InvalidArgumentError(f"estimator is a {type(estimator).__name__}; expected an object with fit(X, y).")
    try:
        with contextlib.ExitStack() as patched:
            for name, instead in (("minimize", _minimize), ("fmin_l_bfgs_b", _fmin)):
                original = getattr(scipy.optimize, name)
                for module in (scipy.optimize, *_modules(estimator)):
                    if vars(module).get(name) is original:
                        patched.enter_context(mock.patch.object(module, name, instead))
            estimator.fit(*data)
    except _Handed as handed:
        return handed.objective, handed.start, tuple(handed.args_)
    raise InvalidArgumentError(
        f"{type(estimator).__name__}.fit minimised nothing by scipy.optimize.minimize or fmin_l_bfgs_b. Choose its "
        'solver="lbfgs" if it has one, or pass what returns loss and gradient to check_objective.'
    )


def _modules(estimator: Any) -> list[types.ModuleType]:
    """Those that define the estimator's classes: they may have imported an optimiser by its name."""
    names = dict.fromkeys(kind.__module__ for kind in type(estimator).__mro__)
    return [sys.modules[name] for name in names if name in sys.modules]


def _minimize(fun: Callable[..., Any], x0: Any, args: Any = (), *_: Any, **options: Any) -> None:
    jac = options.get("jac")
    if callable(jac):
        raise _Handed(_joined(fun, jac), x0, _tuple(args))
    if jac is not True:
        raise InvalidArgumentError(
            "fit minimises by scipy.optimize.minimize without a gradient (jac): there is nothing to check."
        )
    raise _Handed(fun, x0, _tuple(args))


def _fmin(
    func: Callable[..., Any], x0: Any, fprime: Callable[..., Any] | None = None, args: Any = (), *_: Any, **options: Any
) -> None:
    if options.get("approx_grad"):
        raise InvalidArgumentError("fit minimises by fmin_l_bfgs_b with approx_grad: there is no gradient to check.")
    raise _Handed(func if fprime is None else _joined(func, fprime), x0, _tuple(args))


def _joined(loss: Callable[..., Any], gradient: Callable[..., Any]) -> Callable[..., Any]:
    return lambda parameters, *args: (loss(parameters, *args), gradient(parameters, *args))


def _tuple(args: Any) -> tuple[Any, ...]:
    return args if isinstance(args, tuple) else (args,)
