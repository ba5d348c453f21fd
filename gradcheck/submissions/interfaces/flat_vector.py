"""One flat vector of all parameters, handed to an optimiser of SciPy together with the loss and its gradient.

What it needs: a call of ``scipy.optimize.minimize`` (``jac=True``, or ``jac`` a function) or of one of the older
``fmin_*`` functions with ``fprime``. The functions that are handed over are the loss and the gradient; the optimiser
itself is not run: it answers with the vector that it was given.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.problem import Problem
from gradcheck.submissions.network import Network

__all__ = ["INTERFACE", "watch_optimisers"]

INTERFACE = "flat-vector"
MENTIONED = re.compile(r"\bscipy\b[^\n]*\boptimi[sz]e\b")
# How the older functions call the gradient, and which of their results an unpacked answer has.
OLDER = {"fmin_cg": 5, "fmin_bfgs": 7, "fmin_ncg": 6, "fmin_l_bfgs_b": 3, "fmin_tnc": 3}

Present = Callable[[Network], None]


def watch_optimisers(text: str, present: Present) -> None:
    """Let SciPy's optimisers, in this process, present what they are given as a network.

    Parameters
    ----------
    text : str
        The program; only one that mentions SciPy's optimisers is worth their import.
    present : callable
        ``present(network)``.
    """
    if not MENTIONED.search(text):
        return
    try:
        from scipy import optimize
    except ImportError:
        return
    optimize.minimize = _minimize(optimize.minimize, present)
    for name in OLDER:
        setattr(optimize, name, _older(getattr(optimize, name), name, present))


def _minimize(real: Callable[..., Any], present: Present) -> Callable[..., Any]:
    @functools.wraps(real)
    def minimize(fun: Any, x0: Any, args: Any = (), method: Any = None, jac: Any = None, **options: Any) -> Any:
        from scipy.optimize import OptimizeResult

        args = args if isinstance(args, tuple) else (args,)
        if not (jac is True or callable(jac)):
            return real(fun, x0, args, method, jac, **{**options, "options": {"maxiter": 1}})
        start = _vector(x0)
        present(_network(fun, jac if callable(jac) else None, start, args))
        value = fun(start, *args)
        return OptimizeResult(
            x=start, fun=value[0] if jac is True else value, success=True, status=0, message="", nit=0, nfev=1, njev=1
        )

    return minimize


def _older(real: Callable[..., Any], name: str, present: Present) -> Callable[..., Any]:
    signature = inspect.signature(real)

    @functools.wraps(real)
    def minimise(*arguments: Any, **keywords: Any) -> Any:
        bound = signature.bind(*arguments, **keywords)
        bound.apply_defaults()
        given = bound.arguments
        fun, gradient, args = given.get("f", given.get("func")), given.get("fprime"), given.get("args", ())
        args = args if isinstance(args, tuple) else (args,)
        start = _vector(given["x0"])
        both = name in ("fmin_l_bfgs_b", "fmin_tnc") and gradient is None and not given.get("approx_grad")
        if gradient is None and not both:
            return real(*arguments, **keywords)
        present(_network(fun, gradient, start, args))
        if name == "fmin_tnc":
            return start, 1, 0
        if name == "fmin_l_bfgs_b":
            return start, 0.0, {"warnflag": 0}
        return (start, *[0.0] * (OLDER[name] - 1)) if given.get("full_output") else start

    return minimise


def _vector(start: Any) -> Any:
    return np.array(start, dtype=np.float64).ravel()


def _network(fun: Any, gradient: Any, start: Any, args: tuple[Any, ...]) -> Network:
    """The loss and gradient of the vector; of a function that returns both, each half."""

    def loss(theta: Any) -> Any:
        value = fun(np.copy(theta), *args)
        return value if gradient is not None else value[0]

    def slope(theta: Any) -> Any:
        found = gradient(np.copy(theta), *args) if gradient is not None else fun(np.copy(theta), *args)[1]
        return {"theta": _shaped(found["theta"] if isinstance(found, dict) else found, start)}

    name = getattr(fun, "__name__", "")
    problem = Problem(lambda params: loss(params["theta"]), lambda params: slope(params["theta"]), {"theta": start})
    return Network(
        problem=problem,
        interface=INTERFACE,
        name="" if name == "<lambda>" else name,
        loss=_told(fun, name, both=gradient is None),
        own_loss=True,
        own_use=True,
    )


def _shaped(found: Any, start: Any) -> Any:
    """A gradient as a column or a matrix is still that of the vector; the optimisers flatten it, too."""
    array = np.asarray(found)
    return array.reshape(start.shape) if array.size == start.size else array


def _told(fun: Any, name: str, *, both: bool) -> str:
    code = getattr(fun, "__code__", None)
    called = f"{name}(theta)" if name and name != "<lambda>" else tr("what is handed to the optimiser")
    called = f"{called}[0]" if both else called
    return called if code is None else tr("{text} (line {line})", text=called, line=code.co_firstlineno)
