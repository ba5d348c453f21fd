"""Where derivative rules come from: HIPS autograd's, by the NumPy function they belong to.

Only its rules are used, ``rule(positions, result, args, kwargs) -> pull-back``, on plain arrays; its boxes, its tracer
and its registry of types stay as they are.

References
----------
D. Maclaurin, D. Duvenaud, R. P. Adams, Autograd: effortless gradients in Numpy, ICML 2015 AutoML workshop.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

import autograd.numpy
import autograd.numpy.linalg
import numpy as np
from autograd.core import VJPNode, primitive_vjps
from autograd.tracer import notrace_primitives

__all__ = ["is_locally_constant", "rule_of"]

Rule = Callable[[Any, Any, Any, Any], Callable[[Any], Any]]


def rule_of(function: Any) -> Rule | None:
    """The derivative rule of a NumPy or SciPy function, if there is one."""
    known = OWN_RULES.get(function) or _numpy_rules().get(function)
    if known is not None or "scipy.special" not in sys.modules:  # until then none of its functions can have been called
        return known
    return _special_rules().get(function)


def is_locally_constant(function: Any) -> bool:
    """Whether a function of floats is a step function: its derivative is zero wherever it has one."""
    return function in _step_functions()


@functools.cache
def _numpy_rules() -> dict[Any, Rule]:
    return _rules_in(autograd.numpy, autograd.numpy.numpy_wrapper, autograd.numpy.linalg)


@functools.cache
def _special_rules() -> dict[Any, Rule]:
    """Only where one is asked for: their package imports half of SciPy."""
    return _rules_in(importlib.import_module("autograd.scipy.special"))


def _rules_in(*spaces: Any) -> dict[Any, Rule]:
    primitives = [item for space in spaces for item in vars(space).values() if callable(item) and hasattr(item, "fun")]
    return {item.fun: primitive_vjps[item] for item in primitives if item in primitive_vjps}


@functools.cache
def _step_functions() -> frozenset[Any]:
    return frozenset(item.fun for item in notrace_primitives[VJPNode] if hasattr(item, "fun")) | {np.heaviside}


def _identity(_positions: Any, _result: Any, _args: Any, _kwargs: Any) -> Callable[[Any], Any]:
    return lambda g: (g,)


def _exponential(_positions: Any, result: Any, _args: Any, _kwargs: Any) -> Callable[[Any], Any]:
    """``g e^z``; 0 where an adjoint of 0 meets an overflow: ``1 / (1 + e^-z)`` is flat where ``e^-z`` is infinite."""
    overflowed = np.isinf(result)
    return lambda g: (g * np.where(overflowed & (g == 0.0), 0.0, result),)


OWN_RULES: dict[Any, Rule] = {np.positive: _identity, np.copy: _identity, np.exp: _exponential}
