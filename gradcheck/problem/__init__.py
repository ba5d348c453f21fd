"""Problems: what is checked, however the user's code holds its parameters."""

from gradcheck.problem.driver import Differentiable, Driver, Hints, OracleUnavailableError, Traceable
from gradcheck.problem.live import Ref, ref
from gradcheck.problem.problem import Problem
from gradcheck.problem.structure import Block, StructureMismatchError

__all__ = [
    "Block",
    "Differentiable",
    "Driver",
    "Hints",
    "OracleUnavailableError",
    "Problem",
    "Ref",
    "StructureMismatchError",
    "Traceable",
    "ref",
]
