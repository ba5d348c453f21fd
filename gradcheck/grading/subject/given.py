"""What code is given at a point: arrays in the form that it has, and numbers; made once, since points serve a class."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any

from gradcheck.grading.assignment.records import Network
from gradcheck.grading.reference.points import Point
from gradcheck.submissions.declared.forms import Form

__all__ = ["arrays_at", "values_at"]

# Points and forms of which it is kept.
KEPT = 512


@functools.lru_cache(maxsize=KEPT)
def arrays_at(point: Point, form: Form) -> Mapping[str, Any]:
    """Inputs, targets and parameters by role; only to be read.

    Parameters
    ----------
    point : Point
    form : Form
    """
    arrays = {"X": point.X, "Y": point.Y, **point.params}
    return types.MappingProxyType({role: form.encode(role, array) for role, array in arrays.items()})


@functools.lru_cache(maxsize=KEPT)
def values_at(point: Point, form: Form, network: Network) -> Mapping[str, Any]:
    """The same with the numbers that calls may take; only to be read.

    Parameters
    ----------
    point : Point
    form : Form
    network : Network
    """
    sizes = network.sizes
    return types.MappingProxyType({
        **arrays_at(point, form), "learning_rate": point.learning_rate, "epochs": 1, "seed": 0, "l2": network.l2,
        "sizes": list(sizes), "features": sizes[0], "hidden": sizes[1], "outputs": sizes[-1], "depth": len(sizes) - 1,
    })  # fmt: skip
