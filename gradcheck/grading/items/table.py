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
from gradcheck.grading.subject.subject import Question

__all__ = ["KINDS", "MEASURES", "QUESTIONS"]

MODULES = (
    loads, forward, loss, gradient, activation, derivative, layer, update, convergence, robustness, purity, properties,
)  # fmt: skip

KINDS: dict[str, Kind] = {module.KIND.name: module.KIND for module in MODULES}
"""What an assignment file may say of each, by the word of ``checks``."""

MEASURES: dict[str, Callable[[Bench, Item], Measured]] = {module.KIND.name: module.measure for module in MODULES}
"""What each measures."""

# A request takes as long as many a run: what those will ask that come after outputs, loss and gradient goes in one.
QUESTIONS: dict[str, Callable[[Bench, Item], list[Question]]] = {
    module.KIND.name: module.questions for module in (update, robustness, purity, properties)
}
"""What each asks."""
