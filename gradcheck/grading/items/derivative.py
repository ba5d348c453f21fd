"""Whether the derivative of an activation is right, by itself: of the pre-activation, or by the activation's value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.elementwise import OPTION, asked_names, compare
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.reference.formulas import LEAK
from gradcheck.grading.reference.network import activation_value, slope_value
from gradcheck.grading.reference.points import Array
from gradcheck.language import tr

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="derivative",
    summary="The derivative of an activation is right, whether it is a function of z or of the activation's value.",
    options=(OPTION,),
    needs=(("derivatives",),),
    undeclared=False,
)

# The derivative as a function of the activation's value.
BY_VALUE: dict[str, Callable[[Array], Array]] = {
    "linear": np.ones_like,
    "sigmoid": lambda a: a * (1.0 - a),
    "tanh": lambda a: 1.0 - a * a,
    "relu": lambda a: (a > 0).astype(np.float64),
    "leaky-relu": lambda a: np.where(a > 0, 1.0, LEAK),
    "elu": lambda a: np.where(a > 0, 1.0, a + 1.0),
    "softplus": lambda a: 1.0 - np.exp(-a),
}


def measure(bench: Bench, item: Item) -> Measured:
    """Given both ``z`` and the activation's value: which of them a call takes, the values show."""
    z = np.random.default_rng(bench.seed).standard_normal((5, 3))

    def readings(name: str) -> dict[str, Array]:
        """A call that takes ``z`` may still treat it as a value, and the other way round."""
        a = activation_value(name, z)
        found = {tr("right of z"): slope_value(name, z)}
        if name in BY_VALUE:
            found |= {
                tr("right by the activation's value"): BY_VALUE[name](z),
                tr("right of z, given the value"): slope_value(name, a),
            }
        return found

    values = [({"z": z}, readings)]
    return compare(bench, asked_names(item, bench.assignment.interface.derivatives), "derivative", "d", values)
