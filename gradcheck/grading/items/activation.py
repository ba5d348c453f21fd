"""Whether an activation function is right, by itself."""

from __future__ import annotations

import numpy as np

from gradcheck.grading.assignment.kind import Kind
from gradcheck.grading.assignment.records import Item
from gradcheck.grading.items.bench import Bench
from gradcheck.grading.items.elementwise import OPTION, asked_names, compare
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.reference.network import activation_value
from gradcheck.language import tr

__all__ = ["KIND", "measure"]

KIND = Kind(
    name="activation",
    summary="An activation function gives the right values.",
    options=(OPTION,),
    needs=(("activations",),),
    undeclared=False,
)


def measure(bench: Bench, item: Item) -> Measured:
    """At arrays of both signs, small and large."""
    rng = np.random.default_rng(bench.seed)
    z = np.concatenate([rng.standard_normal((4, 3)), 8.0 * rng.standard_normal((2, 3))])
    return compare(
        bench,
        asked_names(item, bench.assignment.interface.activations),
        "activation",
        "a",
        [({"z": z}, lambda name: {tr("right"): activation_value(name, z)})],
    )
