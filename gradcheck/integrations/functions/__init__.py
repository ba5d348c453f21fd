"""What the checks of functions of other libraries share: their products as a problem, nested inputs, precision."""

from gradcheck.integrations.functions.missing import MissingLibraryError, require
from gradcheck.integrations.functions.precision import as_computed
from gradcheck.integrations.functions.problem import (
    AS_GIVEN,
    BOTH,
    REVERSE,
    Linearised,
    Options,
    Product,
    check_linearised,
    pose,
)
from gradcheck.integrations.functions.tree import Leaf, argument_names, leaves_of, rebuilt

__all__ = [
    "AS_GIVEN",
    "BOTH",
    "REVERSE",
    "Leaf",
    "Linearised",
    "MissingLibraryError",
    "Options",
    "Product",
    "argument_names",
    "as_computed",
    "check_linearised",
    "leaves_of",
    "pose",
    "rebuilt",
    "require",
]
