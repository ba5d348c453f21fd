"""The table of all kinds of items."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items import (
    activation,
    convergence,
    derivative,
    forward,
    gradient,
    layer,
    loads,
    loss,
    properties,
    purity,
    robustness,
    update,
)
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.measured import Measured

__all__ = ["KINDS", "MEASURES"]

MODULES = (
    loads, forward, loss, gradient, activation, derivative, layer, update, convergence, robustness, purity, properties,
)  # fmt: skip

KINDS: dict[str, Kind] = {module.KIND.name: module.KIND for module in MODULES}
"""What an assignment file may say of each, by the word of ``checks``."""

MEASURES: dict[str, Callable[[Bench, Item], Measured]] = {module.KIND.name: module.measure for module in MODULES}
"""What each measures."""
