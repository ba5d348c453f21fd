"""Elementwise operations: which function it is, and its slopes."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import Array, Intermediate
from gradcheck.oracles.autodiff.rules import is_locally_constant, rule_of

__all__ = ["broadcast_shape", "elementwise_function", "slopes"]


@functools.cache
def elementwise_function(name: str) -> Any:
    """The elementwise function of that name, if it is one."""
    if name in ("where", "setitem"):
        return np.where
    found = getattr(np, name, None) or getattr(importlib.import_module("scipy.special"), name, None)
    return found if isinstance(found, np.ufunc) else None


def broadcast_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape that arrays of these shapes have together; None where they do not fit."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def slopes(function: Any, values: Sequence[Array], value: Intermediate) -> list[Array]:
    """The derivative of an elementwise result with respect to each operand."""
    shape = value.value.shape
    if value.operation == "where":
        given = value.options.get("condition", value.options.get("argument_0"))  # np.where may have no signature
        if given is None:
            return [np.full(shape, np.nan)] * 2
        condition = np.broadcast_to(np.asarray(given, dtype=bool), shape)
        return [condition * 1.0, ~condition * 1.0]
    if value.operation == "setitem":
        outside = ~np.asarray(value.options["index"], dtype=bool)
        return [np.broadcast_to(outside * 1.0, shape), np.zeros(shape)]
    full = [np.array(np.broadcast_to(item, shape)) for item in values]
    rule = rule_of(function)
    if rule is None or is_locally_constant(function):
        return [np.full(shape, 0.0 if rule is not None or is_locally_constant(function) else np.nan) for _ in full]
    try:
        pulled = rule(tuple(range(len(full))), value.value, full, {})(np.ones(shape))
        return [np.broadcast_to(np.asarray(part, dtype=np.float64), shape) for part in pulled]
    except (TypeError, ValueError, NotImplementedError):
        return [np.full(shape, np.nan) for _ in full]
